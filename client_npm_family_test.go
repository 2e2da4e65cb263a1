package main

import (
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// familyClient is another client of npm registries.
type familyClient struct {
	name, version string
	lockfile      string
	add, again    []string // install the package; install what the lockfile has
}

var familyClients = []familyClient{
	{"pnpm", "10", "pnpm-lock.yaml", []string{"add", "@acme/relay@^1.0.0"}, []string{"install", "--frozen-lockfile"}},
	{"yarn", "1", "yarn.lock", []string{"add", "@acme/relay@^1.0.0"}, []string{"install", "--frozen-lockfile"}},
}

// program finds the client, or fetches it with npm in strict mode; without it
// the test is skipped.
func (c familyClient) program(t *testing.T) string {
	t.Helper()
	if path, err := exec.LookPath(c.name); err == nil {
		return path
	}
	if os.Getenv(strictVariable) != "1" {
		t.Skipf("%s not installed: npm install -g %s@%s", c.name, c.name, c.version)
	}
	dir := t.TempDir()
	fetch := exec.Command("npm", "install", "--prefix", dir, "--no-save", "--no-audit", "--no-fund", "--no-update-notifier", "--fetch-retries", "0", c.name+"@"+c.version)
	if out, err := fetch.CombinedOutput(); err != nil {
		t.Skipf("%s cannot be fetched: %v\n%s", c.name, err, out)
	}
	return filepath.Join(dir, "node_modules", ".bin", c.name)
}

// TestNPMFamily: install with a license key, and again from the lockfile with
// empty caches, with the clients that are not npm.
func TestNPMFamily(t *testing.T) {
	t.Parallel()
	need(t, "npm", "apt-get install npm")
	p := startServer(t)
	product := p.product("relay", "LICENSED")
	pkg := p.pkg(product, "@acme/relay", "npm")
	p.npmRelease(product, pkg, "1.0.0")
	p.npmRelease(product, pkg, "1.1.0")
	_, key := p.license(product)
	auth := "_auth=" + base64.StdEncoding.EncodeToString([]byte("license:"+key))
	for _, c := range familyClients {
		t.Run(c.name, func(t *testing.T) {
			program := c.program(t)
			x := newNPMProject(t, p, auth)
			x.mustRun(program, c.add...)
			if got := x.installed(); got != "1.1.0" {
				t.Errorf("installed %s", got)
			}
			lock, err := os.ReadFile(filepath.Join(x.dir, c.lockfile))
			if err != nil || !strings.Contains(string(lock), "1.1.0") {
				t.Fatalf("%v %s", err, lock)
			}
			manifest, err := os.ReadFile(filepath.Join(x.dir, "package.json"))
			if err != nil {
				t.Fatal(err)
			}
			clean := newNPMProject(t, p, auth)
			clean.write(c.lockfile, string(lock))
			clean.write("package.json", string(manifest))
			clean.mustRun(program, c.again...)
			if got := clean.installed(); got != "1.1.0" {
				t.Errorf("from the lockfile: installed %s", got)
			}
			if out, ok := newNPMProject(t, p).runProgram(program, c.add...); ok || !strings.Contains(out, "configure your license key") && !strings.Contains(out, "401") {
				t.Errorf("without key: %v\n%s", ok, out)
			}
		})
	}
}

// runProgram runs a client that reads npm's configuration, with its age check
// off and its caches below the project's home.
func (x *npmProject) runProgram(program string, args ...string) (string, bool) {
	x.t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Dir = x.dir
	cmd.Env = append(os.Environ(), "HOME="+x.home, "XDG_DATA_HOME="+x.home, "XDG_CACHE_HOME="+x.home, "XDG_STATE_HOME="+x.home, "XDG_CONFIG_HOME="+x.home,
		"npm_config_userconfig="+filepath.Join(x.home, "npmrc"), "npm_config_minimum_release_age=0", "npm_config_store_dir="+filepath.Join(x.home, "store"),
		"YARN_CACHE_FOLDER="+filepath.Join(x.home, "yarn"), "YARN_DISABLE_SELF_UPDATE_CHECK=true", "NO_UPDATE_NOTIFIER=1", "CI=1", "NO_COLOR=1")
	out, err := cmd.CombinedOutput()
	return string(out), err == nil
}

func (x *npmProject) mustRun(program string, args ...string) {
	x.t.Helper()
	if out, ok := x.runProgram(program, args...); !ok {
		x.t.Fatalf("%s %s:\n%s", program, strings.Join(args, " "), out)
	}
}
