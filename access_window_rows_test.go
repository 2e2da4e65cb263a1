package main

import (
	"strings"
	"testing"
	"time"
)

const wire = "2006-01-02T15:04:05.000Z"

// window is a server that sells one npm package to licenses that end.
type window struct {
	npmSeller
	t *testing.T
}

// versions gives what a license sees whose expiry is at the instant.
func (w window) versions(expiry time.Time) string {
	w.t.Helper()
	_, key := w.licenseUnder(w.product, map[string]any{}, map[string]any{"expiry": expiry.Format(wire)})
	a := w.get("/npm/acme/@acme%2fx", "License "+key)
	if a.status == 404 {
		return ""
	}
	doc, _ := w.packument("License " + key)
	var out []string
	for _, v := range []string{"1.0.0", "1.1.0", "1.2.0"} {
		if _, there := doc.Versions[v]; there {
			out = append(out, v)
		}
	}
	return strings.Join(out, " ")
}

func created(t *testing.T, r resource) time.Time {
	t.Helper()
	at, err := time.Parse(wire, r.text("created"))
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// TestAccessRowsOfTheWindow: rows of access.md about what a license that ended
// under RESTRICT_ACCESS goes on seeing.
func TestAccessRowsOfTheWindow(t *testing.T) {
	t.Parallel()
	w := window{newNPMSeller(t), t}
	first := w.npmRelease(w.product, w.pkg, "1.0.0")
	at := created(t, first)
	want := func(t *testing.T, expiry time.Time, versions string) {
		t.Helper()
		if got := w.versions(expiry); got != versions {
			t.Errorf("expiry %s: %q, want %q", expiry.Format(wire), got, versions)
		}
	}
	t.Run("A17 created 1 ms after the expiry, and exactly at it", func(t *testing.T) {
		want(t, at.Add(-time.Millisecond), "")
		want(t, at, "1.0.0")
	})
	t.Run("A20 a draft made before the expiry, published after it", func(t *testing.T) {
		draft := w.draft(w.product, w.pkg, "1.1.0")
		w.upload(draft, "x-1.1.0.tgz", npmTarball(t, map[string]any{"name": sold, "version": "1.1.0"}))
		expiry := created(t, draft)
		time.Sleep(time.Until(expiry.Add(5 * time.Millisecond)))
		w.publishRelease(draft)
		want(t, expiry, "1.0.0 1.1.0")
	})
	third := w.npmRelease(w.product, w.pkg, "1.2.0")
	at = created(t, third)
	t.Run("A19 created before the expiry, backdated to after it", func(t *testing.T) {
		want(t, at, "1.0.0 1.1.0 1.2.0")
		time.Sleep(time.Until(at.Add(5 * time.Millisecond)))
		if a := w.patch(third, map[string]any{"backdated": at.Add(2 * time.Millisecond).Format(wire)}); a.status != 200 {
			t.Fatalf("%d %s", a.status, a.body)
		}
		want(t, at, "1.0.0 1.1.0")
		want(t, at.Add(2*time.Millisecond), "1.0.0 1.1.0 1.2.0")
	})
	t.Run("A18 created after the expiry, backdated to before it", func(t *testing.T) {
		expiry := created(t, first).Add(-time.Hour)
		want(t, expiry, "")
		if a := w.patch(third, map[string]any{"backdated": expiry.Add(-time.Hour).Format(wire)}); a.status != 200 {
			t.Fatalf("%d %s", a.status, a.body)
		}
		want(t, expiry, "1.2.0")
	})
}
