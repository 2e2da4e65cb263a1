package npm

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"strings"
	"testing"
)

// FuzzIdentify: whatever the file is, there are a name and a version, or an
// error.
func FuzzIdentify(f *testing.F) {
	var good bytes.Buffer
	zip := gzip.NewWriter(&good)
	archive := tar.NewWriter(zip)
	text := `{"name":"relay","version":"1.0.0"}`
	if err := archive.WriteHeader(&tar.Header{Name: "package/package.json", Mode: 0o644, Size: int64(len(text))}); err != nil {
		f.Fatal(err)
	}
	if _, err := archive.Write([]byte(text)); err != nil {
		f.Fatal(err)
	}
	if archive.Close() != nil || zip.Close() != nil {
		f.Fatal("the archive does not close")
	}
	f.Add(good.Bytes())
	f.Add(good.Bytes()[:good.Len()/2])
	f.Add([]byte("\x1f\x8b"))
	f.Fuzz(func(t *testing.T, file []byte) {
		name, version, err := Identify(bytes.NewReader(file))
		if err == nil && (strings.TrimSpace(name) == "" || version == "") {
			t.Errorf("an identity without name or version: %q %q", name, version)
		}
	})
}
