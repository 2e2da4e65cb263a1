package main

import (
	"cmp"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// gemspec is what tests vary in a gem. The zero value of a field is the usual
// one: version 1.0.0 of acme for ruby.
type gemspec struct {
	name, version, platform string
	more                    string // further lines of YAML
	spec                    string // instead of all that
}

func (g gemspec) yaml() string {
	if g.spec != "" {
		return g.spec
	}
	return fmt.Sprintf(`--- !ruby/object:Gem::Specification
name: %s
version: !ruby/object:Gem::Version
  version: %s
platform: %s
authors:
- Acme
date: 2026-11-22 00:00:00.000000000 Z
summary: An example
files:
- lib/acme.rb
require_paths:
- lib
rubygems_version: 3.3.15
specification_version: 4
%s`, cmp.Or(g.name, "acme"), cmp.Or(g.version, "1.0.0"), cmp.Or(g.platform, "ruby"), g.more)
}

func (g gemspec) file() string {
	name := cmp.Or(g.name, "acme") + "-" + cmp.Or(g.version, "1.0.0")
	if g.platform != "" {
		name += "-" + g.platform
	}
	return name + ".gem"
}

// pack makes the gem.
func (g gemspec) pack(t testing.TB) []byte {
	t.Helper()
	file, err := packGem(g.yaml(), []gemEntry{{"lib/acme.rb", 0o644, "ACME = 1\n"}})
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// gemSeller is a server that sells the gem acme.
type gemSeller struct {
	*process
	product, pkg resource
	sold         map[string]resource // releases by version
}

func newGemSeller(t *testing.T, strategy string) gemSeller {
	p := startServer(t)
	product := p.product("relay", strategy)
	return gemSeller{p, product, p.pkg(product, "acme", "rubygems"), map[string]resource{}}
}

// sell publishes a release with gems.
func (s gemSeller) sell(version string, gems ...gemspec) resource {
	s.t.Helper()
	release := s.draft(s.product, s.pkg, version)
	for _, g := range gems {
		s.upload(release, g.file(), g.pack(s.t))
	}
	s.publishRelease(release)
	s.sold[version] = release
	return release
}

// gems asks below the account's gem source.
func (s gemSeller) gems(path, authorization string, headers ...string) answer {
	s.t.Helper()
	if authorization != "" {
		headers = append(headers, "Authorization", authorization)
	}
	return s.send("GET", "/rubygems/acme"+path, nil, headers...)
}

// lines asks for a compact index and gives its lines after the head.
func (s gemSeller) lines(t *testing.T, path, authorization string) []string {
	t.Helper()
	a := s.gems(path, authorization)
	_, body, ok := strings.Cut(a.body, "---\n")
	if a.status != 200 || !ok {
		t.Fatalf("%s: %d %s", path, a.status, a.body)
	}
	if etag := a.header.Get("ETag"); etag != `"`+md5Of(a.body)+`"` {
		t.Errorf("%s: ETag %s", path, etag)
	}
	if body == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(body, "\n"), "\n")
}

// numbers are the first words of the lines of /info/acme.
func (s gemSeller) numbers(t *testing.T, authorization string) string {
	t.Helper()
	var out []string
	for _, line := range s.lines(t, "/info/acme", authorization) {
		number, _, _ := strings.Cut(line, " ")
		out = append(out, number)
	}
	return strings.Join(out, " ")
}

// entries are the lines of /versions without their digests; the last one of
// acme must be that of its /info.
func (s gemSeller) entries(t *testing.T, authorization string) string {
	t.Helper()
	var out []string
	last := ""
	for _, line := range s.lines(t, "/versions", authorization) {
		at := strings.LastIndexByte(line, ' ')
		out = append(out, line[:at])
		if strings.HasPrefix(line, "acme ") {
			last = line[at+1:]
		}
	}
	if last != "" {
		if info := s.gems("/info/acme", authorization); md5Of(info.body) != last {
			t.Errorf("/versions says %s, /info has %s: %s", last, md5Of(info.body), info.body)
		}
	}
	return strings.Join(out, "; ")
}

func md5Of(text string) string {
	sum := md5.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}

func itoa(n int) string { return strconv.Itoa(n) }

func sha256Hex(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// beside sells another gem of the same server.
func (s gemSeller) beside(product resource, name string) gemSeller {
	return gemSeller{s.process, product, s.process.pkg(product, name, "rubygems"), map[string]resource{}}
}

// refused uploads a file that must fail, and keep the reason.
func (s gemSeller) refused(t *testing.T, release resource, filename string, attributes map[string]any, file []byte, code, word string) {
	t.Helper()
	a := s.put(release, filename, attributes, file)
	if a.status != 422 || !strings.Contains(a.body, `"code":"`+code+`"`) || !strings.Contains(a.body, word) {
		t.Errorf("%s: %d %s, want 422 %s with %q", filename, a.status, a.body, code, word)
	}
	kept := s.send("GET", "/v1/releases/"+release.ID+"/artifacts/"+filename+"?prefer=no-download", nil, "Authorization", "Bearer "+s.Token)
	if kept.status != 200 || !strings.Contains(kept.body, `"failureReason":"`+code+": ") {
		t.Errorf("%s: %d %s, want FAILED with %s", filename, kept.status, kept.body, code)
	}
}
