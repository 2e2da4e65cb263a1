package npm

import (
	"archive/tar"
	"bytes"
	"context"
	"io"
	"runtime"
	"testing"
)

// The rows of npm.md section 8 that concern the bytes.

func TestRow18VersionKey(t *testing.T) {
	for _, inFile := range []string{"1.0.0", "1.0.0+5", "v1.0.0+5", " =1.0.0 ", "=v1.0.0"} {
		b := tgz(t, with(`{"name":"@acme/x","version":"`+inFile+`"}`)...)
		in := Input{Name: "@acme/x", Version: "1.0.0+5", Size: int64(len(b))}
		facts, err := Validate(context.Background(), bytes.NewReader(b), in)
		if err != nil {
			t.Fatal(inFile, err)
		}
		if facts.Version != "1.0.0" || string(facts.Manifest) != manifest {
			t.Errorf("%s: %+v", inFile, facts)
		}
	}
}

func TestRow20GitHubRoot(t *testing.T) {
	facts := accept(t, tgz(t,
		entry{name: "pax_global_header", kind: tar.TypeXGlobalHeader, pax: map[string]string{"comment": "3f2a9c1"}},
		entry{name: "x-3f2a9c1/", kind: tar.TypeDir},
		entry{name: "x-3f2a9c1/package.json", body: manifest},
		entry{name: "x-3f2a9c1/lib/a.js", body: "12345"},
	))
	if facts.FileCount != 2 || facts.UnpackedSize != int64(len(manifest))+5 {
		t.Errorf("%+v", facts)
	}
}

func TestRow21RootsPathsDuplicates(t *testing.T) {
	_, err := check(tgz(t, pkg(entry{name: "other/a.js"})...), contract)
	wantFailure(t, err, "NPM_ROOT_AMBIGUOUS", `"package"`, `"other"`)
	_, err = check(tgz(t, pkg(entry{name: "../evil"})...), contract)
	wantFailure(t, err, "NPM_PATH_UNSAFE", `"../evil"`)
	_, err = check(tgz(t, pkg(entry{name: "package/Package.json"})...), contract)
	wantFailure(t, err, "NPM_DUPLICATE_ENTRY", "package.json")
}

func TestRow22ManifestShape(t *testing.T) {
	_, err := check(tgz(t, with(`[]`)...), contract)
	wantFailure(t, err, "NPM_MANIFEST_INVALID", "an array")
	_, err = check(tgz(t, with(`{}`)...), contract)
	wantFailure(t, err, "NPM_NAME_MISMATCH", "has no name", "@acme/x")
}

// zeros is a package with a file of mib MiB of zeros, 64 MiB to a gzip member.
func zeros(t testing.TB, mib int) []byte {
	var tarred bytes.Buffer
	w := tar.NewWriter(&tarred)
	for _, hdr := range []*tar.Header{
		{Name: "package/package.json", Size: int64(len(manifest)), Mode: 0o644},
		{Name: "package/zeros", Size: int64(mib) << 20, Mode: 0o644},
	} {
		if err := w.WriteHeader(hdr); err != nil {
			t.Fatal(err)
		}
		if hdr.Name == "package/package.json" {
			io.WriteString(w, manifest)
		}
	}
	out := zip(t, tarred.Bytes())
	part := zip(t, make([]byte, 64<<20))
	for range mib / 64 {
		out = append(out, part...)
	}
	return append(out, zip(t, make([]byte, 2*block))...)
}

func TestRow24Bomb(t *testing.T) {
	small := zeros(t, 1024)
	if len(small) > 1100<<10 {
		t.Fatalf("the bomb has %d bytes", len(small))
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	facts := accept(t, small)
	runtime.ReadMemStats(&after)
	if facts.UnpackedSize != 1<<30+int64(len(manifest)) {
		t.Errorf("%+v", facts)
	}
	if got := after.TotalAlloc - before.TotalAlloc; got > 4<<20 {
		t.Errorf("1 GiB allocated %d bytes", got)
	}
	_, err := check(zeros(t, 3072), contract)
	wantFailure(t, err, "NPM_LIMIT", "inflates past")
}

func TestRow25WhatIsTheTarball(t *testing.T) {
	for _, c := range []struct {
		filename, filetype string
		want               bool
	}{
		{"x-1.0.0.tgz", "tgz", true},
		{"x-1.0.0.tar.gz", "gz", true},
		{"X-1.0.0.TGZ", "", true},
		{"x.Tar.Gz", "zip", true},
		{"x-1.0.0.zip", "tgz", false},
		{"x-1.0.0", "tgz", false},
		{"x", "tgz", true},
		{"x", "TAR.GZ", true},
		{"x", "gz", false},
		{"x", "", false},
		{"tgz", "", false},
		{"x.gz", "tar.gz", false},
		{"x.tgz.asc", "tgz", false},
	} {
		if got := IsPackage(c.filename, c.filetype); got != c.want {
			t.Errorf("IsPackage(%q, %q) = %v", c.filename, c.filetype, got)
		}
	}
}

func TestRow26BindingGyp(t *testing.T) {
	facts := accept(t, tgz(t, pkg(entry{name: "package/binding.gyp"})...))
	const want = `{"name":"@acme/x","version":"1.0.0","scripts":{"install":"node-gyp rebuild"},"gypfile":true}`
	if !facts.HasInstallScript || string(facts.Manifest) != want {
		t.Errorf("%+v %s", facts, facts.Manifest)
	}
	facts = accept(t, tgz(t, pkg(entry{name: "package/deps/binding.gyp"})...))
	if facts.HasInstallScript || string(facts.Manifest) != manifest {
		t.Errorf("%+v %s", facts, facts.Manifest)
	}
}

func TestRow27Shrinkwrap(t *testing.T) {
	if !accept(t, tgz(t, pkg(entry{name: "package/npm-shrinkwrap.json"})...)).HasShrinkwrap {
		t.Error("in the root: not seen")
	}
	if accept(t, tgz(t, pkg(entry{name: "package/sub/npm-shrinkwrap.json"})...)).HasShrinkwrap {
		t.Error("in a subfolder: seen")
	}
}
