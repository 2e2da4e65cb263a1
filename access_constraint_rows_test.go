package main

import "testing"

// TestAccessRowsOfConstraints: rows of access.md about constraints that come and
// go on published releases, and about what others' answers are good for.
func TestAccessRowsOfConstraints(t *testing.T) {
	t.Parallel()
	s := newNPMSeller(t)
	gold := s.create("entitlements", map[string]any{"name": "Gold", "code": "GOLD"}, nil)
	_, key := s.license(s.product)
	plain, golden, staff := "License "+key, "License "+s.entitled(s.product, gold), "Bearer "+s.Token
	s.npmRelease(s.product, s.pkg, "1.0.0")
	second := s.npmRelease(s.product, s.pkg, "1.1.0")
	const tarball = "/npm/acme/@acme%2fx/-/x-1.1.0.tgz"

	t.Run("A25 a constraint on a published release", func(t *testing.T) {
		_, before := s.packument(plain)
		_, goldenBefore := s.packument(golden)
		s.constrain(second, gold)
		doc, after := s.packument(plain)
		if _, there := doc.Versions["1.1.0"]; there || after.header.Get("Etag") == before.header.Get("Etag") {
			t.Errorf("unentitled: %+v", doc)
		}
		if _, a := s.packument(golden); a.header.Get("Etag") != goldenBefore.header.Get("Etag") || a.body != goldenBefore.body {
			t.Errorf("entitled: %s, before %s", a.header.Get("Etag"), goldenBefore.header.Get("Etag"))
		}
	})
	t.Run("A35 another view's ETag", func(t *testing.T) {
		_, all := s.packument(staff)
		a := s.send("GET", "/npm/acme/@acme%2fx", nil, "Authorization", plain, "If-None-Match", all.header.Get("Etag"))
		if _, own := s.packument(plain); a.status != 200 || a.body != own.body {
			t.Errorf("%d %s", a.status, a.body)
		}
	})
	t.Run("A41 a colleague's tarball URL", func(t *testing.T) {
		for authorization, want := range map[string]int{golden: 200, plain: 404, "": 401} {
			if a := s.get(tarball, authorization); a.status != want {
				t.Errorf("%.10q: %d %s, want %d", authorization, a.status, a.body, want)
			}
		}
	})
	t.Run("A38 a hidden release is tagged latest", func(t *testing.T) {
		if a := s.patch(second, map[string]any{"tag": "latest"}); a.status != 200 {
			t.Fatalf("%d %s", a.status, a.body)
		}
		doc, _ := s.packument(plain)
		if other, _ := s.packument(golden); doc.Tags["latest"] != "1.0.0" || other.Tags["latest"] != "1.1.0" {
			t.Errorf("%v, entitled %v", doc.Tags, other.Tags)
		}
	})
	t.Run("A37 A54 the newest visible release is yanked", func(t *testing.T) {
		_, before := s.packument(golden)
		s.action(second, "yank")
		_, after := s.packument(golden)
		if a, b := before.header.Get("X-Offprint-Serial"), after.header.Get("X-Offprint-Serial"); len(a) > len(b) || len(a) == len(b) && a >= b {
			t.Errorf("serial %s, then %s", a, b)
		}
		if a := s.get(tarball, golden); a.status != 404 {
			t.Errorf("tarball: %d", a.status)
		}
		own := "Bearer " + s.productToken(s.product)
		if a := s.get(tarball, own); a.status != 200 {
			t.Errorf("tarball, product's token: %d", a.status)
		}
	})
}

// TestA26LastConstraintDetached: what nothing restricts any more is everyone's
// in an OPEN product.
func TestA26LastConstraintDetached(t *testing.T) {
	t.Parallel()
	p := startServer(t)
	product := p.product("relay", "OPEN")
	pkg := p.pkg(product, sold, "npm")
	gold := p.create("entitlements", map[string]any{"name": "Gold", "code": "GOLD"}, nil)
	p.npmRelease(product, pkg, "1.0.0")
	release := p.npmRelease(product, pkg, "1.1.0")
	const tarball = "/npm/acme/@acme%2fx/-/x-1.1.0.tgz"
	p.constrain(release, gold)
	p.eventually(tarball, "", 404) // the gate of npm asks for products that are not OPEN
	p.unconstrain(release)
	if a := p.get(tarball, ""); a.status != 200 {
		t.Errorf("%d %s", a.status, a.body)
	}
	if doc, _ := (npmSeller{process: p}).packument(""); doc.Tags["latest"] != "1.1.0" {
		t.Errorf("%+v", doc)
	}
}
