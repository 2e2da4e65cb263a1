package main

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"

	projectnpm "offprint/projector/npm"
)

// TestNPMIdentity: what a tarball says of itself, or why it is none.
func TestNPMIdentity(t *testing.T) {
	for name, tt := range map[string]struct {
		file      []byte
		key, says string // key and version, or the error
	}{
		"good":            {npmTarball(t, map[string]any{"name": "@acme/relay", "version": "1.0.0"}), "@acme/relay 1.0.0", ""},
		"version with v":  {npmTarball(t, map[string]any{"name": "relay", "version": " v1.0.0-rc.1 "}), "relay 1.0.0-rc.1", ""},
		"no version":      {npmTarball(t, map[string]any{"name": "relay"}), "", "no version"},
		"Name is no name": {npmTarball(t, map[string]any{"Name": "relay", "version": "1.0.0"}), "", "no name"},
		"a number":        {npmTarball(t, map[string]any{"name": "relay", "version": 1}), "", "no version"},
		"no gzip":         {[]byte("echo hello"), "", "not gzip"},
		"cut":             {npmTarball(t, map[string]any{"name": "relay", "version": "1.0.0"})[:60], "", "cannot be read"},
		"too large":       {npmTarball(t, map[string]any{"name": strings.Repeat("x", 1<<20), "version": "1.0.0"}), "", "are allowed"},
		"empty":           {nil, "", "not gzip"},
	} {
		t.Run(name, func(t *testing.T) {
			name, version, err := projectnpm.Identify(bytes.NewReader(tt.file))
			switch {
			case err == nil && name+" "+version != tt.key:
				t.Errorf("%s %s, want %s%s", name, version, tt.key, tt.says)
			case err != nil && (tt.says == "" || !strings.Contains(err.Error(), tt.says)):
				t.Errorf("%v, want %s%s", err, tt.key, tt.says)
			}
		})
	}
}

// TestPublishedVersions: versions as the server stores them, and their channels.
func TestPublishedVersions(t *testing.T) {
	for version, want := range map[string]string{"1": "1.0.0 stable", "1.2": "1.2.0 stable", "1.2.3": "1.2.3 stable", "1-rc.1": "1.0.0-rc.1 rc",
		"1.2-beta": "1.2.0-beta beta", "1.2.3-alpha.1+b-rc": "1.2.3-alpha.1+b-rc alpha", "1.0.0+b-1": "1.0.0+b-1 stable", "2.0.0-dev": "2.0.0-dev dev",
		"1.0.0-next.1": "1.0.0-next.1 ", "1.0.0-1": "1.0.0-1 "} {
		complete := completeVersion(version)
		channel, err := channelOf(complete)
		if complete+" "+channel != want || (err != nil) != strings.HasSuffix(want, " ") {
			t.Errorf("%s: %s %s, %v, want %s", version, complete, channel, err, want)
		}
	}
}

// TestPrintedInstallCommandsWork pastes what publish prints into a shell, for a
// license holder and for everybody: npm and curl get what was published.
func TestPrintedInstallCommandsWork(t *testing.T) {
	t.Parallel()
	need(t, "npm", "apt-get install npm")
	need(t, "curl", "apt-get install curl")
	p := startServer(t)
	_, key := p.license(p.product("relay", "LICENSED"))
	p.product("open", "OPEN")
	raw := t.TempDir() + "/read me.txt"
	if err := os.WriteFile(raw, []byte("Read me.\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{
		"scoped, licensed": {npmFile(t, "@acme/relay", "1.0.0"), "--create-package", "--product", "relay"},
		"unscoped, open":   {npmFile(t, "plainly", "1.0.0-beta.1"), "--create-package", "--product", "open", "--tag", "next"},
		"raw, licensed":    {raw, "--product", "relay", "--version", "1.0", "--tag", "latest"},
		"raw of a package": {raw, "--package", "docs/manual", "--create-package", "--product", "open", "--version", "1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			script, home, dir := printedInstall(t, p, args), t.TempDir(), t.TempDir()
			sh := exec.Command("sh", "-e")
			sh.Dir, sh.Stdin = dir, strings.NewReader(strings.ReplaceAll(script, "the-license-key", key))
			sh.Env = append(os.Environ(), "HOME="+home, "npm_config_cache="+home+"/cache", "npm_config_userconfig="+home+"/npmrc",
				"npm_config_audit=false", "npm_config_fund=false", "npm_config_update_notifier=false", "npm_config_fetch_retries=0",
				"npm_config_registry=http://127.0.0.1:1/") // only what the commands say
			if out, err := sh.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s\n%s", err, script, out)
			}
			for _, found := range []string{"/node_modules/@acme/relay/index.js", "/node_modules/plainly/index.js", "/read me.txt", "/read%20me.txt"} {
				if info, err := os.Stat(dir + found); err == nil && info.Size() > 0 {
					return
				}
			}
			t.Errorf("nothing was installed by\n%s", script)
		})
	}
}

// printedInstall publishes, and gives the commands that this prints.
func printedInstall(t *testing.T, p *process, args []string) string {
	t.Helper()
	args = append([]string{"publish", "--server", p.URL, "--account", "acme", "--token", p.Token}, args...)
	out, errs, code := offprint(t, nil, args...)
	_, after, found := strings.Cut(out, "Customers install it with\n")
	if code != 0 || !found {
		t.Fatalf("exit code %d\n%s%s", code, out, errs)
	}
	return after
}
