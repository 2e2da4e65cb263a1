package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"slices"
	"strings"
	"testing"
)

// expect compares what a row gives with what it should.
func expect[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// specsIn unzips one of the older indexes.
func specsIn(t *testing.T, a answer) string {
	t.Helper()
	z, err := gzip.NewReader(strings.NewReader(a.body))
	if err != nil {
		t.Fatalf("%d %q: %v", a.status, a.body, err)
	}
	out, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// TestGemRowsOfAnOpenAccount: rows of rubygems.md section 9 that need no
// credential.
func TestGemRowsOfAnOpenAccount(t *testing.T) {
	t.Parallel()
	s := newGemSeller(t, "OPEN")
	staff := "Bearer " + s.Token
	t.Run("G11 empty account", func(t *testing.T) {
		expect(t, "versions", len(s.lines(t, "/versions", "")), 0)
		expect(t, "names", s.gems("/names", "").body, "---\n\n")
		for _, list := range []string{"specs", "latest_specs", "prerelease_specs"} {
			expect(t, list, specsIn(t, s.gems("/"+list+".4.8.gz", "")), "\x04\x08[\x00")
		}
	})
	first := s.sell("1.0.0", gemspec{})
	t.Run("G1 HEAD", func(t *testing.T) {
		for _, path := range []string{"/rubygems/acme", "/rubygems/acme/", "/rubygems/acme/versions", "/v1/accounts/acme/engines/rubygems/"} {
			a := s.send("HEAD", path, nil)
			expect(t, path, a.status, 200)
		}
		expect(t, "engines resource", strings.Contains(s.get("/v1/accounts/acme/engines/rubygems", staff).body, "rubygems index"), false)
	})
	t.Run("G2 dots and case in names", func(t *testing.T) {
		other := s.beside(s.product, "foo.bar")
		pkg := other.pkg
		other.sell("1.0.0", gemspec{name: "foo.bar"})
		expect(t, "foo.bar", s.gems("/info/foo.bar", "").status, 200)
		expect(t, "by id", s.gems("/info/"+pkg.ID, "").status, 200)
		expect(t, "Acme", s.gems("/info/Acme", "").status, 404)
		expect(t, "names", strings.Join(s.lines(t, "/names", ""), " "), "acme foo.bar")
	})
	t.Run("G6 G7 append, then nothing", func(t *testing.T) {
		for _, path := range []string{"/versions", "/info/acme"} {
			old := s.gems(path, "")
			version := map[string]string{"/versions": "1.1.0", "/info/acme": "1.2.0"}[path]
			s.sell(version, gemspec{version: version})
			from := len(old.body) - 1
			part := s.gems(path, "", "If-None-Match", old.header.Get("ETag"), "Range", "bytes="+itoa(from)+"-")
			now := s.gems(path, "")
			expect(t, path, part.status, 206)
			expect(t, path+" joined", old.body+part.body[1:], now.body)
			expect(t, path+" ETag", part.header.Get("ETag"), `"`+md5Of(now.body)+`"`)
			expect(t, path+" digest", part.header.Get("Repr-Digest"), now.header.Get("Repr-Digest"))
			expect(t, path+" range", part.header.Get("Content-Range"), "bytes "+itoa(from)+"-"+itoa(len(now.body)-1)+"/"+itoa(len(now.body)))
			same := s.gems(path, "", "If-None-Match", now.header.Get("ETag"), "Range", "bytes="+itoa(len(now.body)-1)+"-")
			expect(t, path+" again", same.status, 304)
			over := s.gems(path, "", "Range", "bytes="+itoa(len(now.body))+"-")
			expect(t, path+" over", over.status, 416)
			expect(t, path+" over", over.header.Get("Content-Range"), "bytes */"+itoa(len(now.body)))
			expect(t, path+" several", s.gems(path, "", "Range", "bytes=0-1,3-4").status, 200)
			expect(t, path+" if-range", s.gems(path, "", "Range", "bytes=0-1", "If-Range", `"x"`).status, 200)
		}
	})
	t.Run("G35 G36 codings and tags", func(t *testing.T) {
		a := s.gems("/info/acme", "", "Accept-Encoding", "gzip")
		expect(t, "coding", a.header.Get("Content-Encoding"), "")
		sum := md5Of(a.body)
		for _, tag := range []string{`W/"` + sum + `"`, `"x", "` + sum + `"`, "*"} {
			expect(t, tag, s.gems("/info/acme", "", "If-None-Match", tag).status, 304)
		}
	})
	t.Run("G33 G34 gem bytes", func(t *testing.T) {
		file := gemspec{}.pack(t)
		expect(t, "whole", s.gems("/gems/acme-1.0.0.gem", "").body, string(file))
		a := s.send("HEAD", "/rubygems/acme/gems/acme-1.0.0.gem", nil)
		expect(t, "length", a.header.Get("Content-Length"), itoa(len(file)))
		a = s.gems("/gems/acme-1.0.0.gem", "", "Range", "bytes=-512")
		expect(t, "part", a.status, 206)
		expect(t, "part", a.body, string(file[len(file)-512:]))
		for _, path := range []string{"/gems/acme-1.0.0", "/gems/..%2Fx.gem", "/gems/acme-9.gem", "/api/v1/dependencies", "/x"} {
			expect(t, path, s.gems(path, "").status, 404)
		}
	})
	t.Run("G38 push", func(t *testing.T) {
		a := s.send("POST", "/rubygems/acme/api/v1/gems", []byte("x"))
		expect(t, "status", a.status, 405)
		expect(t, "allow", a.header.Get("Allow"), "GET, HEAD")
		expect(t, "text", strings.Contains(a.body, "artifact upload") && strings.HasSuffix(a.body, "(METHOD_NOT_ALLOWED)\n"), true)
	})
	t.Run("G8 G32 yank", func(t *testing.T) {
		old := s.gems("/info/acme", "")
		expect(t, "quick before", s.gems("/quick/Marshal.4.8/acme-1.0.0.gemspec.rz", "").status, 200)
		s.action(first, "yank")
		a := s.gems("/info/acme", "", "If-None-Match", old.header.Get("ETag"), "Range", "bytes="+itoa(len(old.body)-1)+"-")
		expect(t, "range of what shrank", a.status, 416)
		expect(t, "numbers", s.numbers(t, ""), "1.1.0 1.2.0")
		for _, path := range []string{"/quick/Marshal.4.8/acme-1.0.0.gemspec.rz", "/gems/acme-1.0.0.gem"} {
			expect(t, path, s.gems(path, "").status, 404)
			expect(t, path+" for staff", s.gems(path, staff).status, 200)
		}
	})
	t.Run("G40 published again", func(t *testing.T) {
		before := s.lines(t, "/as-of/"+s.gems("/versions", "").header.Get("X-Offprint-Serial")+"/versions", "")
		s.action(first, "publish")
		expect(t, "numbers", s.numbers(t, ""), "1.1.0 1.2.0 1.0.0")
		lines := s.lines(t, "/versions", "")
		expect(t, "grew", slices.Equal(lines[:len(before)], before), true)
		expect(t, "entries", s.entries(t, ""), "acme 1.0.0; foo.bar 1.0.0; acme 1.1.0; acme 1.2.0; acme -1.0.0; acme 1.0.0")
	})
	t.Run("G9 all yanked", func(t *testing.T) {
		s.action(first, "yank")
		for _, version := range []string{"1.1.0", "1.2.0"} {
			s.action(s.sold[version], "yank")
		}
		expect(t, "info", s.gems("/info/acme", "").body, "---\n")
		expect(t, "names", strings.Join(s.lines(t, "/names", ""), " "), "foo.bar")
		lines := s.lines(t, "/versions", "")
		expect(t, "last", lines[len(lines)-1], "acme -1.2.0 6105347ebb9825ac754615ca55ff3b0c")
	})
}

// TestGemRowsOfALicensedAccount: rows about who sees what.
func TestGemRowsOfALicensedAccount(t *testing.T) {
	t.Parallel()
	s := newGemSeller(t, "LICENSED")
	staff := "Bearer " + s.Token
	license, key := s.license(s.product)
	auth := licenseBasic(key)
	t.Run("G12 anonymous", func(t *testing.T) {
		for _, path := range []string{"", "/", "/versions", "/names", "/specs.4.8.gz", "/info/acme", "/info/nope", "/api/v1/dependencies", "/gems/acme-1.0.0.gem"} {
			a := s.gems(path, "")
			expect(t, path, a.status, 401)
			expect(t, path, a.header.Get("WWW-Authenticate"), `Basic realm="offprint"`)
		}
		expect(t, "versions of nothing", len(s.lines(t, "/versions", auth)), 0)
		expect(t, "info of nothing", s.gems("/info/acme", auth).status, 404)
	})
	draft := s.draft(s.product, s.pkg, "0.9.0")
	s.upload(draft, "acme-0.9.0.gem", gemspec{version: "0.9.0"}.pack(t))
	t.Run("G10 drafts only", func(t *testing.T) {
		expect(t, "license", s.gems("/info/acme", auth).status, 404)
		expect(t, "staff", s.numbers(t, staff), "0.9.0")
		expect(t, "staff", s.entries(t, staff), "acme 0.9.0")
		expect(t, "gem for staff", s.gems("/gems/acme-0.9.0.gem", staff).status, 200)
		expect(t, "gem", s.gems("/gems/acme-0.9.0.gem", auth).status, 404)
	})
	gold := s.create("entitlements", map[string]any{"name": "Gold", "code": "GOLD"}, nil)
	goldKey := licenseBasic(s.entitled(s.product, gold))
	_, second := s.license(s.product)
	s.sell("1.0.0", gemspec{})
	free := s.gems("/versions", auth)
	constrained := s.draft(s.product, s.pkg, "2.0.0")
	s.constrain(constrained, gold)
	s.upload(constrained, "acme-2.0.0.gem", gemspec{version: "2.0.0"}.pack(t))
	s.publishRelease(constrained)
	t.Run("G3 G5 constrained version", func(t *testing.T) {
		expect(t, "license", s.entries(t, auth), "acme 1.0.0")
		expect(t, "entitled", s.entries(t, goldKey), "acme 1.0.0; acme 2.0.0")
		now := s.gems("/versions", auth)
		expect(t, "nothing changed", now.header.Get("ETag")+now.header.Get("X-Offprint-Serial"), free.header.Get("ETag")+free.header.Get("X-Offprint-Serial"))
		expect(t, "gem", s.gems("/gems/acme-2.0.0.gem", auth).status, 404)
		expect(t, "gem, entitled", s.gems("/gems/acme-2.0.0.gem", goldKey).status, 200)
	})
	t.Run("G4 equal views", func(t *testing.T) {
		for _, path := range []string{"/versions", "/names", "/info/acme", "/specs.4.8.gz"} {
			a, b := s.gems(path, auth), s.gems(path, licenseBasic(second))
			expect(t, path, a.body+a.header.Get("ETag"), b.body+b.header.Get("ETag"))
		}
	})
	t.Run("G39 constraint attached and lifted", func(t *testing.T) {
		third := s.sell("3.0.0", gemspec{version: "3.0.0"})
		expect(t, "before", s.entries(t, auth), "acme 1.0.0; acme 3.0.0")
		s.constrain(third, gold)
		expect(t, "attached", s.entries(t, auth), "acme 1.0.0")
		s.unconstrain(third)
		expect(t, "lifted", s.entries(t, auth), "acme 1.0.0; acme 3.0.0")
		expect(t, "entitled", s.entries(t, goldKey), "acme 1.0.0; acme 2.0.0; acme 3.0.0")
	})
	t.Run("G13 an open gem beside it", func(t *testing.T) {
		s.beside(s.process.product("free", "OPEN"), "gratis").sell("1.0.0", gemspec{name: "gratis"})
		expect(t, "versions", s.entries(t, ""), "gratis 1.0.0")
		expect(t, "licensed", s.gems("/info/acme", "").body, s.gems("/info/nope", "").body)
		expect(t, "licensed", s.gems("/info/acme", "").status, 401)
		expect(t, "license sees both", strings.Join(s.lines(t, "/names", auth), " "), "acme gratis")
	})
	t.Run("G42 as it stood", func(t *testing.T) {
		serial := s.gems("/info/acme", auth).header.Get("X-Offprint-Serial")
		s.action(s.sold["3.0.0"], "yank")
		expect(t, "now", s.numbers(t, auth), "1.0.0")
		expect(t, "then", strings.Contains(s.gems("/as-of/"+serial+"/info/acme", auth).body, "\n3.0.0 |"), true)
		expect(t, "gem", s.gems("/as-of/"+serial+"/gems/acme-3.0.0.gem", auth).status, 404)
		expect(t, "future", s.gems("/as-of/99999999/info/acme", auth).status, 400)
	})
	t.Run("min-age", func(t *testing.T) {
		expect(t, "young", s.gems("/info/acme?min-age=1d", auth).status, 404)
		expect(t, "young", len(s.lines(t, "/versions?min-age=1d", auth)), 0)
		expect(t, "malformed", s.gems("/versions?min-age=x", auth).status, 400)
	})
	t.Run("G37 suspended", func(t *testing.T) {
		s.action(license, "suspend")
		for _, path := range []string{"/info/gratis", "/versions"} {
			a := s.gems(path, auth)
			expect(t, path, a.status, 403)
			expect(t, path, strings.HasSuffix(a.body, "(LICENSE_SUSPENDED)\n") && strings.Count(a.body, "\n") == 1, true)
		}
	})
	t.Run("G41 rebuild", func(t *testing.T) {
		paths := []string{"/versions", "/names", "/info/acme", "/specs.4.8.gz", "/latest_specs.4.8.gz", "/prerelease_specs.4.8.gz", "/quick/Marshal.4.8/acme-1.0.0.gemspec.rz"}
		var before []answer
		for _, path := range paths {
			before = append(before, s.gems(path, goldKey))
		}
		s.stop()
		if out, errs, code := offprint(t, nil, "verify", "--data", s.Data); code != 0 {
			t.Fatalf("verify: %d %s %s", code, out, errs)
		}
		s.start()
		for i, path := range paths {
			a := s.gems(path, goldKey)
			expect(t, path, a.status, 200)
			expect(t, path, a.body == before[i].body && a.header.Get("ETag") == before[i].header.Get("ETag"), true)
		}
	})
}

// TestGemRowsOfFiles: rows about versions, platforms and what is refused.
func TestGemRowsOfFiles(t *testing.T) {
	t.Parallel()
	s := newGemSeller(t, "OPEN")
	staff := "Bearer " + s.Token
	t.Run("G16 platforms in one publication", func(t *testing.T) {
		s.sell("1.0.0", gemspec{platform: "x86_64-linux"}, gemspec{}, gemspec{platform: "java"})
		expect(t, "versions", s.entries(t, ""), "acme 1.0.0,1.0.0-java,1.0.0-x86_64-linux")
		expect(t, "info", s.numbers(t, ""), "1.0.0 1.0.0-java 1.0.0-x86_64-linux")
	})
	t.Run("G17 order of publication", func(t *testing.T) {
		s.sell("1.10.0", gemspec{version: "1.10.0"})
		s.sell("1.9.1", gemspec{version: "1.9.1"})
		if got := s.numbers(t, ""); !strings.HasSuffix(got, " 1.10.0 1.9.1") {
			t.Error(got)
		}
		specs := specsIn(t, s.gems("/specs.4.8.gz", ""))
		expect(t, "specs", strings.Index(specs, "1.9.1") < strings.Index(specs, "1.10.0"), true)
		latest := specsIn(t, s.gems("/latest_specs.4.8.gz", ""))
		expect(t, "latest", strings.Contains(latest, "1.10.0") && strings.Contains(latest, "java") && !strings.Contains(latest, "1.9.1"), true)
	})
	t.Run("G14 prereleases", func(t *testing.T) {
		release := s.create("releases", map[string]any{"version": "2.0.0-beta.1", "channel": "beta"}, relations{"product": s.product, "package": s.pkg})
		s.upload(release, "a.gem", gemspec{version: "2.0.0.pre.beta.1"}.pack(t))
		s.upload(release, "b.gem", gemspec{version: "2.0.0.beta1"}.pack(t))
		s.refused(t, release, "c.gem", nil, gemspec{version: "2.0.0"}.pack(t), "GEM_VERSION_MISMATCH", "2.0.0-beta.1")
		s.publishRelease(release)
		if got := s.numbers(t, ""); !strings.HasSuffix(got, " 2.0.0.beta1 2.0.0.pre.beta.1") {
			t.Error(got)
		}
		expect(t, "specs", strings.Contains(specsIn(t, s.gems("/specs.4.8.gz", "")), "beta"), false)
		expect(t, "prerelease", strings.Count(specsIn(t, s.gems("/prerelease_specs.4.8.gz", "")), "beta"), 2)
	})
	t.Run("G15 shorter number", func(t *testing.T) {
		s.sell("1.2.0", gemspec{version: "1.2"})
		expect(t, "gem", s.gems("/gems/acme-1.2.gem", "").status, 200)
		expect(t, "quick", s.gems("/quick/Marshal.4.8/acme-1.2.gemspec.rz", "").status, 200)
	})
	t.Run("G18 G19 aliases", func(t *testing.T) {
		s.sell("3.0.0", gemspec{version: "3.0.0", platform: "jruby"}, gemspec{version: "3.0.0", platform: "x86_64-linux-gnu"})
		if got := s.numbers(t, ""); !strings.HasSuffix(got, " 3.0.0-java 3.0.0-x86_64-linux-gnu") {
			t.Error(got)
		}
		for _, name := range []string{"acme-3.0.0-java", "acme-3.0.0-jruby", "acme-3.0.0-x86_64-linux-gnu", "acme-3.0.0-x86_64-linux"} {
			expect(t, name, s.gems("/gems/"+name+".gem", "").status, 200)
			expect(t, name, s.gems("/quick/Marshal.4.8/"+name+".gemspec.rz", "").status, 200)
		}
		s.sell("3.1.0", gemspec{version: "3.1.0", platform: "x86_64-linux-gnu"}, gemspec{version: "3.1.0", platform: "x86_64-linux", more: "homepage: https://example.com\n"})
		expect(t, "no shadow", s.gems("/gems/acme-3.1.0-x86_64-linux.gem", "").body,
			string(gemspec{version: "3.1.0", platform: "x86_64-linux", more: "homepage: https://example.com\n"}.pack(t)))
	})
	t.Run("G20 platform of the artifact", func(t *testing.T) {
		release := s.draft(s.product, s.pkg, "4.0.0")
		file := gemspec{version: "4.0.0", platform: "x86_64-linux"}.pack(t)
		s.refused(t, release, "a.gem", map[string]any{"platform": "darwin"}, file, "GEM_PLATFORM_MISMATCH", "darwin")
		expect(t, "agrees", s.put(release, "b.gem", map[string]any{"platform": "linux", "arch": "x86_64"}, file).status, 200)
	})
	t.Run("G21 taken", func(t *testing.T) {
		for i, version := range []string{"5.0.0+1", "5.0.0+2"} {
			release := s.draft(s.product, s.pkg, version)
			file := gemspec{version: "5.0.0"}.pack(t)
			if i == 0 {
				expect(t, version, s.put(release, "acme-5.0.0.gem", nil, file).status, 200)
				continue
			}
			s.refused(t, release, "acme-5.0.0.gem", nil, file, "GEM_TAKEN", "5.0.0+1")
		}
	})
	t.Run("G22 G23 G24 requirements", func(t *testing.T) {
		s.sell("6.0.0", gemspec{version: "6.0.0", more: requirements})
		lines := s.lines(t, "/info/acme", "")
		line := lines[len(lines)-1]
		expect(t, "line", strings.HasPrefix(line, "6.0.0 rack:< 4&>= 2.0|checksum:"), true)
		expect(t, "ruby", strings.Contains(line, ",ruby:"), false)
		expect(t, "rubygems", strings.Contains(line, ",rubygems:> 1.3,created_at:"), true)
	})
	t.Run("G25 declared checksum", func(t *testing.T) {
		release := s.draft(s.product, s.pkg, "7.0.0")
		file := gemspec{version: "7.0.0"}.pack(t)
		expect(t, "right", s.put(release, "a.gem", map[string]any{"checksum": sha256Hex(file)}, file).status, 200)
		other := gemspec{version: "7.0.0", platform: "java"}.pack(t)
		s.refused(t, release, "b.gem", map[string]any{"checksum": sha256Hex(file)}, other, "CHECKSUM_MISMATCH", sha256Hex(file))
	})
	t.Run("other names are plain files", func(t *testing.T) {
		release := s.draft(s.product, s.pkg, "8.0.0")
		expect(t, "zip", s.put(release, "acme.zip", nil, []byte("x")).status, 200)
		expect(t, "gem", s.put(release, "broken.gem", nil, bytes.Repeat([]byte("x"), 2000)).status, 422)
		s.publishRelease(release)
		expect(t, "listed", strings.Contains(s.numbers(t, staff), "8.0.0"), false)
	})
}

const requirements = `required_ruby_version: !ruby/object:Gem::Requirement
  requirements:
  - - ">="
    - !ruby/object:Gem::Version
      version: '0'
required_rubygems_version: !ruby/object:Gem::Requirement
  requirements:
  - - ">"
    - !ruby/object:Gem::Version
      version: '1.3'
dependencies:
- !ruby/object:Gem::Dependency
  name: rake
  requirement: !ruby/object:Gem::Requirement
    requirements:
    - - "~>"
      - !ruby/object:Gem::Version
        version: '13'
  type: :development
  prerelease: false
- !ruby/object:Gem::Dependency
  name: rack
  requirement: &id001 !ruby/object:Gem::Requirement
    requirements:
    - - ">="
      - !ruby/object:Gem::Version
        version: '2.0'
    - - "<"
      - !ruby/object:Gem::Version
        version: '4'
  type: :runtime
  prerelease: false
  version_requirements: *id001
`
