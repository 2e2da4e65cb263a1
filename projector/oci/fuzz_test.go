package oci

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"offprint/projector"
	"offprint/projector/oci/ocitest"
)

// FuzzValidate: whatever the archive, the same verdict twice, nothing but
// failures, and facts that name only what is in the store.
func FuzzValidate(f *testing.F) {
	l := ocitest.New()
	l.Entries(l.Image("a"))
	f.Add([]byte{})
	f.Add(l.Tar())
	f.Add(gzipped(l.Tar()))
	f.Add(ocitest.Tar(ocitest.File("../x", nil), ocitest.File("manifest.json", []byte("[]"))))
	f.Add(header("blobs/sha256/aa", 'S', 512))
	limits := Limits{Layer: 1 << 20, Total: 4 << 20}.filled()
	f.Fuzz(func(t *testing.T, archive []byte) {
		store := &ocitest.Blobs{}
		facts, err := validate(t.Context(), bytes.NewReader(archive), file("1.3.0", "", store), limits)
		_, again := validate(t.Context(), bytes.NewReader(archive), file("1.3.0", "", store), limits)
		var failure *projector.Failure
		switch {
		case (err == nil) != (again == nil) || err != nil && err.Error() != again.Error():
			t.Fatalf("not the same twice: %v, %v", err, again)
		case err != nil && !errors.As(err, &failure):
			t.Fatalf("trouble without trouble: %v", err)
		case err == nil:
			complete(t, facts, store)
		}
	})
}

// FuzzIndex puts any bytes in the place of index.json, and of a manifest.
func FuzzIndex(f *testing.F) {
	for _, s := range []string{`{"schemaVersion":2,"manifests":[]}`, `{"schemaVersion":2,"config":{"digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2}}`,
		`{"a":{"annotations":{"b":1,"B":2}}}`, `{"layers":[],"manifests":[],"schemaVersion":2.0}`} {
		f.Add([]byte(s))
	}
	limits := Limits{}.filled()
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := inspect(text)
		if err == nil && (!json.Valid(text) || d.members == nil) {
			t.Fatalf("accepted what is no JSON: %q", text)
		}
		for _, build := range []func(l *ocitest.Layout){
			func(l *ocitest.Layout) { l.Files["index.json"] = text },
			func(l *ocitest.Layout) { l.Entries(l.Put(ocitest.Image, text)) },
			func(l *ocitest.Layout) { l.Entries(l.Put(ocitest.Index, text)) },
		} {
			l, store := ocitest.New(), &ocitest.Blobs{}
			l.Put(ocitest.Config, []byte("{}"))
			build(l)
			facts, err := validate(t.Context(), bytes.NewReader(l.Tar()), file("1.3.0", "", store), limits)
			var failure *projector.Failure
			if err != nil && !errors.As(err, &failure) {
				t.Fatal(err)
			} else if err == nil {
				complete(t, facts, store)
			}
		}
	})
}

// complete checks that the store has everything that facts name.
func complete(t *testing.T, facts *Facts, store *ocitest.Blobs) {
	t.Helper()
	text, err := facts.encode(Limits{}.filled())
	if err != nil {
		t.Fatal(err)
	}
	list, err := unpackedBlobs(text)
	if err != nil {
		t.Fatal(err)
	}
	held := store.Held()
	for _, b := range list {
		if content, ok := held[b.SHA256]; !ok || int64(len(content)) != b.Size {
			t.Fatalf("%s of %d bytes is not there: %s", b.SHA256, b.Size, text)
		}
	}
}
