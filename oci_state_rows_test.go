package main

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"testing"

	"offprint/projector/oci/ocitest"
)

// TestOCIRowsOfReleases: rows of oci.md section 8 about a release's state.
func TestOCIRowsOfReleases(t *testing.T) {
	t.Parallel()
	s := newOCISeller(t)
	l := ocitest.New()
	image := l.Image("base", "one")
	layer := l.Layer("base").Digest()
	first := s.image(s.open, s.relay, "1.0.0", "latest", l.Entries(image).Tar())
	l = ocitest.New()
	s.image(s.open, s.relay, "2.0.0", "", l.Entries(l.Image("base", "two")).Tar())
	status := func(path string) int { return s.get("/v2/acme/relay/"+path, "").status }
	t.Run("O32 yank, publish again", func(t *testing.T) {
		s.action(first, "yank")
		for path, want := range map[string]int{"manifests/1.0.0": 404, "manifests/latest": 404, "manifests/" + image.Digest(): 404, "blobs/" + l.Layer("one").Digest(): 404, "blobs/" + layer: 200} {
			if got := status(path); got != want {
				t.Errorf("yanked, %s: %d", path, got)
			}
		}
		if a := s.get("/v2/acme/relay/tags/list", ""); a.body != `{"name":"acme/relay","tags":["2.0.0"]}` {
			t.Error(a.body)
		}
		if a := s.get("/v2/acme/relay/manifests/1.0.0", "Bearer "+s.Token); a.status != 200 {
			t.Errorf("staff: %d", a.status)
		}
		s.publishRelease(first)
		if a := s.get("/v2/acme/relay/manifests/1.0.0", ""); a.header.Get("Docker-Content-Digest") != image.Digest() {
			t.Errorf("again: %d %v", a.status, a.header)
		}
	})
	t.Run("another artifact's root takes over", func(t *testing.T) {
		release := s.draft(s.open, s.relay, "3.0.0")
		layout, single, _ := single("single")
		s.upload(release, "single.tar", layout)
		multi := s.upload(release, "multi.tar", ocitest.MultiArch("3.0.0"))
		s.upload(release, "sums.txt", []byte("just a file"))
		s.publishRelease(release)
		if a := s.get("/v2/acme/relay/manifests/3.0.0", ""); a.header.Get("Content-Type") != ocitest.Index {
			t.Errorf("an index comes first: %v", a.header)
		}
		if status("manifests/"+single) != 200 {
			t.Error("the inventory is no union")
		}
		if a := s.send("DELETE", "/v1/artifacts/"+multi.ID, nil, "Authorization", "Bearer "+s.Token); a.status != 204 {
			t.Fatalf("%d %s", a.status, a.body)
		}
		if a := s.get("/v2/acme/relay/manifests/3.0.0", ""); a.header.Get("Docker-Content-Digest") != single {
			t.Errorf("%d %v", a.status, a.header)
		}
	})
	t.Run("as-of, verify", func(t *testing.T) {
		if code := s.stop(); code != 0 {
			t.Fatal(code)
		}
		if out, errs, code := offprint(t, nil, "verify", "--data", s.Data); code != 0 {
			t.Errorf("verify: %s %s", out, errs)
		}
		at := s.Data + "/blobs/sha256/" + layer[7:9] + "/" + layer[7:]
		if err := os.Remove(at); err != nil {
			t.Fatal(err)
		}
		if out, _, code := offprint(t, nil, "verify", "--data", s.Data); code != 1 || !strings.Contains(out, layer[7:]) {
			t.Errorf("a lost layer: %d %s", code, out)
		}
	})
}

// TestO6OnlyOpenProducts: where nothing is sold, unknown is unknown.
func TestO6OnlyOpenProducts(t *testing.T) {
	t.Parallel()
	p := startServer(t)
	product := p.product("relay", "OPEN")
	pkg := p.pkg(product, "relay", "oci")
	layout, _, _ := single("a")
	release := p.image(product, pkg, "1.0.0", "", layout)
	p.refusal(p.get("/v2/acme/nothing/manifests/1.0.0", ""), 404, "NAME_UNKNOWN", "")
	p.refusal(p.get("/v2/acme/relay/manifests/nothing", ""), 404, "MANIFEST_UNKNOWN", "")
	p.constrain(release, p.create("entitlements", map[string]any{"name": "Gold", "code": "GOLD"}, nil))
	for _, path := range []string{"manifests/1.0.0", "manifests/nothing", "tags/list", "referrers/" + sha256Of("x"), "blobs/" + sha256Of("x")} {
		p.refusal(p.get("/v2/acme/relay/"+path, ""), 401, "UNAUTHORIZED", "")
	}
	for _, probe := range []string{"", ".sig", ".att", ".sbom"} {
		p.refusal(p.get("/v2/acme/relay/manifests/sha256-"+strings.Repeat("a", 64)+probe, ""), 404, "MANIFEST_UNKNOWN", "")
	}
	if a := p.get("/v2/acme/relay/tags/list", p.bearer("", "acme/relay")); a.status != 200 || a.body != `{"name":"acme/relay","tags":[]}` {
		t.Errorf("with an anonymous token: %d %s", a.status, a.body)
	}
}

// TestO9AnotherAccount: a key is good in its own account alone.
func TestO9AnotherAccount(t *testing.T) {
	t.Parallel()
	s := newOCISeller(t, "--operator-token", "operator-secret")
	layout, _, _ := single("a")
	s.image(s.open, s.relay, "1.0.0", "", layout)
	_, key := s.license(s.licensed)
	body, _ := json.Marshal(map[string]any{"data": map[string]any{"type": "accounts", "attributes": map[string]any{"name": "Other", "slug": "other"}}})
	if a := s.send("POST", "/v1/accounts", body, "Authorization", "Bearer operator-secret"); a.status != 201 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	auth := s.bearer(licenseBasic(key), "acme/relay")
	if a := s.get("/v2/acme/relay/manifests/1.0.0", auth); a.status != 200 {
		t.Errorf("%d %s", a.status, a.body)
	}
	for _, credential := range []string{auth, licenseBasic(key)} {
		if a := s.get("/v2/other/relay/manifests/1.0.0", credential); a.status != 401 || !strings.Contains(a.header.Get("WWW-Authenticate"), `error="invalid_token"`) {
			t.Errorf("%d %v", a.status, a.header)
		}
	}
	if a := s.get("/v2/", licenseBasic(key)); a.status != 200 {
		t.Errorf("login, no account: %d %s", a.status, a.body)
	}
	s.refusal(s.get("/v2/relay/manifests/1.0.0", ""), 404, "NAME_UNKNOWN", "")
}

// TestO33KillDuringValidation: a killed run is run again, with the same facts.
func TestO33KillDuringValidation(t *testing.T) {
	t.Parallel()
	s := newOCISeller(t)
	l := ocitest.New()
	large := make([]byte, 30<<20)
	rand.NewChaCha8([32]byte{}).Read(large)
	image := l.Manifest(ocitest.Image, ocitest.Object{"config": l.Put(ocitest.Config, []byte("{}")), "layers": []ocitest.Object{l.Put(ocitest.Layer, large)}})
	release := s.draft(s.open, s.relay, "1.0.0")
	artifact, url := s.announce(release, "image.tar", len(l.Entries(image).Tar()))
	done := make(chan struct{})
	go func() { // ends with the process
		defer close(done)
		req, err := http.NewRequest("PUT", url, bytes.NewReader(l.Tar()))
		if err != nil {
			return
		}
		if res, err := plain.Do(req); err == nil {
			res.Body.Close()
		}
	}()
	s.until("/v1/artifacts/"+artifact.ID, "Bearer "+s.Token, func(a answer) bool { return !strings.Contains(a.body, `"WAITING"`) })
	s.kill()
	<-done
	s.start()
	s.publishRelease(release)
	s.until("/v1/artifacts/"+artifact.ID, "Bearer "+s.Token, func(a answer) bool { return strings.Contains(a.body, `"UPLOADED"`) })
	if a := s.get("/v2/acme/relay/manifests/1.0.0", ""); a.header.Get("Docker-Content-Digest") != image.Digest() {
		t.Errorf("%d %v", a.status, a.header)
	}
	s.stop()
	if out, errs, code := offprint(t, nil, "verify", "--data", s.Data); code != 0 {
		t.Errorf("verify: %s %s", out, errs)
	}
}

// TestO37NoSecrets: nothing that a server says of itself holds a credential.
func TestO37NoSecrets(t *testing.T) {
	t.Parallel()
	s := newOCISeller(t, "--access-log")
	license, key := s.license(s.licensed)
	token := s.licenseToken(license)
	auth := s.bearer(licenseBasic(key), "acme/vault")
	var said strings.Builder
	for _, authorization := range []string{"", licenseBasic(key), "Bearer " + token, auth, auth + "x"} {
		for _, path := range []string{"/v2/", "/v2/token", "/v2/acme/vault/manifests/x", "/v2/acme/vault/tags/list", "/v2/acme/vault/manifests/x?auth=license:" + key, "/metrics"} {
			a := s.get(path, authorization)
			text, _ := json.Marshal(a.header)
			said.Write(text)
			if path != "/v2/token" { // whose answer is one
				said.WriteString(a.body)
			}
		}
	}
	said.WriteString(s.output.String())
	for _, secret := range []string{key, token, strings.TrimPrefix(auth, "Bearer ")} {
		if strings.Contains(said.String(), secret) {
			t.Errorf("a secret is told")
		}
	}
}
