package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"offprint/projector/oci/ocitest"
)

// registryClient is a real client of registries, with configuration and
// credentials of its own.
type registryClient struct {
	t    *testing.T
	name string
	host string // of the server
	home string
}

// clients of registries, and what installs them.
const (
	skopeoInstall = "apt-get install skopeo"
	podmanInstall = "apt-get install podman"
	craneInstall  = "go install github.com/google/go-containerregistry/cmd/crane@v0.22.1"
	orasInstall   = "go install oras.land/oras/cmd/oras@v1.3.0"
)

func newRegistryClient(t *testing.T, p *process, name, install string) *registryClient {
	t.Helper()
	need(t, name, install)
	c := &registryClient{t, name, strings.TrimPrefix(p.URL, "http://"), t.TempDir()}
	if err := os.WriteFile(filepath.Join(c.home, "config.json"), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	return c
}

// run runs the client and gives everything it printed, and whether it succeeded.
func (c *registryClient) run(args ...string) (string, bool) {
	c.t.Helper()
	cmd := exec.CommandContext(c.t.Context(), c.name, args...)
	cmd.Dir = c.home
	cmd.Env = append(os.Environ(), "HOME="+c.home, "DOCKER_CONFIG="+c.home, "XDG_RUNTIME_DIR="+c.home)
	out, err := cmd.CombinedOutput()
	return string(out), err == nil
}

func (c *registryClient) must(args ...string) string {
	c.t.Helper()
	out, ok := c.run(args...)
	if !ok {
		c.t.Fatalf("%s %s:\n%s", c.name, strings.Join(args, " "), out)
	}
	return out
}

// fails runs the client, which must fail and print each of the words.
func (c *registryClient) fails(words []string, args ...string) {
	c.t.Helper()
	out, ok := c.run(args...)
	if ok {
		c.t.Errorf("%s %s succeeded:\n%s", c.name, strings.Join(args, " "), out)
	}
	for _, w := range words {
		if !strings.Contains(out, w) {
			c.t.Errorf("%s %s does not say %q:\n%s", c.name, strings.Join(args, " "), w, out)
		}
	}
}

// depotOfImages is a server with an OPEN image and a LICENSED one, each of two
// platforms.
type depotOfImages struct {
	ociSeller
	key, token string            // of a license of vault
	digest     map[string]string // of the index of each
	gold       resource          // release 2.0.0 of vault, which needs an entitlement
}

func newDepotOfImages(t *testing.T) depotOfImages {
	d := depotOfImages{ociSeller: newOCISeller(t), digest: map[string]string{}}
	license, key := d.license(d.licensed)
	d.key, d.token = key, d.licenseToken(license)
	d.image(d.open, d.relay, "1.3.0", "latest", ocitest.MultiArch("1.3.0"))
	d.image(d.licensed, d.vault, "1.0.0", "latest", ocitest.MultiArch("1.0.0"))
	d.gold = d.imageDraft(d.licensed, d.vault, "2.0.0", "", ocitest.MultiArch("2.0.0"))
	d.constrain(d.gold, d.create("entitlements", map[string]any{"name": "Gold", "code": "GOLD"}, nil))
	d.publishRelease(d.gold)
	d.digest["relay"] = d.get("/v2/acme/relay/manifests/latest", "").header.Get("Docker-Content-Digest")
	d.digest["vault"] = d.get("/v2/acme/vault/manifests/latest", licenseBasic(key)).header.Get("Docker-Content-Digest")
	return d
}

// indexOf reads the entries of a layout that a client wrote.
func (c *registryClient) indexOf(folder string) (digests []string) {
	c.t.Helper()
	text, err := os.ReadFile(filepath.Join(c.home, folder, "index.json"))
	if err != nil {
		c.t.Fatal(err)
	}
	var index struct{ Manifests []struct{ Digest string } }
	if err := json.Unmarshal(text, &index); err != nil {
		c.t.Fatal(err)
	}
	for _, m := range index.Manifests {
		digests = append(digests, m.Digest)
	}
	return digests
}

// TestSkopeo: the containers/image family takes the challenge from the ping, and
// must get an anonymous token for an OPEN image and a better one for another on
// the same host.
func TestSkopeo(t *testing.T) {
	t.Parallel()
	d := newDepotOfImages(t)
	c := newRegistryClient(t, d.process, "skopeo", skopeoInstall)
	copied := func(t *testing.T, name, folder string, flags ...string) {
		t.Helper()
		args := append([]string{"--insecure-policy", "copy", "--all", "--src-tls-verify=false"}, flags...)
		c.must(append(args, "docker://"+c.host+"/acme/"+name, "oci:"+folder+":x")...)
		want := d.digest[name[:5]]
		if got := c.indexOf(folder); len(got) != 1 || got[0] != want {
			t.Errorf("%s: %q, want %s", name, got, want)
		}
	}
	t.Run("O1 OPEN, anonymous", func(t *testing.T) {
		copied(t, "relay:latest", "a")
		copied(t, "relay:1.3.0", "b", "--src-no-creds")
		copied(t, "relay@"+d.digest["relay"], "c")
	})
	t.Run("O3 licensed", func(t *testing.T) {
		copied(t, "vault:latest", "d", "--src-creds", "license:"+d.key)
		copied(t, "vault:1.0.0", "e", "--src-creds", "token:"+d.token)
		copied(t, "vault@"+d.digest["vault"], "f", "--src-creds", "license:"+d.key)
		out := c.must("--insecure-policy", "list-tags", "--tls-verify=false", "--creds", "license:"+d.key, "docker://"+c.host+"/acme/vault")
		if !strings.Contains(out, `"1.0.0"`) || strings.Contains(out, "2.0.0") {
			t.Error(out)
		}
		if out := c.must("inspect", "--tls-verify=false", "--creds", "license:"+d.key, "docker://"+c.host+"/acme/vault:1.0.0"); !strings.Contains(out, `"amd64"`) {
			t.Error(out)
		}
	})
	t.Run("refused", func(t *testing.T) {
		args := func(name string, flags ...string) []string {
			return append(append([]string{"--insecure-policy", "copy", "--src-tls-verify=false"}, flags...), "docker://"+c.host+"/acme/"+name, "oci:refused:x")
		}
		c.fails([]string{"authentication required"}, args("vault:latest")...)
		c.fails([]string{"unauthorized"}, args("vault:latest", "--src-creds", "license:WRONG-KEY")...)
		c.fails([]string{"denied", "lacks an entitlement"}, args("vault:2.0.0", "--src-creds", "license:"+d.key)...)
		c.fails([]string{"manifest unknown"}, args("relay:nothing")...)
	})
}

func TestCrane(t *testing.T) {
	t.Parallel()
	d := newDepotOfImages(t)
	c := newRegistryClient(t, d.process, "crane", craneInstall)
	t.Run("O1 OPEN, anonymous", func(t *testing.T) {
		c.must("pull", "--format", "oci", c.host+"/acme/relay:latest", "open")
		if got := c.indexOf("open"); len(got) != 1 || got[0] != d.digest["relay"] {
			t.Errorf("%q", got)
		}
		if out := c.must("digest", c.host+"/acme/relay:1.3.0"); strings.TrimSpace(out) != d.digest["relay"] {
			t.Error(out)
		}
		c.must("validate", "--remote", c.host+"/acme/relay:1.3.0")
		if out := c.must("ls", c.host+"/acme/relay"); out != "1.3.0\nlatest\n" {
			t.Errorf("%q", out)
		}
		if out := c.must("export", "--platform", "linux/arm64", c.host+"/acme/relay:1.3.0", "-"); !strings.Contains(out, "relay 1.3.0 for arm64") {
			t.Errorf("%q", out)
		}
	})
	t.Run("refused", func(t *testing.T) {
		c.fails([]string{"UNAUTHORIZED", "authentication required"}, "digest", c.host+"/acme/vault:latest")
		c.fails([]string{"MANIFEST_UNKNOWN"}, "manifest", c.host+"/acme/relay:nothing")
		c.fails([]string{"UNSUPPORTED", "pull-only"}, "delete", c.host+"/acme/relay:latest")
	})
	t.Run("O3 licensed", func(t *testing.T) {
		c.must("auth", "login", c.host, "-u", "license", "-p", d.key)
		for _, name := range []string{"vault:latest", "vault:1.0.0", "vault@" + d.digest["vault"]} {
			if out := c.must("digest", c.host+"/acme/"+name); strings.TrimSpace(out) != d.digest["vault"] {
				t.Error(out)
			}
		}
		c.must("pull", c.host+"/acme/vault:1.0.0", "vault.tar")
		c.must("digest", c.host+"/acme/relay:latest")
		c.fails([]string{"DENIED", "lacks an entitlement"}, "manifest", c.host+"/acme/vault:2.0.0")
		c.must("auth", "login", c.host, "-u", "token", "-p", d.token)
		c.must("validate", "--remote", c.host+"/acme/vault:latest")
	})
}

func TestOras(t *testing.T) {
	t.Parallel()
	d := newDepotOfImages(t)
	c := newRegistryClient(t, d.process, "oras", orasInstall)
	l := ocitest.New()
	chart := l.Artifact("application/vnd.example.chart", nil, "the chart")
	sbom := l.Artifact("application/vnd.example.sbom.v1", chart, "the sbom")
	charts := d.pkg(d.open, "charts", "oci")
	d.image(d.open, charts, "1.0.0", "", l.Entries(chart, sbom).Tar())
	gilded := d.imageDraft(d.open, charts, "2.0.0", "", ocitest.MultiArch("2.0.0"))
	gold := d.create("entitlements", map[string]any{"name": "Chart", "code": "CHART"}, nil)
	d.constrain(gilded, gold)
	t.Run("O1 OPEN, anonymous", func(t *testing.T) {
		c.must("copy", "--from-plain-http", c.host+"/acme/relay:1.3.0", "--to-oci-layout", "open:x")
		if out := c.must("discover", "--plain-http", "--format", "json", c.host+"/acme/charts:1.0.0"); !strings.Contains(out, sbom.Digest()) {
			t.Error(out)
		}
		if out := c.must("blob", "fetch", "--plain-http", "--output", "-", c.host+"/acme/charts@"+sha256Of("the sbom")); !strings.Contains(out, "the sbom") {
			t.Error(out)
		}
	})
	t.Run("O34 logged in", func(t *testing.T) {
		d.publishRelease(gilded)
		if out := c.must("repo", "tags", "--plain-http", c.host+"/acme/charts"); out != "1.0.0\n" {
			t.Errorf("before: %q", out)
		}
		c.must("login", "--plain-http", "-u", "license", "-p", d.entitled(d.open, gold), c.host)
		if out := c.must("repo", "tags", "--plain-http", c.host+"/acme/charts"); out != "1.0.0\n2.0.0\n" {
			t.Errorf("%q", out)
		}
	})
	t.Run("O3 licensed", func(t *testing.T) {
		c.must("login", "--plain-http", "-u", "license", "-p", d.key, c.host)
		c.must("copy", "--from-plain-http", c.host+"/acme/vault@"+d.digest["vault"], "--to-oci-layout", "sold:x")
		if out := c.must("resolve", "--plain-http", c.host+"/acme/vault:latest"); strings.TrimSpace(out) != d.digest["vault"] {
			t.Error(out)
		}
		c.fails([]string{"denied", "lacks an entitlement"}, "manifest", "fetch", "--plain-http", c.host+"/acme/vault:2.0.0")
	})
	t.Run("O2 wrong key", func(t *testing.T) {
		c.fails([]string{"unauthorized"}, "login", "--plain-http", "-u", "license", "-p", "WRONG-KEY", c.host)
	})
}

func TestPodman(t *testing.T) {
	t.Parallel()
	d := newDepotOfImages(t)
	if _, err := exec.LookPath("podman"); err != nil {
		t.Skip("podman is not here; " + podmanInstall) // it does not run everywhere
	}
	c := newRegistryClient(t, d.process, "podman", podmanInstall)
	storage := []string{"--root", filepath.Join(c.home, "root"), "--runroot", filepath.Join(c.home, "run"), "--storage-driver", "vfs"}
	podman := func(args ...string) []string { return append(storage[:len(storage):len(storage)], args...) }
	t.Run("O1 OPEN, never logged in", func(t *testing.T) {
		c.must(podman("pull", "--tls-verify=false", c.host+"/acme/relay:latest")...)
	})
	t.Run("O2 wrong key", func(t *testing.T) {
		c.fails([]string{"invalid username/password"}, podman("login", "--tls-verify=false", "-u", "license", "-p", "WRONG-KEY", c.host)...)
	})
	t.Run("O3 licensed", func(t *testing.T) {
		c.fails([]string{"authentication required"}, podman("pull", "--tls-verify=false", c.host+"/acme/vault:latest")...)
		c.must(podman("login", "--tls-verify=false", "-u", "license", "-p", d.key, c.host)...)
		c.must(podman("pull", "--tls-verify=false", c.host+"/acme/vault:1.0.0")...)
		c.must(podman("pull", "--tls-verify=false", c.host+"/acme/vault@"+d.digest["vault"])...)
		c.fails([]string{"denied"}, podman("pull", "--tls-verify=false", c.host+"/acme/vault:2.0.0")...)
	})
}
