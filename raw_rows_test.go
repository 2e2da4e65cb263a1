package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// installScript is the raw file of these tests.
const installScript = "#!/bin/sh\necho installed\n"

// rawRelease publishes a release without a package that has one file.
func (p *process) rawRelease(product resource, version, filename string, file []byte) (release, artifact resource) {
	p.t.Helper()
	release = p.draft(product, resource{}, version)
	artifact = p.upload(release, filename, file)
	p.publishRelease(release)
	return release, artifact
}

// curl runs curl, silent but for errors, in a folder, and gives its standard
// output and whether it succeeded.
func curl(t *testing.T, dir string, args ...string) (string, bool) {
	t.Helper()
	need(t, "curl", "apt-get install curl")
	cmd := exec.Command("curl", append([]string{"-sS", "--noproxy", "*"}, args...)...)
	cmd.Dir = dir
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if err != nil {
		t.Logf("curl %s: %v %s", strings.Join(args, " "), err, errs.String())
	}
	return out.String(), err == nil
}

// TestRawRowsWithCurl: rows of raw-and-engines.md section 9, with the programs
// that people use.
func TestRawRowsWithCurl(t *testing.T) {
	t.Parallel()
	p := startServer(t)
	product := p.product("relay", "OPEN")
	release, artifact := p.rawRelease(product, "1.0.0", "install.sh", []byte(installScript))
	p.tag(release, "stable")
	base := p.URL + "/raw/acme/relay/"

	t.Run("R1 every name", func(t *testing.T) {
		for _, path := range []string{"stable/install.sh", "1.0.0/install.sh", release.ID + "/install.sh", "1.0.0/" + artifact.ID} {
			if out, ok := curl(t, t.TempDir(), "-fL", base+path); !ok || out != installScript {
				t.Errorf("%s: %v %q", path, ok, out)
			}
		}
		if _, ok := curl(t, t.TempDir(), "-fL", base+"2.0.0/install.sh"); ok {
			t.Error("curl -f succeeded for a release that is not there")
		}
	})
	t.Run("R12 curl -I -L", func(t *testing.T) {
		out, ok := curl(t, t.TempDir(), "-I", "-L", base+"stable/install.sh")
		first, second, _ := strings.Cut(strings.ToLower(out), "\r\n\r\n")
		if !ok || !strings.HasPrefix(first, "http/1.1 303") || !strings.HasPrefix(second, "http/1.1 200") ||
			!strings.Contains(second, fmt.Sprintf("content-length: %d\r\n", len(installScript))) {
			t.Error(out)
		}
	})
	t.Run("R13 sha256sum -c", func(t *testing.T) {
		need(t, "sha256sum", "apt-get install coreutils")
		dir := t.TempDir()
		curl(t, dir, "-fLO", base+"stable/install.sh")
		sums, _ := curl(t, dir, "-fL", base+"stable/install.sh.sha256")
		check := exec.Command("sha256sum", "-c")
		check.Dir, check.Stdin = dir, strings.NewReader(sums)
		if out, err := check.CombinedOutput(); err != nil || string(out) != "install.sh: OK\n" {
			t.Errorf("%v %s\n%s", err, out, sums)
		}
	})
	t.Run("R14 curl -C -", func(t *testing.T) {
		file := make([]byte, 3<<20)
		_, _ = rand.NewChaCha8([32]byte{14}).Read(file) // never fails
		p.rawRelease(product, "1.1.0", "disk.img", file)
		dir := t.TempDir()
		path := filepath.Join(dir, "disk.img")
		if err := os.WriteFile(path, file[:1234567], 0o600); err != nil { // as a cut download leaves it
			t.Fatal(err)
		}
		out, ok := curl(t, dir, "-fL", "-C", "-", "-o", "disk.img", "-w", "%{http_code} %{size_download}", base+"1.1.0/disk.img")
		if want := fmt.Sprintf("206 %d", len(file)-1234567); !ok || out != want {
			t.Errorf("%v %s, want %s", ok, out, want)
		}
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, file) {
			t.Errorf("%v, %d bytes, not the file's", err, len(got))
		}
	})
}

// TestR24LinksKeepTheOrigin: links lead to where the client came from.
func TestR24LinksKeepTheOrigin(t *testing.T) {
	t.Parallel()
	p := startServer(t, "--trusted-proxies", "127.0.0.0/8", "--domain", "example.com", "--public-url", "https://dist.example.net")
	_, artifact := p.rawRelease(p.product("relay", "OPEN"), "1.0.0", "install.sh", []byte(installScript))
	plainly := startServer(t)
	_, other := plainly.rawRelease(plainly.product("relay", "OPEN"), "1.0.0", "install.sh", []byte(installScript))
	for _, tt := range []struct {
		name       string
		p          *process
		artifact   resource
		path, host string
		proto      string
		want       string
	}{
		{"nothing set", plainly, other, "/raw/acme/relay/1.0.0/install.sh", "", "", plainly.URL},
		{"no proxy is trusted", plainly, other, "/raw/acme/relay/1.0.0/install.sh", "", "https", plainly.URL},
		{"behind a TLS proxy", p, artifact, "/raw/acme/relay/1.0.0/install.sh", "dist.example.net", "https", "https://dist.example.net"},
		{"engine's host", p, artifact, "/acme/relay/1.0.0/install.sh", "raw.pkg.example.com", "https", "https://raw.pkg.example.com"},
		{"engine's host and port", p, artifact, "/acme/relay/1.0.0/install.sh", "raw.pkg.example.com:8443", "https", "https://raw.pkg.example.com:8443"},
		{"unknown host", p, artifact, "/raw/acme/relay/1.0.0/install.sh", "evil.example.org", "https", "https://dist.example.net"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			req, err := http.NewRequestWithContext(t.Context(), "GET", tt.p.URL+tt.path, nil)
			if err != nil {
				t.Fatal(err)
			}
			if req.Host = tt.host; tt.proto != "" {
				req.Header.Set("X-Forwarded-Proto", tt.proto)
			}
			res, err := plain.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			origin, _, _ := strings.Cut(res.Header.Get("Location"), "/v1/accounts/")
			if res.StatusCode != 303 || origin != tt.want || !strings.HasSuffix(res.Header.Get("Location"), "/artifacts/"+tt.artifact.ID+"/install.sh") {
				t.Errorf("%d %s, want %s", res.StatusCode, res.Header.Get("Location"), tt.want)
			}
		})
	}
}

// TestPublishingRowsOfFiles: rows of publishing-api.md section 10 about a file,
// from its upload to its download.
func TestPublishingRowsOfFiles(t *testing.T) {
	t.Parallel()
	p := startServer(t)
	product := p.product("relay", "OPEN")
	release, artifact := p.rawRelease(product, "1.0.0", "install.sh", []byte(installScript))
	staff := "Bearer " + p.Token
	resource, bytesOf := "/v1/artifacts/"+artifact.ID, "/v1/artifacts/"+artifact.ID+"/install.sh"

	t.Run("P33 nothing, chunked", func(t *testing.T) {
		if a := p.putChunked(release, "empty.bin", nil); a.status != 200 {
			t.Fatalf("%d %s", a.status, a.body)
		}
		a := p.send("GET", "/v1/releases/"+release.ID+"/artifacts/empty.bin?prefer=no-download", nil, "Authorization", staff)
		if !strings.Contains(a.body, `"status":"UPLOADED"`) || !strings.Contains(a.body, `"filesize":0`) {
			t.Errorf("%d %s", a.status, a.body)
		}
		if out, ok := curl(t, t.TempDir(), "-fL", p.URL+"/raw/acme/relay/1.0.0/empty.bin"); !ok || out != "" {
			t.Errorf("%v %q", ok, out)
		}
		pkg := p.pkg(product, "@acme/x", "npm")
		if a := p.putChunked(p.draft(product, pkg, "1.0.0"), "x.tgz", nil); a.status != 422 || !strings.Contains(a.body, "NPM_ARCHIVE_INVALID") {
			t.Errorf("npm: %d %s", a.status, a.body)
		}
	})
	t.Run("P49 Accept: text/html", func(t *testing.T) {
		for path, want := range map[string]int{"/v1/releases": 400, resource: 303, bytesOf: 200} {
			a := p.send("GET", path, nil, "Authorization", staff, "Accept", "text/html")
			if a.status != want || want == 400 && !strings.Contains(a.body, "MIME_TYPE_INVALID") || want == 200 && a.body != installScript {
				t.Errorf("%s: %d %s, want %d", path, a.status, a.body, want)
			}
		}
	})
	t.Run("P60 another name", func(t *testing.T) {
		if a := p.get("/v1/artifacts/"+artifact.ID+"/other-name.zip", staff); a.status != 404 {
			t.Errorf("%d %s", a.status, a.body)
		}
	})
	t.Run("P57 the same version with other bytes", func(t *testing.T) {
		if a := p.send("DELETE", "/v1/releases/"+release.ID, nil, "Authorization", staff); a.status != 204 {
			t.Fatalf("%d %s", a.status, a.body)
		}
		if a := p.get(bytesOf, staff); a.status != 404 {
			t.Errorf("the old file: %d %s", a.status, a.body)
		}
		_, again := p.rawRelease(product, "1.0.0", "install.sh", []byte("#!/bin/sh\necho other\n"))
		sum := sha256.Sum256([]byte("#!/bin/sh\necho other\n"))
		if a := p.get("/raw/acme/relay/1.0.0/install.sh.sha256", ""); a.body != fmt.Sprintf("%x  install.sh\n", sum) {
			t.Errorf("%d %s", a.status, a.body)
		}
		a := p.get("/v1/artifacts/"+again.ID+"/install.sh", "")
		if a.header.Get("Etag") != fmt.Sprintf(`"sha256:%x"`, sum) || !strings.Contains(a.header.Get("Repr-Digest"), base64.StdEncoding.EncodeToString(sum[:])) {
			t.Errorf("%d %v", a.status, a.header)
		}
		if a := p.get("/v1/artifacts/"+again.ID+"?prefer=no-download", staff); !strings.Contains(a.body, fmt.Sprintf("%x", sum)) {
			t.Errorf("%d %s", a.status, a.body)
		}
	})
}

// putChunked declares an artifact and sends its bytes without their number.
func (p *process) putChunked(release resource, filename string, file []byte) answer {
	p.t.Helper()
	// A reader of no known type is sent chunked.
	req, err := http.NewRequestWithContext(p.t.Context(), "PUT", p.declare(release, filename, nil), struct{ io.Reader }{bytes.NewReader(file)})
	if err != nil {
		p.t.Fatal(err)
	}
	req.TransferEncoding = []string{"chunked"}
	res, err := plain.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, string(text)}
}
