package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// TestA16LicenseExpiresWhileAClientAsks: under REVOKE_ACCESS the key works
// until the expiry and not after it, with nobody telling the server anything.
func TestA16LicenseExpiresWhileAClientAsks(t *testing.T) {
	t.Parallel()
	p := startServer(t)
	product := p.product("relay", "LICENSED")
	p.npmRelease(product, p.pkg(product, "@acme/x", "npm"), "1.0.0")
	expiry := time.Now().Add(3 * time.Second).UTC().Truncate(time.Millisecond)
	license, key := p.licenseUnder(product, map[string]any{"expirationStrategy": "REVOKE_ACCESS"}, map[string]any{"expiry": expiry.Format("2006-01-02T15:04:05.000Z")})
	token := p.licenseToken(license)
	served := 0
	for {
		began := time.Now()
		byKey := p.get("/npm/acme/@acme%2fx", "License "+key)
		byToken := p.get("/npm/acme/@acme%2fx", "Bearer "+token)
		ended := time.Now()
		switch {
		case !ended.After(expiry):
			if byKey.status != 200 || byToken.status != 200 {
				t.Fatalf("before the expiry: %d %s, %d %s", byKey.status, byKey.body, byToken.status, byToken.body)
			}
			served++
		case began.After(expiry.Add(time.Millisecond)):
			if byKey.status != 403 || !strings.Contains(byKey.body, "LICENSE_EXPIRED") || byToken.status != 404 {
				t.Fatalf("after the expiry: %d %s, %d %s", byKey.status, byKey.body, byToken.status, byToken.body)
			}
			if served == 0 {
				t.Skip("this machine was too slow to ask before the expiry")
			}
			return
		}
	}
}

// TestA27LicensedToClosed: a closed product is its publisher's alone.
func TestA27LicensedToClosed(t *testing.T) {
	t.Parallel()
	p := startServer(t)
	product := p.product("relay", "LICENSED")
	p.npmRelease(product, p.pkg(product, "@acme/x", "npm"), "1.0.0")
	license, key := p.license(product)
	own, token := p.productToken(product), p.licenseToken(license)
	paths := []string{"/npm/acme/@acme%2fx", "/npm/acme/@acme%2fx/-/x-1.0.0.tgz"}
	for _, path := range paths {
		for _, who := range []string{"License " + key, "Bearer " + token, "Bearer " + own} {
			if a := p.get(path, who); a.status != 200 {
				t.Errorf("%s: %d %s", path, a.status, a.body)
			}
		}
	}
	if a := p.patch(product, map[string]any{"distributionStrategy": "CLOSED"}); a.status != 200 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	for _, path := range paths {
		p.eventually(path, "License "+key, 404)
		p.eventually(path, "Bearer "+token, 404)
		p.eventually(path, "", 401)
		if a := p.get(path, "Bearer "+own); a.status != 200 {
			t.Errorf("%s, product's token: %d %s", path, a.status, a.body)
		}
	}
}

// TestA28OpenToLicensed: copies that anyone may keep must be asked for again,
// and are not confirmed to those who may no longer see them.
func TestA28OpenToLicensed(t *testing.T) {
	t.Parallel()
	p := startServer(t)
	product := p.product("relay", "OPEN")
	p.npmRelease(product, p.pkg(product, "@acme/x", "npm"), "1.0.0")
	_, key := p.license(product)
	const path = "/npm/acme/@acme%2fx"
	open := p.get(path, "")
	if open.status != 200 || open.header.Get("Cache-Control") != "public, max-age=0, must-revalidate" {
		t.Errorf("open: %d %v", open.status, open.header)
	}
	if a := p.send("GET", path, nil, "If-None-Match", open.header.Get("Etag")); a.status != 304 {
		t.Errorf("open, again: %d", a.status)
	}
	if a := p.get("/npm/acme/nothing", ""); a.status != 404 {
		t.Errorf("invented name: %d %s", a.status, a.body)
	}
	if a := p.patch(product, map[string]any{"distributionStrategy": "LICENSED"}); a.status != 200 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	refused := p.eventually(path, "", 401)
	if refused.header.Get("Www-Authenticate") != `Basic realm="offprint"` || refused.header.Get("Cache-Control") != "no-store" {
		t.Errorf("%v", refused.header)
	}
	if a := p.send("GET", path, nil, "If-None-Match", open.header.Get("Etag")); a.status != 401 {
		t.Errorf("with the old ETag: %d", a.status)
	}
	if a := p.get("/npm/acme/nothing", ""); a.status != 401 {
		t.Errorf("invented name: %d %s", a.status, a.body)
	}
	if a := p.get(path, "License "+key); a.status != 200 || a.header.Get("Cache-Control") != "private, no-cache" {
		t.Errorf("license: %d %v", a.status, a.header)
	}
}

// TestA48TokenRegenerated: the old token dies, the new one works at once where
// it was made.
func TestA48TokenRegenerated(t *testing.T) {
	t.Parallel()
	p := startServer(t)
	product := p.product("relay", "LICENSED")
	p.npmRelease(product, p.pkg(product, "@acme/x", "npm"), "1.0.0")
	const path = "/npm/acme/@acme%2fx"
	made := p.mint("products/" + product.ID)
	if a := p.get(path, "Bearer "+made.text("token")); a.status != 200 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	a := p.send("PUT", "/v1/tokens/"+made.ID, nil, "Authorization", "Bearer "+p.Token)
	var doc struct{ Data resource }
	if err := json.Unmarshal([]byte(a.body), &doc); err != nil || a.status != 200 || doc.Data.ID != made.ID || doc.Data.text("token") == made.text("token") {
		t.Fatalf("%v: %d %s", err, a.status, a.body)
	}
	if a := p.get(path, "Bearer "+doc.Data.text("token")); a.status != 200 {
		t.Errorf("new token: %d %s", a.status, a.body)
	}
	if old := p.eventually(path, "Bearer "+made.text("token"), 401); !strings.Contains(old.body, "TOKEN_INVALID") {
		t.Errorf("old token: %s", old.body)
	}
}

// mint makes a token of a product or a license.
func (p *process) mint(of string) resource {
	p.t.Helper()
	var out struct{ Data resource }
	doc := map[string]any{"data": map[string]any{"type": "tokens", "attributes": map[string]any{}}}
	if _, err := p.api.call(p.t.Context(), "POST", below(p.Account, of+"/tokens"), doc, &out); err != nil {
		p.t.Fatal(err)
	}
	return out.Data
}

// productToken makes a token of a product.
func (p *process) productToken(product resource) string {
	p.t.Helper()
	return p.mint("products/" + product.ID).text("token")
}
