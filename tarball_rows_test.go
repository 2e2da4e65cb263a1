package main

import (
	"bytes"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

// send makes one request and gives the answer; headers are name, value, ….
func (p *process) send(method, path string, body []byte, headers ...string) answer {
	p.t.Helper()
	if strings.HasPrefix(path, "/") {
		path = p.URL + path
	}
	req, err := http.NewRequestWithContext(p.t.Context(), method, path, bytes.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
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

// put declares an artifact with further attributes and sends its bytes; the
// answer is that of the PUT.
func (p *process) put(release resource, filename string, attributes map[string]any, file []byte) answer {
	p.t.Helper()
	return p.send("PUT", p.declare(release, filename, attributes), file)
}

// declare makes an artifact with further attributes and gives the URL that takes
// its bytes.
func (p *process) declare(release resource, filename string, attributes map[string]any) string {
	p.t.Helper()
	all := map[string]any{"filename": filename}
	for k, v := range attributes {
		all[k] = v
	}
	doc, err := json.Marshal(map[string]any{"data": map[string]any{"type": "artifacts", "attributes": all,
		"relationships": relations{"release": release}.document()}})
	if err != nil {
		p.t.Fatal(err)
	}
	a := p.send("POST", "/v1/artifacts", doc, "Authorization", "Bearer "+p.Token)
	if a.status != http.StatusTemporaryRedirect {
		p.t.Fatalf("POST artifacts: %d %s", a.status, a.body)
	}
	return a.header.Get("Location")
}

// TestTarballRows: rows of npm.md section 8 about files, through the whole
// server.
func TestTarballRows(t *testing.T) {
	t.Parallel()
	p := startServer(t)
	product := p.product("relay", "LICENSED")
	pkg := p.pkg(product, "@acme/x", "npm")
	_, key := p.license(product)
	auth := "License " + key
	tarball := func(version string) []byte {
		return npmTarball(t, map[string]any{"name": "@acme/x", "version": version})
	}
	fails := func(t *testing.T, a answer, code string) {
		t.Helper()
		if a.status != 422 || !strings.Contains(a.body, `"code":"`+code+`"`) {
			t.Errorf("%d %s, want 422 %s", a.status, a.body, code)
		}
	}

	t.Run("N18 N19 build metadata", func(t *testing.T) {
		first := p.draft(product, pkg, "1.0.0+5")
		p.upload(first, "acme-x-1.0.0.tgz", tarball("1.0.0+5"))
		p.publishRelease(first)
		second := p.draft(product, pkg, "1.0.0+6")
		fails(t, p.put(second, "acme-x-1.0.0.tgz", nil, tarball("1.0.0")), "NPM_VERSION_TAKEN")
		if a := p.get("/npm/acme/@acme%2fx/1.0.0+5", auth); a.status != 200 || !strings.Contains(a.body, `"version":"1.0.0"`) {
			t.Errorf("%d %s", a.status, a.body)
		}
	})
	serial := p.get("/npm/acme/@acme%2fx", auth).header.Get("X-Offprint-Serial")
	release := p.draft(product, pkg, "1.1.0")
	file := tarball("1.1.0")
	sum := sha512.Sum512(file)
	t.Run("N21 N22 P33 refused at the upload", func(t *testing.T) {
		fails(t, p.put(release, "a.tgz", nil, npmTarball(t, map[string]any{"name": "@acme/y", "version": "1.1.0"})), "NPM_NAME_MISMATCH")
		fails(t, p.put(release, "b.tgz", nil, npmTarball(t, map[string]any{"name": "@acme/x", "version": "9.9.9"})), "NPM_VERSION_MISMATCH")
		fails(t, p.put(release, "c.tgz", nil, nil), "NPM_ARCHIVE_INVALID")
		fails(t, p.put(release, "d.tgz", nil, []byte("no archive at all")), "NPM_ARCHIVE_INVALID")
		fails(t, p.put(release, "e.tgz", nil, file[:len(file)/2]), "NPM_ARCHIVE_INVALID")
	})
	t.Run("N23 declared checksum", func(t *testing.T) {
		declared := base64.RawStdEncoding.EncodeToString(sum[:])
		wrong := "A" + declared[1:]
		if declared[0] == 'A' {
			wrong = "B" + declared[1:]
		}
		fails(t, p.put(release, "acme-x-1.1.0.tgz", map[string]any{"checksum": wrong}, file), "CHECKSUM_MISMATCH")
		if a := p.put(release, "acme-x-1.1.0.tgz", map[string]any{"checksum": declared}, file); a.status != 200 {
			t.Errorf("%d %s", a.status, a.body)
		}
	})
	t.Run("N25 plain file beside the tarball", func(t *testing.T) {
		if a := p.put(release, "notes.zip", nil, []byte("PK")); a.status != 200 {
			t.Fatalf("%d %s", a.status, a.body)
		}
	})
	p.publishRelease(release)
	t.Run("N25 downloadable, not listed", func(t *testing.T) {
		if a := p.get("/npm/acme/@acme%2fx/-/notes.zip", auth); a.status != 200 || a.body != "PK" {
			t.Errorf("%d %s", a.status, a.body)
		}
	})
	t.Run("N34 by both names", func(t *testing.T) {
		for _, name := range []string{"x-1.1.0.tgz", "acme-x-1.1.0.tgz"} {
			a := p.get("/npm/acme/@acme%2fx/-/"+name, auth)
			if a.status != 200 || a.body != string(file) || a.header.Get("Content-Type") != "application/octet-stream" || a.header.Get("Repr-Digest") == "" {
				t.Errorf("%s: %d %v", name, a.status, a.header)
			}
		}
	})
	t.Run("N35 ranges", func(t *testing.T) {
		for _, tt := range []struct {
			ask    string
			status int
			body   string
		}{
			{"bytes=-100", 206, string(file[len(file)-100:])},
			{"bytes=5-4", 200, string(file)},
			{"bytes=999999999-", 416, ""},
		} {
			a := p.send("GET", "/npm/acme/@acme/x/-/x-1.1.0.tgz", nil, "Authorization", auth, "Range", tt.ask)
			if a.status != tt.status || tt.status != 416 && a.body != tt.body || tt.status == 416 && !strings.Contains(a.body, "RANGE_NOT_SATISFIABLE") {
				t.Errorf("%s: %d, %d bytes", tt.ask, a.status, len(a.body))
			}
		}
	})
	t.Run("N36 HEAD", func(t *testing.T) {
		for _, path := range []string{"/npm/acme/@acme/x", "/npm/acme/@acme/x/-/x-1.1.0.tgz"} {
			get, head := p.get(path, auth), p.send("HEAD", path, nil, "Authorization", auth)
			for _, name := range []string{"Content-Length", "Content-Type", "Etag", "Vary", "Cache-Control", "X-Offprint-Serial"} {
				if get.header.Get(name) != head.header.Get(name) {
					t.Errorf("%s %s: %q by GET, %q by HEAD", path, name, get.header.Get(name), head.header.Get(name))
				}
			}
			if head.body != "" || head.status != 200 {
				t.Errorf("%s: HEAD %d", path, head.status)
			}
		}
	})
	t.Run("P57 the same version with other bytes", func(t *testing.T) {
		before := p.get("/npm/acme/@acme%2fx", auth)
		if a := p.send("DELETE", "/v1/releases/"+release.ID, nil, "Authorization", "Bearer "+p.Token); a.status != 204 {
			t.Fatal(a.status, a.body)
		}
		again := p.draft(product, pkg, "1.1.0")
		other := npmTarball(t, map[string]any{"name": "@acme/x", "version": "1.1.0", "description": "other bytes"})
		p.upload(again, "acme-x-1.1.0.tgz", other)
		p.publishRelease(again)
		after := p.get("/npm/acme/@acme%2fx", auth)
		if before.body == after.body || before.header.Get("Etag") == after.header.Get("Etag") {
			t.Error("the packument is the old one")
		}
		if a := p.get("/npm/acme/@acme%2fx/-/x-1.1.0.tgz", auth); a.body != string(other) {
			t.Error("the tarball is the old one")
		}
	})
	t.Run("N38 as it stood", func(t *testing.T) {
		old := p.get("/npm/acme/as-of/"+serial+"/@acme%2fx", auth)
		if old.status != 200 || !strings.Contains(old.body, `"1.0.0"`) || strings.Contains(old.body, `"1.1.0"`) || old.header.Get("X-Offprint-As-Of") != serial {
			t.Errorf("%d %s", old.status, old.body)
		}
		if a := p.get("/npm/acme/as-of/999999/@acme%2fx", auth); a.status != 400 || !strings.Contains(a.body, "CUT_INVALID") {
			t.Errorf("%d %s", a.status, a.body)
		}
	})
}
