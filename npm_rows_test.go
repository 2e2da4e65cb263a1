package main

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// TestNPMRowsOfArchives: rows of npm.md section 8 about what is in a tarball,
// from the upload to the packument.
func TestNPMRowsOfArchives(t *testing.T) {
	t.Parallel()
	s := newNPMSeller(t)
	_, key := s.license(s.product)
	auth := "License " + key
	publish := func(t *testing.T, version, filename string, attributes map[string]any, entries ...entry) {
		t.Helper()
		release := s.draft(s.product, s.pkg, version)
		if a := s.put(release, filename, attributes, packed(t, entries...)); a.status != 200 {
			t.Fatalf("%s: %d %s", version, a.status, a.body)
		}
		s.publishRelease(release)
	}

	t.Run("N16 tag that is a version range", func(t *testing.T) {
		release := s.npmRelease(s.product, s.pkg, "1.0.0")
		for _, tag := range []string{"v1.4", "1.x"} {
			if a := s.patch(release, map[string]any{"tag": tag}); a.status != 422 || !strings.Contains(a.body, `"code":"TAG_INVALID"`) || !strings.Contains(a.body, `"pointer":"/data/attributes/tag"`) {
				t.Errorf("%s: %d %s", tag, a.status, a.body)
			}
		}
		if doc, _ := s.packument(auth); len(doc.Tags) != 1 || doc.Tags["latest"] != "1.0.0" {
			t.Error(doc.Tags)
		}
	})
	t.Run("N20 root as GitHub names it", func(t *testing.T) {
		publish(t, "1.1.0", "x-1.1.0.tgz", nil, entry{"x-3f2a9c1/", ""}, entry{"x-3f2a9c1/package.json", manifestOf("1.1.0")})
		if doc, _ := s.packument(auth); doc.Tags["latest"] != "1.1.0" {
			t.Error(doc.Tags)
		}
	})
	t.Run("N25 tar.gz sent as gz", func(t *testing.T) {
		publish(t, "1.2.0", "x-1.2.0.tar.gz", map[string]any{"filetype": "gz"}, entry{"package/package.json", manifestOf("1.2.0")})
		doc, _ := s.packument(auth)
		tarball := doc.Versions["1.2.0"].Dist.Tarball
		if tarball != s.URL+"/npm/acme/@acme/x/-/x-1.2.0.tgz" {
			t.Fatal(tarball)
		}
		if a := s.get(strings.TrimPrefix(tarball, s.URL), auth); a.status != 200 {
			t.Errorf("%d %s", a.status, a.body)
		}
	})
	t.Run("N26 binding.gyp", func(t *testing.T) {
		publish(t, "1.3.0", "x-1.3.0.tgz", nil, entry{"package/package.json", manifestOf("1.3.0")}, entry{"package/binding.gyp", "{}"})
		a := s.send("GET", "/npm/acme/@acme%2fx", nil, "Authorization", auth, "Accept", "application/vnd.npm.install-v1+json")
		var doc packument
		if err := json.Unmarshal([]byte(a.body), &doc); err != nil || !doc.Versions["1.3.0"].HasInstallScript || doc.Versions["1.2.0"].HasInstallScript {
			t.Errorf("abbreviated: %v %s", err, a.body)
		}
		if full, _ := s.packument(auth); full.Versions["1.3.0"].Scripts["install"] != "node-gyp rebuild" {
			t.Errorf("full: %+v", full.Versions["1.3.0"])
		}
	})
	t.Run("N27 npm-shrinkwrap.json", func(t *testing.T) {
		publish(t, "1.4.0", "x-1.4.0.tgz", nil, entry{"package/package.json", manifestOf("1.4.0")}, entry{"package/npm-shrinkwrap.json", "{}"})
		publish(t, "1.5.0", "x-1.5.0.tgz", nil, entry{"package/package.json", manifestOf("1.5.0")}, entry{"package/sub/npm-shrinkwrap.json", "{}"})
		if doc, _ := s.packument(auth); !doc.Versions["1.4.0"].HasShrinkwrap || doc.Versions["1.5.0"].HasShrinkwrap {
			t.Errorf("%+v", doc.Versions)
		}
	})
}

// TestNPMRowsOfBadArchives: rows of npm.md section 8 about what is refused; the
// artifact keeps the reason.
func TestNPMRowsOfBadArchives(t *testing.T) {
	t.Parallel()
	s := newNPMSeller(t)
	bad := s.draft(s.product, s.pkg, "9.0.0")
	good := entry{"package/package.json", manifestOf("9.0.0")}
	t.Run("N21 roots, paths, doubles", func(t *testing.T) {
		s.refused(t, bad, "roots.tgz", packed(t, good, entry{"other/index.js", ""}), "NPM_ROOT_AMBIGUOUS", "other")
		s.refused(t, bad, "path.tgz", packed(t, good, entry{"../evil", ""}), "NPM_PATH_UNSAFE", "../evil")
		s.refused(t, bad, "double.tgz", packed(t, good, entry{"package/Package.json", "{}"}), "NPM_DUPLICATE_ENTRY", "package.json")
	})
	t.Run("N22 package.json of the wrong shape", func(t *testing.T) {
		s.refused(t, bad, "array.tgz", packed(t, entry{"package/package.json", "[]"}), "NPM_MANIFEST_INVALID", "array")
		s.refused(t, bad, "empty.tgz", packed(t, entry{"package/package.json", "{}"}), "NPM_NAME_MISMATCH", "name")
	})
	s.publishRelease(bad)
	if a := s.get("/npm/acme/@acme%2fx", "Bearer "+s.Token); a.status != 404 {
		t.Errorf("packument: %d %s", a.status, a.body)
	}
}

// TestN24Bomb: what a small file inflates to is counted, not kept.
func TestN24Bomb(t *testing.T) {
	if testing.Short() {
		t.Skip("inflates 3 GiB")
	}
	t.Parallel()
	s := newNPMSeller(t)
	s.license(s.product)
	release := s.draft(s.product, s.pkg, "1.0.0")
	s.refused(t, release, "large.tgz", zeroArchive(t, 3<<30), "NPM_LIMIT", "inflates past")
	file := zeroArchive(t, 1<<30)
	if len(file) > 11<<17 {
		t.Fatalf("the file has %d bytes", len(file))
	}
	if a := s.put(release, "x-1.0.0.tgz", nil, file); a.status != 200 {
		t.Errorf("%d %s", a.status, a.body)
	}
	s.publishRelease(release)
	if doc, _ := s.packument("Bearer " + s.Token); len(doc.Versions) != 1 {
		t.Errorf("%+v", doc)
	}
}

// zeroArchive packs the version 1.0.0 with a file of so many zeros, 64 MiB to a
// member of the gzip file.
func zeroArchive(t testing.TB, size int64) []byte {
	t.Helper()
	const part = 64 << 20
	var head bytes.Buffer
	archive := tar.NewWriter(&head)
	text := manifestOf("1.0.0")
	for _, h := range []*tar.Header{{Name: "package/package.json", Mode: 0o644, Size: int64(len(text))}, {Name: "package/zeros", Mode: 0o644, Size: size}} {
		if err := archive.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if h.Size != size {
			if _, err := archive.Write([]byte(text)); err != nil {
				t.Fatal(err)
			}
		}
	}
	return slices.Concat(zipped(t, head.Bytes()), bytes.Repeat(zipped(t, make([]byte, part)), int(size/part)), zipped(t, make([]byte, 1024)))
}
