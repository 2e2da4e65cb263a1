package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// rubyProject is a folder in which the real gem and bundler work, with a
// configuration, caches and gems of their own.
type rubyProject struct {
	t      *testing.T
	dir    string
	source string // with credentials, if there are any
	env    []string
}

// newRubyProject gives a project whose gems come from the server; user is
// "license:KEY", or "" for nobody.
func newRubyProject(t *testing.T, p *process, user string) *rubyProject {
	t.Helper()
	need(t, "ruby", "apt-get install ruby")
	need(t, "gem", "apt-get install ruby")
	need(t, "bundle", "apt-get install ruby-bundler")
	source := p.URL + "/rubygems/acme/"
	if user != "" {
		source = strings.Replace(source, "://", "://"+user+"@", 1)
	}
	x := &rubyProject{t: t, dir: t.TempDir(), source: source}
	for _, name := range []string{"HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "GEM_SPEC_CACHE", "BUNDLE_USER_HOME", "GEM_HOME", "GEM_PATH"} {
		dir := filepath.Join(x.dir, "."+strings.ToLower(name))
		if name == "GEM_PATH" {
			dir = filepath.Join(x.dir, ".gem_home")
		}
		x.env = append(x.env, name+"="+dir)
	}
	x.env = append(x.env, "BUNDLE_SILENCE_ROOT_WARNING=1", "BUNDLE_PATH="+filepath.Join(x.dir, "vendor"), "BUNDLE_RETRY=0", "NO_COLOR=1")
	x.write(".gemrc", ":sources:\n- "+source+"\n")
	x.gemfile("")
	return x
}

func (x *rubyProject) write(name, text string) {
	x.t.Helper()
	if err := os.WriteFile(filepath.Join(x.dir, name), []byte(text), 0o600); err != nil {
		x.t.Fatal(err)
	}
}

// gemfile asks for acme under a requirement; "" is any.
func (x *rubyProject) gemfile(requirement string) {
	line := "gem 'acme'"
	if requirement != "" {
		line += ", '" + requirement + "'"
	}
	x.write("Gemfile", "source '"+x.source+"'\n"+line+"\n")
}

func (x *rubyProject) run(program string, args ...string) (string, bool) {
	x.t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Dir = x.dir
	cmd.Env = append(os.Environ(), x.env...)
	out, err := cmd.CombinedOutput()
	return string(out), err == nil
}

func (x *rubyProject) must(program string, args ...string) string {
	x.t.Helper()
	out, ok := x.run(program, args...)
	if !ok {
		x.t.Fatalf("%s %s:\n%s", program, strings.Join(args, " "), out)
	}
	return out
}

func (x *rubyProject) fails(words []string, program string, args ...string) {
	x.t.Helper()
	out, ok := x.run(program, args...)
	if ok {
		x.t.Errorf("%s %s succeeded:\n%s", program, strings.Join(args, " "), out)
	}
	for _, w := range words {
		if !strings.Contains(out, w) {
			x.t.Errorf("%s %s does not say %q:\n%s", program, strings.Join(args, " "), w, out)
		}
	}
}

// locked is the version of acme in Gemfile.lock.
func (x *rubyProject) locked() string {
	x.t.Helper()
	text, err := os.ReadFile(filepath.Join(x.dir, "Gemfile.lock"))
	if err != nil {
		x.t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "\n    acme (")
	version, _, _ := strings.Cut(rest, ")")
	return version
}

// TestRealBundler: the customer's day with bundler itself, against the binary.
func TestRealBundler(t *testing.T) {
	t.Parallel()
	s := newGemSeller(t, "LICENSED")
	license, key := s.license(s.product)
	s.sell("1.0.0", gemspec{})
	s.sell("1.1.0", gemspec{version: "1.1.0"})
	x := newRubyProject(t, s.process, "license:"+key)
	t.Run("cold", func(t *testing.T) {
		out := x.must("bundle", "install")
		expect(t, "locked", x.locked(), "1.1.0")
		expect(t, "no fall-back to the full index", strings.Contains(out, "specs.4.8"), false)
		expect(t, "runs", x.must("bundle", "exec", "ruby", "-e", "require %q(acme); p ACME"), "1\n")
	})
	t.Run("warm, then after an append", func(t *testing.T) {
		out := x.must("env", "DEBUG_COMPACT_INDEX=1", "bundle", "update", "acme", "--verbose")
		expect(t, "304", strings.Contains(out, "HTTP 304"), true)
		s.sell("1.2.0", gemspec{version: "1.2.0"})
		out = x.must("env", "DEBUG_COMPACT_INDEX=1", "bundle", "update", "acme", "--verbose")
		expect(t, "locked", x.locked(), "1.2.0")
		expect(t, "206", strings.Contains(out, "HTTP 206"), true)
	})
	t.Run("after a yank", func(t *testing.T) {
		s.action(s.sold["1.2.0"], "yank")
		if err := os.RemoveAll(filepath.Join(x.dir, "vendor")); err != nil { // what is installed would still do
			t.Fatal(err)
		}
		x.must("bundle", "update", "acme")
		expect(t, "locked", x.locked(), "1.1.0")
		x.gemfile("1.2.0")
		x.fails([]string{"acme"}, "bundle", "install")
		x.gemfile("")
	})
	t.Run("wrong checksums are noticed", func(t *testing.T) {
		line := s.lines(t, "/info/acme", licenseBasic(key))[0]
		expect(t, "checksum", strings.Contains(line, "|checksum:"+sha256Hex(gemspec{}.pack(t))), true)
	})
	t.Run("anonymous", func(t *testing.T) {
		newRubyProject(t, s.process, "").fails([]string{"Authentication is required"}, "bundle", "install")
	})
	t.Run("wrong key", func(t *testing.T) {
		newRubyProject(t, s.process, "license:nope").fails([]string{"Bad username or password"}, "bundle", "install")
	})
	t.Run("suspended", func(t *testing.T) {
		s.action(license, "suspend")
		newRubyProject(t, s.process, "license:"+key).fails([]string{"Bad username or password"}, "bundle", "install") // how bundler reads 403
	})
}

// TestRealGem: the same with gem alone, which reads the quick gemspecs and the
// older indexes.
func TestRealGem(t *testing.T) {
	t.Parallel()
	s := newGemSeller(t, "LICENSED")
	_, key := s.license(s.product)
	s.sell("1.0.0", gemspec{})
	s.sell("1.1.0", gemspec{version: "1.1.0"}, gemspec{version: "1.1.0", platform: "java"})
	beta := s.create("releases", map[string]any{"version": "2.0.0-beta.1", "channel": "beta"}, relations{"product": s.product, "package": s.pkg})
	s.upload(beta, "acme-2.0.0.beta1.gem", gemspec{version: "2.0.0.beta1"}.pack(t))
	s.publishRelease(beta)
	x := newRubyProject(t, s.process, "license:"+key)
	gem := func(args ...string) []string {
		return append(args, "--clear-sources", "--source", x.source)
	}
	t.Run("install and search", func(t *testing.T) {
		x.must("gem", gem("install", "acme", "--no-document")...)
		expect(t, "installed", strings.Contains(x.must("gem", "list", "--local"), "acme (1.1.0)"), true)
		out := x.must("gem", gem("search", "acme", "--all")...)
		expect(t, "search: "+out, strings.Contains(out, "acme (1.1.0 ruby java, 1.0.0)"), true)
		out = x.must("gem", gem("list", "-r", "acme", "--prerelease")...)
		expect(t, "prerelease: "+out, strings.Contains(out, "2.0.0.beta1"), true)
		out = x.must("gem", gem("specification", "acme", "-r", "-v", "1.0.0")...)
		expect(t, "specification: "+out, strings.Contains(out, "summary: An example"), true)
	})
	t.Run("prerelease and fetch", func(t *testing.T) {
		x.must("gem", gem("install", "acme", "--pre", "--no-document")...)
		expect(t, "installed", strings.Contains(x.must("gem", "list", "--local"), "2.0.0.beta1"), true)
		x.must("gem", gem("fetch", "acme", "-v", "1.0.0")...)
		got, err := os.ReadFile(filepath.Join(x.dir, "acme-1.0.0.gem"))
		if err != nil {
			t.Fatal(err)
		}
		expect(t, "bytes", string(got), string(gemspec{}.pack(t)))
	})
	t.Run("G38 push", func(t *testing.T) {
		x.write("credentials.yml", "")
		x.fails([]string{"artifact upload"}, "env", "GEM_HOST_API_KEY=license:"+key, "gem", "push", "acme-1.0.0.gem", "--host", s.URL+"/rubygems/acme")
	})
	t.Run("anonymous", func(t *testing.T) {
		n := newRubyProject(t, s.process, "")
		n.fails([]string{"401"}, "gem", "install", "acme", "--clear-sources", "--source", n.source)
	})
	t.Run("G32 yanked", func(t *testing.T) {
		s.action(s.sold["1.1.0"], "yank")
		fresh := newRubyProject(t, s.process, "license:"+key)
		fresh.fails([]string{"acme"}, "gem", gem("install", "acme", "-v", "1.1.0", "--no-document")...)
		x.must("gem", gem("install", "acme", "-v", "1.0.0", "--no-document")...)
	})
}
