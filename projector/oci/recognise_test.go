package oci

import (
	"bytes"
	"slices"
	"testing"

	"offprint/projector/oci/ocitest"
)

func TestRecognise(t *testing.T) {
	l := ocitest.New()
	image := l.Image("a")
	plain := l.Entries(image.Named("1.3.0"), image.With("annotations", ocitest.Object{"org.opencontainers.image.version": "1.3.0", "io.containerd.image.name": "docker.io/acme/relay:1.3.0", ocitest.RefName: "latest"})).Tar()
	for name, archive := range map[string][]byte{"plain": plain, "gzip": gzipped(plain), "zstd": zstded(t, plain)} {
		got, ok, err := Recognise(bytes.NewReader(archive))
		if err != nil || !ok || !slices.Equal(got.RefNames, []string{"1.3.0", "latest"}) || got.Version != "1.3.0" || got.Image != "docker.io/acme/relay:1.3.0" {
			t.Errorf("%s: %+v %v %v", name, got, ok, err)
		}
	}
	for name, file := range map[string][]byte{"empty": nil, "short": []byte("PK"), "text": bytes.Repeat([]byte("text"), 1000), "docker save": ocitest.Tar(ocitest.File("manifest.json", []byte("[]"))),
		"no index": ocitest.New().Tar(), "broken index": func() []byte { l := ocitest.New(); l.Files["index.json"] = []byte("x"); return l.Tar() }(), "gzip": gzipped([]byte("no"))} {
		if got, ok, err := Recognise(bytes.NewReader(file)); ok || err != nil {
			t.Errorf("%s: %+v %v", name, got, err)
		}
	}
}

func FuzzRecognise(f *testing.F) {
	l := ocitest.New()
	f.Add(l.Entries(l.Image("a").Named("x")).Tar())
	f.Add([]byte{0x1f, 0x8b})
	f.Fuzz(func(t *testing.T, file []byte) {
		if _, _, err := Recognise(bytes.NewReader(file)); err != nil {
			t.Fatal(err)
		}
	})
}
