package main

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// npmProject is a folder in which the real npm works, with a configuration and
// a cache of its own.
type npmProject struct {
	t    *testing.T
	dir  string
	home string
}

// newNPMProject gives a project whose scope @acme comes from the server; auth is
// a line of its configuration without the registry's path, for example
// "_authToken=T", or "".
func newNPMProject(t *testing.T, p *process, auth ...string) *npmProject {
	t.Helper()
	need(t, "npm", "apt-get install npm")
	x := &npmProject{t: t, dir: t.TempDir(), home: t.TempDir()}
	registry := strings.TrimPrefix(p.URL, "http:") + "/npm/acme/"
	lines := "@acme:registry=" + p.URL + "/npm/acme/\nregistry=" + p.URL + "/npm/acme/\nfund=false\nupdate-notifier=false\nfetch-retries=0\n"
	for _, a := range auth {
		lines += registry + ":" + a + "\n"
	}
	x.write(".npmrc", lines)
	x.write("package.json", `{"name":"customer","version":"1.0.0","private":true}`)
	return x
}

func (x *npmProject) write(name, text string) {
	x.t.Helper()
	if err := os.WriteFile(filepath.Join(x.dir, name), []byte(text), 0o600); err != nil {
		x.t.Fatal(err)
	}
}

// run runs npm and gives everything it printed, and whether it succeeded.
func (x *npmProject) run(args ...string) (string, bool) {
	x.t.Helper()
	cmd := exec.Command("npm", args...)
	cmd.Dir = x.dir
	cmd.Env = append(os.Environ(), "HOME="+x.home, "npm_config_cache="+filepath.Join(x.home, "cache"), "npm_config_userconfig="+filepath.Join(x.home, "npmrc"), "NO_COLOR=1")
	out, err := cmd.CombinedOutput()
	return string(out), err == nil
}

func (x *npmProject) must(args ...string) string {
	x.t.Helper()
	out, ok := x.run(args...)
	if !ok {
		x.t.Fatalf("npm %s:\n%s", strings.Join(args, " "), out)
	}
	return out
}

// fails runs npm, which must fail and print each of the words.
func (x *npmProject) fails(words []string, args ...string) {
	x.t.Helper()
	out, ok := x.run(args...)
	if ok {
		x.t.Errorf("npm %s succeeded:\n%s", strings.Join(args, " "), out)
	}
	for _, w := range words {
		if !strings.Contains(out, w) {
			x.t.Errorf("npm %s does not say %q:\n%s", strings.Join(args, " "), w, out)
		}
	}
}

// installed is the version of @acme/relay in node_modules.
func (x *npmProject) installed() string {
	x.t.Helper()
	text, err := os.ReadFile(filepath.Join(x.dir, "node_modules", "@acme", "relay", "package.json"))
	if err != nil {
		x.t.Fatal(err)
	}
	var m struct{ Version string }
	if err := json.Unmarshal(text, &m); err != nil {
		x.t.Fatal(err)
	}
	return m.Version
}

// TestRealNPM: the customer's day with npm itself, against the binary.
func TestRealNPM(t *testing.T) {
	t.Parallel()
	p := startServer(t)
	product := p.product("relay", "LICENSED")
	pkg := p.pkg(product, "@acme/relay", "npm")
	p.npmRelease(product, pkg, "1.0.0")
	second := p.npmRelease(product, pkg, "1.1.0")
	p.tag(second, "next")
	license, key := p.license(product)
	basic := "_auth=" + base64.StdEncoding.EncodeToString([]byte("license:"+key))

	t.Run("install, view, ci, audit", func(t *testing.T) {
		x := newNPMProject(t, p, basic)
		x.must("install", "@acme/relay")
		if got := x.installed(); got != "1.1.0" {
			t.Errorf("installed %s", got)
		}
		if out := x.must("view", "@acme/relay", "versions", "--json"); !strings.Contains(out, `"1.0.0"`) || !strings.Contains(out, `"1.1.0"`) {
			t.Error(out)
		}
		if out := x.must("view", "@acme/relay", "dist-tags", "--json"); !strings.Contains(out, `"latest": "1.1.0"`) || !strings.Contains(out, `"next": "1.1.0"`) {
			t.Error(out)
		}
		if out := x.must("view", "@acme/relay", "time", "--json"); !strings.Contains(out, `"created": "20`) || !strings.Contains(out, `"1.0.0": "20`) {
			t.Error(out)
		}
		if out := x.must("audit"); !strings.Contains(out, "found 0 vulnerabilities") {
			t.Error(out)
		}
		if err := os.RemoveAll(filepath.Join(x.dir, "node_modules")); err != nil {
			t.Fatal(err)
		}
		x.must("ci")
		if got := x.installed(); got != "1.1.0" {
			t.Errorf("ci installed %s", got)
		}
		if out := x.must("outdated"); out != "" {
			t.Error(out)
		}
	})
	t.Run("by version and tag, user and password", func(t *testing.T) {
		x := newNPMProject(t, p, "username=license", "_password="+base64.StdEncoding.EncodeToString([]byte(key)))
		x.must("install", "@acme/relay@1.0.0")
		if got := x.installed(); got != "1.0.0" {
			t.Errorf("installed %s", got)
		}
		x.must("install", "@acme/relay@next")
		if got := x.installed(); got != "1.1.0" {
			t.Errorf("installed %s", got)
		}
	})
	t.Run("license token", func(t *testing.T) {
		x := newNPMProject(t, p, "_authToken="+p.licenseToken(license))
		x.must("install", "@acme/relay@^1.0.0")
	})
	t.Run("without key", func(t *testing.T) {
		newNPMProject(t, p).fails([]string{"E401", "Incorrect or missing password"}, "install", "@acme/relay")
	})
	t.Run("wrong token", func(t *testing.T) {
		newNPMProject(t, p, "_authToken=nope").fails([]string{"E401"}, "install", "@acme/relay")
	})
	t.Run("unknown package", func(t *testing.T) {
		newNPMProject(t, p, basic).fails([]string{"E404"}, "install", "@acme/nothing")
	})
	t.Run("publish is refused", func(t *testing.T) {
		x := newNPMProject(t, p, basic)
		x.write("package.json", `{"name":"@acme/mine","version":"1.0.0"}`)
		x.fails([]string{"E405", "artifact upload"}, "publish")
	})
	t.Run("yanked", func(t *testing.T) {
		p.action(second, "yank")
		x := newNPMProject(t, p, basic)
		x.fails([]string{"ETARGET"}, "install", "@acme/relay@1.1.0")
		x.must("install", "@acme/relay")
		if got := x.installed(); got != "1.0.0" {
			t.Errorf("installed %s", got)
		}
	})
	t.Run("suspended", func(t *testing.T) {
		p.action(license, "suspend")
		newNPMProject(t, p, basic).fails([]string{"E403", "suspended"}, "install", "@acme/relay")
	})
}

// tag sets a release's tag.
func (p *process) tag(release resource, tag string) {
	p.t.Helper()
	doc := map[string]any{"data": map[string]any{"type": "releases", "id": release.ID, "attributes": map[string]any{"tag": tag}}}
	if _, err := p.api.call(p.t.Context(), "PATCH", below(p.Account, "releases/"+release.ID), doc, nil); err != nil {
		p.t.Fatal(err)
	}
}

// licenseToken makes a token of a license.
func (p *process) licenseToken(license resource) string {
	p.t.Helper()
	return p.mint("licenses/" + license.ID).text("token")
}
