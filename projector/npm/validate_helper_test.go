package npm

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
)

// entry is one tar entry of a test. The zero type is a regular file.
type entry struct {
	name, body string
	kind       byte
	link       string
	pax        map[string]string
}

const manifest = `{"name":"@acme/x","version":"1.0.0"}`

// pkg is a good package with more entries after it.
func pkg(more ...entry) []entry {
	return append([]entry{{name: "package/package.json", body: manifest}}, more...)
}

// with is a package of one package.json.
func with(packageJSON string) []entry {
	return []entry{{name: "package/package.json", body: packageJSON}}
}

// tarOf writes a tar file with its end mark.
func tarOf(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	for _, e := range entries {
		hdr := &tar.Header{Name: e.name, Typeflag: e.kind, Linkname: e.link, Mode: 0o644, PAXRecords: e.pax}
		if e.kind == 0 {
			hdr.Typeflag = tar.TypeReg
		}
		if e.kind == tar.TypeXGlobalHeader {
			hdr = &tar.Header{Name: e.name, Typeflag: e.kind, PAXRecords: e.pax}
		}
		hdr.Size = int64(len(e.body))
		if err := w.WriteHeader(hdr); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(e.body)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// zip is one gzip member.
func zip(t testing.TB, b []byte) []byte {
	t.Helper()
	var buf bytes.Buffer
	level := gzip.DefaultCompression
	if len(b) < 8<<10 {
		level = gzip.StatelessCompression // quick to set up, for fuzzing
	}
	w, err := gzip.NewWriterLevel(&buf, level)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func tgz(t testing.TB, entries ...entry) []byte {
	t.Helper()
	return zip(t, tarOf(t, entries...))
}

func input(b []byte) Input {
	return Input{Name: "@acme/x", Version: "1.0.0", Size: int64(len(b))}
}

func check(b []byte, lim limits) (Facts, error) {
	return validate(context.Background(), bytes.NewReader(b), input(b), lim)
}

// accept wants the file to pass.
func accept(t *testing.T, b []byte) Facts {
	t.Helper()
	facts, err := check(b, contract)
	if err != nil {
		t.Fatal(err)
	}
	return facts
}

// wantFailure wants a *Failure of a code whose sentence has all the words.
func wantFailure(t *testing.T, err error, code string, words ...string) {
	t.Helper()
	var f *Failure
	if !errors.As(err, &f) {
		t.Fatalf("got %v, want a failure %s", err, code)
	}
	if f.Code != code {
		t.Errorf("got %v, want code %s", f, code)
	}
	if !strings.HasSuffix(f.Reason, ".") || f.Error() != f.Code+": "+f.Reason {
		t.Errorf("%q is not CODE: sentence", f.Error())
	}
	for _, w := range words {
		if !strings.Contains(f.Reason, w) {
			t.Errorf("%q does not say %q", f.Reason, w)
		}
	}
}

// lower is the contract with lower limits.
func lower(change func(*limits)) limits {
	lim := contract
	change(&lim)
	return lim
}
