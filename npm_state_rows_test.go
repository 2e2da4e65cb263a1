package main

import (
	"testing"
	"time"
)

// TestNPMRowsOfReleases: rows of npm.md section 8 about a release's state.
func TestNPMRowsOfReleases(t *testing.T) {
	t.Parallel()
	s := newNPMSeller(t)
	_, key := s.license(s.product)
	auth, staff := "License "+key, "Bearer "+s.Token
	s.npmRelease(s.product, s.pkg, "1.0.0")
	second := s.npmRelease(s.product, s.pkg, "1.1.0")
	published, _ := s.packument(auth)

	t.Run("N28 yanked", func(t *testing.T) {
		s.action(second, "yank")
		doc, _ := s.packument(auth)
		if _, there := doc.Time["1.1.0"]; there || len(doc.Versions) != 1 || doc.Tags["latest"] != "1.0.0" {
			t.Errorf("%+v", doc)
		}
		if a := s.get("/npm/acme/@acme%2fx/-/x-1.1.0.tgz", auth); a.status != 404 {
			t.Errorf("tarball: %d", a.status)
		}
		if doc, _ := s.packument(staff); doc.Versions["1.1.0"].Deprecated == "" || doc.Tags["latest"] != "1.0.0" {
			t.Errorf("staff: %+v", doc)
		}
		if a := s.get("/npm/acme/@acme%2fx/-/x-1.1.0.tgz", staff); a.status != 200 {
			t.Errorf("tarball, staff: %d", a.status)
		}
	})
	t.Run("N29 published again", func(t *testing.T) {
		s.publishRelease(second)
		doc, _ := s.packument(auth)
		if doc.Time["1.1.0"] != published.Time["1.1.0"] || doc.Time["1.1.0"] == "" || doc.Tags["latest"] != "1.1.0" {
			t.Errorf("%+v, before the yank %+v", doc, published)
		}
		if doc, _ := s.packument(staff); doc.Versions["1.1.0"].Deprecated != "" {
			t.Errorf("staff: %+v", doc)
		}
	})
	t.Run("N30 backdated into the window", func(t *testing.T) {
		_, old := s.licenseUnder(s.product, map[string]any{}, map[string]any{"expiry": "2021-01-01T00:00:00Z"})
		if a := s.get("/npm/acme/@acme%2fx", "License "+old); a.status != 404 {
			t.Errorf("nothing was made before 2021: %d %s", a.status, a.body)
		}
		if a := s.patch(second, map[string]any{"backdated": "2020-06-01T00:00:00Z"}); a.status != 200 {
			t.Fatalf("%d %s", a.status, a.body)
		}
		doc, _ := s.packument("License " + old)
		if len(doc.Versions) != 1 || doc.Time["1.1.0"] != published.Time["1.1.0"] {
			t.Errorf("%+v", doc)
		}
		if _, err := time.Parse("2006-01-02T15:04:05.000Z", doc.Time["1.1.0"]); err != nil {
			t.Error(err)
		}
	})
}

// TestN17N39OnlyThoseWhoSeeIt: a release that needs an entitlement changes
// nothing for those who do not hold it.
func TestN17N39OnlyThoseWhoSeeIt(t *testing.T) {
	t.Parallel()
	s := newNPMSeller(t)
	_, key := s.license(s.product)
	auth := "License " + key
	s.npmRelease(s.product, s.pkg, "1.0.0")
	gold := s.create("entitlements", map[string]any{"name": "Gold", "code": "GOLD"}, nil)
	memberKey := s.entitled(s.product, gold)
	release := s.draft(s.product, s.pkg, "2.0.0")
	s.constrain(release, gold)
	s.upload(release, "x-2.0.0.tgz", npmTarball(t, map[string]any{"name": sold, "version": "2.0.0"}))
	_, before := s.packument(auth)
	_, memberBefore := s.packument("License " + memberKey)
	s.publishRelease(release)
	again := s.send("GET", "/npm/acme/@acme%2fx", nil, "Authorization", auth, "If-None-Match", before.header.Get("Etag"))
	if again.status != 304 || again.header.Get("X-Offprint-Serial") != before.header.Get("X-Offprint-Serial") {
		t.Errorf("not entitled: %d %v", again.status, again.header)
	}
	doc, after := s.packument("License " + memberKey)
	if after.header.Get("Etag") == memberBefore.header.Get("Etag") || doc.Tags["latest"] != "2.0.0" {
		t.Errorf("entitled: %+v", doc)
	}
}
