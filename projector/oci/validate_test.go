package oci

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"offprint/projector"
	"offprint/projector/oci/ocitest"
	"offprint/schema"
)

// file is what is known of an archive before it is read.
func file(version, tag string, store *ocitest.Blobs) projector.File {
	return projector.File{Package: schema.Package{Key: "relay"}, Release: schema.Release{Version: version, Tag: tag}, Blobs: store}
}

// unpack validates an archive of release 1.3.0.
func unpack(t testing.TB, archive []byte) (*Facts, *ocitest.Blobs, error) {
	t.Helper()
	store := &ocitest.Blobs{}
	f, err := validate(t.Context(), bytes.NewReader(archive), file("1.3.0", "latest", store), Limits{}.filled())
	return f, store, err
}

// accepted is unpack of an archive that must be good.
func accepted(t testing.TB, archive []byte) (*Facts, *ocitest.Blobs) {
	t.Helper()
	f, store, err := unpack(t, archive)
	if err != nil {
		t.Fatal(err)
	}
	return f, store
}

// refused is unpack of an archive that must fail with a code, and a reason that
// names something.
func refused(t testing.TB, archive []byte, code string, names ...string) {
	t.Helper()
	_, _, err := unpack(t, archive)
	refusedWith(t, err, code, names...)
}

func refusedWith(t testing.TB, err error, code string, names ...string) {
	t.Helper()
	var failure *projector.Failure
	if !errors.As(err, &failure) || failure.Code != code {
		t.Fatalf("%v, want %s", err, code)
	}
	for _, name := range names {
		if !strings.Contains(failure.Reason, name) {
			t.Errorf("%q does not name %q", failure.Reason, name)
		}
	}
}

// find gives a manifest of the facts.
func (f *Facts) find(digest string) *Manifest {
	for i := range f.Manifests {
		if f.Manifests[i].Digest == digest {
			return &f.Manifests[i]
		}
	}
	return nil
}

// TestFacts compares with the example of the contract: two platforms, one layer.
func TestFacts(t *testing.T) {
	l := ocitest.New()
	amd, arm := l.ImageOn("linux/amd64", "a"), l.ImageOn("linux/arm64", "b")
	index := l.Index(amd.On("linux/amd64"), arm.On("linux/arm64"))
	f, store := accepted(t, l.Entries(index.Named("1.3.0")).Tar())
	if f.Root != index.Digest() || f.Layout.Version != "1.0.0" || len(f.Manifests) != 3 || len(f.External) != 0 || len(f.Warnings) != 0 {
		t.Fatalf("%+v", f)
	}
	if m := f.find(index.Digest()); len(m.Children) != 2 || m.Children[0] != amd.Digest() || len(m.Absent) != 0 {
		t.Errorf("index: %+v", m)
	}
	m := f.find(amd.Digest())
	if m.Platform == nil || m.Platform.Architecture != "amd64" || m.ConfigType != ocitest.Config || len(m.Layers) != 1 {
		t.Errorf("image: %+v", m)
	}
	held := store.Held()
	for i := range f.Blobs {
		if int64(len(held[f.Blobs[i].Key()])) != f.Blobs[i].Size {
			t.Errorf("blob %s is not in the store", f.Blobs[i].Digest)
		}
	}
	if len(f.Blobs) != 6 || len(held) != 9 { // configs, layers, index.json, oci-layout; manifests
		t.Errorf("%d blobs, %d stored", len(f.Blobs), len(held))
	}
	own, err := f.encode(Limits{}.filled())
	const begin = `{"layout":{"version":"1.0.0","index":"sha256:`
	if err != nil || !strings.HasPrefix(string(own), begin) || !strings.HasSuffix(string(own), `"external":[],"warnings":[]}`) {
		t.Errorf("%s %v", own, err)
	}
}

// TestAgain: a second run finds the blobs and comes to the same facts.
func TestAgain(t *testing.T) {
	archive := ocitest.MultiArch("1.3.0")
	f, store := accepted(t, archive)
	commits := store.Commits
	g, err := validate(t.Context(), bytes.NewReader(archive), file("1.3.0", "", store), Limits{}.filled())
	if err != nil {
		t.Fatal(err)
	}
	one, _ := f.encode(Limits{}.filled())
	two, _ := g.encode(Limits{}.filled())
	if !bytes.Equal(one, two) {
		t.Errorf("%s\nthen\n%s", one, two)
	}
	if again := store.Commits - commits; again != 2 { // index.json and oci-layout, whose digests no name tells
		t.Errorf("%d blobs were written again", again)
	}
}

// TestTrouble: what is no fault of the archive is to be tried again.
func TestTrouble(t *testing.T) {
	archive := ocitest.MultiArch("1.3.0")
	fire := errors.New("disk on fire")
	for _, step := range []string{"create", "write", "commit", "open"} {
		store := &ocitest.Blobs{Fail: func(at string) error {
			if at == step {
				return fire
			}
			return nil
		}}
		_, err := validate(t.Context(), bytes.NewReader(archive), file("1.3.0", "", store), Limits{}.filled())
		if !errors.Is(err, fire) {
			t.Errorf("%s: %v", step, err)
		}
	}
	for _, n := range []int{0, 100, 5000} {
		r := io.MultiReader(bytes.NewReader(archive[:n]), failing{fire})
		if _, err := validate(t.Context(), r, file("1.3.0", "", &ocitest.Blobs{}), Limits{}.filled()); err != fire {
			t.Errorf("after %d bytes: %v", n, err)
		}
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
