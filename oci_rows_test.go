package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"offprint/projector/oci/ocitest"
)

// ociSeller is a server with an OPEN and a LICENSED image, relay and vault.
type ociSeller struct {
	*process
	open, licensed resource // products
	relay, vault   resource // packages
}

func newOCISeller(t *testing.T, flags ...string) ociSeller {
	t.Helper()
	s := ociSeller{process: startServer(t, flags...)}
	s.open, s.licensed = s.product("relay", "OPEN"), s.product("vault", "LICENSED")
	s.relay, s.vault = s.pkg(s.open, "relay", "oci"), s.pkg(s.licensed, "vault", "oci")
	return s
}

// image publishes a release of an OCI package with one layout, and a tag unless
// that is empty.
func (p *process) image(product, pkg resource, version, tag string, layout []byte) resource {
	p.t.Helper()
	release := p.imageDraft(product, pkg, version, tag, layout)
	p.publishRelease(release)
	return release
}

func (p *process) imageDraft(product, pkg resource, version, tag string, layout []byte) resource {
	p.t.Helper()
	attributes := map[string]any{"version": version, "channel": "stable"}
	if tag != "" {
		attributes["tag"] = tag
	}
	release := p.create("releases", attributes, relations{"product": product, "package": pkg})
	p.upload(release, "image.tar", layout)
	return release
}

// single is a layout of one image with one layer, and the digests of both.
func single(text string) (layout []byte, image, layer string) {
	l := ocitest.New()
	d := l.Image(text)
	return l.Entries(d).Tar(), d.Digest(), l.Layer(text).Digest()
}

// bearer asks for a bearer token, as clients do.
func (p *process) bearer(authorization, repository string) string {
	p.t.Helper()
	a := p.get("/v2/token?service=offprint&scope=repository:"+repository+":pull,push", authorization)
	var body struct {
		Token       string
		AccessToken string `json:"access_token"`
		ExpiresIn   int    `json:"expires_in"`
		Scope       string
	}
	if err := json.Unmarshal([]byte(a.body), &body); err != nil || a.status != 200 || body.Token == "" || body.Token != body.AccessToken ||
		body.ExpiresIn != 300 || body.Scope != "repository:"+repository+":pull" {
		p.t.Fatalf("token: %d %s", a.status, a.body)
	}
	return "Bearer " + body.Token
}

// refusal compares an error of the registry protocol.
func (p *process) refusal(a answer, status int, code, reason string) {
	p.t.Helper()
	var body struct {
		Errors []struct {
			Code, Message string
			Detail        struct{ Reason string }
		}
	}
	if err := json.Unmarshal([]byte(a.body), &body); err != nil || len(body.Errors) != 1 || body.Errors[0].Message == "" {
		p.t.Errorf("%d %s", a.status, a.body)
		return
	}
	e := body.Errors[0]
	if a.status != status || e.Code != code || e.Detail.Reason != reason || a.header.Get("Content-Type") != "application/json" || a.header.Get("Cache-Control") != "no-store" {
		p.t.Errorf("%d %s %v, want %d %s %s", a.status, a.body, a.header, status, code, reason)
	}
	if challenge := a.header.Values("WWW-Authenticate"); status == 401 && (len(challenge) != 1 || !strings.HasPrefix(challenge[0], `Bearer realm="`+p.URL+`/v2/token",service="offprint"`)) {
		p.t.Errorf("challenge: %q", challenge)
	}
}

// TestOCIRowsOfAccess: rows of oci.md section 8 about who may pull what.
func TestOCIRowsOfAccess(t *testing.T) {
	t.Parallel()
	s := newOCISeller(t)
	gold := s.create("entitlements", map[string]any{"name": "Gold", "code": "GOLD"}, nil)
	license, key := s.license(s.licensed)
	auth := s.bearer(licenseBasic(key), "acme/vault")
	l := ocitest.New()
	shared := l.Layer("shared")
	free := s.image(s.licensed, s.vault, "1.0.0", "", l.Entries(l.Image("shared", "one")).Tar())
	l = ocitest.New()
	gilded := l.Image("shared", "two")
	only := l.Layer("two").Digest()
	golden := s.imageDraft(s.licensed, s.vault, "2.0.0", "", l.Entries(gilded).Tar())
	s.constrain(golden, gold)
	s.publishRelease(golden)
	s.image(s.open, s.relay, "1.0.0", "", ocitest.MultiArch("1.0.0"))

	t.Run("O3 tag, version, digest", func(t *testing.T) {
		a := s.get("/v2/acme/vault/manifests/1.0.0", auth)
		digest := a.header.Get("Docker-Content-Digest")
		if a.status != 200 || !strings.HasPrefix(digest, "sha256:") || a.header.Get("Etag") != `"`+digest+`"` || a.header.Get("Cache-Control") != "private, no-cache" {
			t.Errorf("%d %v", a.status, a.header)
		}
		if b := s.get("/v2/acme/vault/manifests/"+digest, auth); b.status != 200 || b.body != a.body || b.header.Get("X-Offprint-Serial") != "" {
			t.Errorf("%d %v", b.status, b.header)
		}
		s.refusal(s.get("/v2/acme/vault/manifests/latest", auth), 404, "MANIFEST_UNKNOWN", "")
		s.tag(free, "latest")
		if b := s.get("/v2/acme/vault/manifests/latest", auth); b.status != 200 || b.body != a.body {
			t.Errorf("%d %s", b.status, b.body)
		}
	})
	t.Run("O2 wrong key", func(t *testing.T) {
		a := s.get("/v2/token?account=license&client_id=docker&offline_token=true&service=offprint", licenseBasic("NOPE-NOPE"))
		if a.status != 401 || a.header.Get("WWW-Authenticate") != "" || !strings.Contains(a.body, "LICENSE_INVALID") {
			t.Errorf("%d %v %s", a.status, a.header, a.body)
		}
		s.refusal(s.get("/v2/", licenseBasic("NOPE-NOPE")), 401, "UNAUTHORIZED", "LICENSE_INVALID")
		s.refusal(s.get("/v2/acme/relay/manifests/1.0.0", licenseBasic("NOPE-NOPE")), 401, "UNAUTHORIZED", "LICENSE_INVALID")
	})
	t.Run("O4 pushes", func(t *testing.T) {
		for _, request := range []string{"POST /v2/acme/relay/blobs/uploads/", "PUT /v2/acme/relay/manifests/1.0.0", "DELETE /v2/acme/relay/manifests/1.0.0",
			"PATCH /v2/acme/relay/blobs/uploads/123", "PUT /v2/nobody/at-all/manifests/x", "POST /oci/acme/relay/blobs/uploads/", "POST /v2/", "DELETE /v2/acme/relay/tags/list"} {
			method, path, _ := strings.Cut(request, " ")
			a := s.send(method, path, nil)
			s.refusal(a, 405, "UNSUPPORTED", "")
			if a.header.Get("Allow") != "GET, HEAD" || !strings.Contains(a.body, "offprint publish") || !strings.Contains(a.body, "keygen upload") {
				t.Errorf("%s: %v %s", request, a.header, a.body)
			}
		}
	})
	t.Run("O5 hidden and invented names", func(t *testing.T) {
		hidden, invented := s.get("/v2/acme/vault/manifests/1.0.0", ""), s.get("/v2/acme/nothing/manifests/1.0.0", "")
		s.refusal(hidden, 401, "UNAUTHORIZED", "")
		same := func(a answer, name string) string {
			return a.body + strings.ReplaceAll(a.header.Get("WWW-Authenticate"), name, "X")
		}
		if same(hidden, "vault") != same(invented, "nothing") || hidden.status != invented.status {
			t.Errorf("%v\n%v", hidden, invented)
		}
		a := s.get("/v2/acme/vault/tags/list", s.bearer("", "acme/vault"))
		if s.refusal(a, 401, "UNAUTHORIZED", ""); !strings.HasSuffix(a.header.Get("WWW-Authenticate"), `,scope="repository:acme/vault:pull",error="insufficient_scope"`) {
			t.Errorf("%v", a.header)
		}
		s.refusal(s.get("/v2/acme/nothing/manifests/1.0.0", auth), 404, "NAME_UNKNOWN", "")
	})
	t.Run("O7 without the entitlement", func(t *testing.T) {
		s.refusal(s.get("/v2/acme/vault/manifests/2.0.0", auth), 403, "DENIED", "ENTITLEMENT_REQUIRED")
		s.refusal(s.get("/v2/acme/vault/manifests/"+gilded.Digest(), auth), 403, "DENIED", "ENTITLEMENT_REQUIRED")
		s.refusal(s.get("/v2/acme/vault/blobs/"+only, auth), 403, "DENIED", "ENTITLEMENT_REQUIRED")
		if a := s.get("/v2/acme/vault/blobs/"+shared.Digest(), auth); a.status != 200 || a.header.Get("Docker-Content-Digest") != shared.Digest() {
			t.Errorf("the shared layer: %d %s", a.status, a.body)
		}
		if a := s.get("/v2/acme/vault/manifests/2.0.0", s.bearer(licenseBasic(s.entitled(s.licensed, gold)), "acme/vault")); a.status != 200 {
			t.Errorf("with it: %d %s", a.status, a.body)
		}
		if a := s.get("/v2/acme/vault/tags/list", auth); a.body != `{"name":"acme/vault","tags":["1.0.0","latest"]}` {
			t.Error(a.body)
		}
	})
	t.Run("O8 token of another product", func(t *testing.T) {
		s.refusal(s.get("/v2/acme/relay/manifests/1.0.0", "Bearer "+s.productToken(s.licensed)), 403, "DENIED", "NO_ACCESS")
		_, other := s.license(s.open)
		s.refusal(s.get("/v2/acme/vault/manifests/1.0.0", licenseBasic(other)), 403, "DENIED", "NO_ACCESS")
	})
	t.Run("A40 digest known from elsewhere", func(t *testing.T) {
		layout, image, layer := single("only a draft holds this")
		s.imageDraft(s.licensed, s.vault, "9.0.0", "", layout)
		s.refusal(s.get("/v2/acme/vault/manifests/"+image, auth), 404, "MANIFEST_UNKNOWN", "")
		s.refusal(s.get("/v2/acme/vault/blobs/"+layer, auth), 404, "BLOB_UNKNOWN", "")
		for _, path := range []string{"manifests/9.0.0", "manifests/" + image, "blobs/" + layer} {
			if a := s.get("/v2/acme/vault/"+path, "Bearer "+s.Token); a.status != 200 {
				t.Errorf("staff, %s: %d %s", path, a.status, a.body)
			}
		}
		if a := s.get("/v2/acme/vault/tags/list", "Bearer "+s.productToken(s.licensed)); !strings.Contains(a.body, "9.0.0") {
			t.Errorf("the product's own token: %s", a.body)
		}
	})
	t.Run("O10 suspended after the token was issued", func(t *testing.T) {
		token := "Bearer " + s.licenseToken(license)
		s.action(license, "suspend")
		s.refusal(s.get("/v2/acme/vault/manifests/1.0.0", auth), 403, "DENIED", "LICENSE_SUSPENDED")
		s.refusal(s.get("/v2/acme/relay/manifests/1.0.0", auth), 403, "DENIED", "LICENSE_SUSPENDED")
		s.refusal(s.get("/v2/acme/vault/manifests/1.0.0", token), 403, "DENIED", "LICENSE_SUSPENDED")
		if a := s.get("/v2/acme/relay/manifests/1.0.0", token); a.status != 200 {
			t.Errorf("the license's token, free content: %d %s", a.status, a.body)
		}
		if a := s.get("/v2/token?service=offprint", licenseBasic(key)); a.status != 403 || a.header.Get("WWW-Authenticate") != "" {
			t.Errorf("login: %d %s", a.status, a.body)
		}
		s.action(license, "reinstate")
		if a := s.get("/v2/acme/vault/manifests/1.0.0", auth); a.status != 200 {
			t.Errorf("reinstated: %d %s", a.status, a.body)
		}
	})
	t.Run("O11 window ended", func(t *testing.T) {
		at := created(t, free)
		_, old := s.licenseUnder(s.licensed, map[string]any{}, map[string]any{"expiry": at.Format(wire)})
		l := ocitest.New()
		s.image(s.licensed, s.vault, "3.0.0", "", l.Entries(l.Image("three")).Tar())
		a := s.get("/v2/acme/vault/manifests/1.0.0", licenseBasic(old))
		if want := `299 - "license expired on ` + at.UTC().Format("2006-01-02") + `"`; a.status != 200 || a.header.Get("Warning") != want {
			t.Errorf("older: %d %v, want %s", a.status, a.header, want)
		}
		s.refusal(s.get("/v2/acme/vault/manifests/3.0.0", licenseBasic(old)), 403, "DENIED", "OUTSIDE_ACCESS_WINDOW")
		if a := s.get("/v2/acme/vault/tags/list", licenseBasic(old)); a.body != `{"name":"acme/vault","tags":["1.0.0","latest"]}` {
			t.Error(a.body)
		}
	})
}

// TestOCIRowsOfReferences: rows of oci.md section 8 about names and tags.
func TestOCIRowsOfReferences(t *testing.T) {
	t.Parallel()
	s := newOCISeller(t)
	layout := func(text string) []byte { l := ocitest.New(); return l.Entries(l.Image(text)).Tar() }
	digestOf := func(path string) string {
		a := s.get(path, "")
		if a.status != 200 {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
		return a.header.Get("Docker-Content-Digest")
	}
	tagsOf := func(key string) string { return s.get("/v2/acme/"+key+"/tags/list", "").body }

	t.Run("O12 build metadata", func(t *testing.T) {
		pkg := s.pkg(s.open, "built", "oci")
		s.image(s.open, pkg, "1.0.0+b1", "", layout("built"))
		if got := tagsOf("built"); got != `{"name":"acme/built","tags":["1.0.0_b1"]}` {
			t.Error(got)
		}
		if digestOf("/v2/acme/built/manifests/1.0.0_b1") != digestOf("/v2/acme/built/manifests/1.0.0+b1") {
			t.Error("two things")
		}
	})
	t.Run("O13 a tag like a version", func(t *testing.T) {
		pkg := s.pkg(s.open, "confusing", "oci")
		s.image(s.open, pkg, "1.9.0", "2.0.0", layout("1.9.0"))
		l := ocitest.New()
		real := l.Image("2.0.0")
		s.image(s.open, pkg, "2.0.0", "", l.Entries(real).Tar())
		if digestOf("/v2/acme/confusing/manifests/2.0.0") != digestOf("/v2/acme/confusing/manifests/1.9.0") {
			t.Error("the tag does not win")
		}
		if digestOf("/v2/acme/confusing/manifests/"+real.Digest()) != real.Digest() {
			t.Error("the release is not there by its digest")
		}
	})
	t.Run("O14 names that registries do not know", func(t *testing.T) {
		pkg := s.pkg(s.open, "names", "oci")
		release := s.draft(s.open, pkg, "1.0.0")
		for _, tag := range []string{"my tag", "feature/x", "1.0+b", "-x", ".x", strings.Repeat("x", 129)} {
			if a := s.patch(release, map[string]any{"tag": tag}); a.status != 422 || !strings.Contains(a.body, "TAG_INVALID") {
				t.Errorf("%q: %d %s", tag, a.status, a.body)
			}
		}
		l := ocitest.New()
		image := l.Image("long")
		long := s.create("releases", map[string]any{"version": "1.0.0-alpha." + strings.Repeat("x", 118), "channel": "alpha"}, relations{"product": s.open, "package": pkg})
		s.upload(long, "image.tar", l.Entries(image).Tar())
		s.publishRelease(long)
		if got := tagsOf("names"); got != `{"name":"acme/names","tags":[]}` {
			t.Error(got)
		}
		if digestOf("/v2/acme/names/manifests/"+image.Digest()) != image.Digest() {
			t.Error("it is not there by its digest")
		}
	})
	t.Run("O15 paging", func(t *testing.T) {
		pkg := s.pkg(s.open, "paged", "oci")
		s.image(s.open, pkg, "1.10.0", "B", layout("1.10.0"))
		s.image(s.open, pkg, "1.9.0", "a", layout("1.9.0"))
		want := []string{"1.10.0", "1.9.0", "B", "a"}
		var got []string
		for path := "/v2/acme/paged/tags/list?n=1"; path != ""; {
			a := s.get(path, "")
			var body struct{ Tags []string }
			if err := json.Unmarshal([]byte(a.body), &body); err != nil || len(body.Tags) != 1 {
				t.Fatalf("%s: %s", path, a.body)
			}
			got = append(got, body.Tags...)
			link, _, _ := strings.Cut(strings.TrimPrefix(a.header.Get("Link"), "<"), ">")
			path = link
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q", got)
		}
		for query, want := range map[string]string{
			"": `["1.10.0","1.9.0","B","a"]`, "?n=0": `[]`, "?last=zzz": `[]`, "?last=1.9.0": `["B","a"]`, "?n=99999999999999999999": `["1.10.0","1.9.0","B","a"]`, "?last=1.5": `["1.9.0","B","a"]`,
		} {
			if a := s.get("/v2/acme/paged/tags/list"+query, ""); a.status != 200 || a.body != `{"name":"acme/paged","tags":`+want+`}` || a.header.Get("Link") != "" {
				t.Errorf("%s: %d %s %v", query, a.status, a.body, a.header)
			}
		}
		for _, n := range []string{"-1", "x", "", "1.5"} {
			s.refusal(s.get("/v2/acme/paged/tags/list?n="+n, ""), 400, "UNSUPPORTED", "")
		}
	})
	t.Run("O35 deep names", func(t *testing.T) {
		for _, key := range []string{"team/tools/relay", "tools/blobs/cli", "a/manifests/b", "tags/list"} {
			pkg := s.pkg(s.open, key, "oci")
			s.image(s.open, pkg, "1.0.0", "", layout(key))
			account := s.get("/v1/accounts/acme", "Bearer "+s.Token)
			var doc struct{ Data resource }
			if err := json.Unmarshal([]byte(account.body), &doc); err != nil {
				t.Fatal(err)
			}
			want := digestOf("/v2/acme/" + key + "/manifests/1.0.0")
			for _, path := range []string{"/v2/" + key, "/v2/acme/" + pkg.ID, "/v2/" + doc.Data.ID + "/" + key, "/v2/acme/" + strings.ReplaceAll(key, "/", "%2F"),
				"/oci/acme/" + key, "/v1/accounts/acme/engines/oci/" + key, "/v1/engines/oci/" + key} {
				if got := digestOf(path + "/manifests/1.0.0"); got != want {
					t.Errorf("%s: %s", path, got)
				}
			}
			if got := s.get("/v2/"+key+"/tags/list", "").body; got != `{"name":"`+key+`","tags":["1.0.0"]}` {
				t.Error(got)
			}
		}
		for path, code := range map[string]string{"/v2/acme/Relay/manifests/x": "NAME_INVALID", "/v2/acme//relay/manifests/x": "NAME_INVALID", "/v2/a--_b/tags/list": "NAME_INVALID", "/v2/_catalog": "UNSUPPORTED",
			"/v2/acme/relay": "UNSUPPORTED", "/v2/acme/relay/manifests/": "UNSUPPORTED", "/v2/acme/relay/tags/list/": "UNSUPPORTED",
			"/v2/acme/" + strings.Repeat("x", 250) + "/tags/list": "NAME_INVALID", "/v2/acme/relay/manifests/sha256:abc": "", "/v2/acme/relay/blobs/latest": ""} {
			if a := s.get(path, ""); code != "" {
				s.refusal(a, 404, code, "")
			}
		}
	})
	t.Run("as-of", func(t *testing.T) {
		pkg := s.pkg(s.open, "past", "oci")
		s.image(s.open, pkg, "1.0.0", "", layout("past"))
		serial := s.get("/v2/acme/past/tags/list", "").header.Get("X-Offprint-Serial")
		s.image(s.open, pkg, "2.0.0", "", layout("future"))
		for _, path := range []string{"/as-of/" + serial + "/v2/acme/past/tags/list", "/v2/acme/as-of/" + serial + "/past/tags/list", "/v2/as-of/" + serial + "/past/tags/list", "/oci/acme/as-of/" + serial + "/past/tags/list"} {
			a := s.get(path, "")
			if a.status != 200 || !strings.HasSuffix(a.body, `"tags":["1.0.0"]}`) || a.header.Get("X-Offprint-As-Of") != serial {
				t.Errorf("%s: %d %s", path, a.status, a.body)
			}
		}
		s.refusal(s.get("/as-of/"+serial+"/v2/acme/past/manifests/2.0.0", ""), 404, "MANIFEST_UNKNOWN", "")
		s.refusal(s.get("/as-of/99999/v2/acme/past/tags/list", ""), 400, "UNSUPPORTED", "CUT_INVALID")
		s.refusal(s.get("/as-of/x/v2/acme/past/tags/list", ""), 400, "UNSUPPORTED", "CUT_INVALID")
	})
}
