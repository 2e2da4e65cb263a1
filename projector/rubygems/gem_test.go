package rubygems

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"testing"
)

// part is an entry of a test's archive.
type part struct {
	name string
	data []byte
	kind byte // 0: a regular file
}

func tarred(t testing.TB, parts ...part) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, p := range parts {
		h := &tar.Header{Name: p.name, Mode: 0o644, Size: int64(len(p.data)), Typeflag: tar.TypeReg}
		if p.kind != 0 {
			h.Typeflag, h.Size, h.Linkname = p.kind, 0, "x"
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if p.kind == 0 {
			if _, err := w.Write(p.data); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func gzipped(t testing.TB, text []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	level := gzip.DefaultCompression
	if len(text) > 64<<20 {
		level = gzip.NoCompression // takes too long
	}
	z, err := gzip.NewWriterLevel(&out, level)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := z.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// spec is the gemspec of acme in a version, with further lines.
func spec(version, more string) []byte {
	return fmt.Appendf(nil, "--- !ruby/object:Gem::Specification\nname: acme\nversion: !ruby/object:Gem::Version\n  version: %s\n%s", version, more)
}

func metadata(t testing.TB, text []byte) part { return part{name: specEntry, data: gzipped(t, text)} }

func data(t testing.TB, parts ...part) part {
	return part{name: dataEntry, data: gzipped(t, tarred(t, parts...))}
}

// check validates a file for release 1.0.0 of acme.
func check(t testing.TB, file []byte) (Facts, error) {
	return Validate(t.Context(), bytes.NewReader(file), Input{Name: "acme", Version: "1.0.0", Size: int64(len(file))})
}
