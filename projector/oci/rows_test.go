package oci

import (
	"archive/tar"
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"offprint/projector/oci/ocitest"
)

func gzipped(b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write(b)
	_ = w.Close()
	return out.Bytes()
}

func zstded(t testing.TB, b []byte) []byte {
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return w.EncodeAll(b, nil)
}

func TestO16NoMediaTypeAnywhere(t *testing.T) {
	l := ocitest.New()
	config := l.Put(ocitest.Config, []byte("{}"))
	image := l.Put(ocitest.Image, ocitest.Encode(ocitest.Object{"schemaVersion": 2, "config": config, "layers": []ocitest.Object{}}))
	f, _ := accepted(t, l.Entries(image.Named("latest")).Tar())
	if m := f.find(image.Digest()); f.Root != image.Digest() || m.MediaType != ocitest.Image {
		t.Errorf("%+v", f)
	}
}

func TestO17DockerArchive(t *testing.T) {
	refused(t, ocitest.Tar(ocitest.File("manifest.json", []byte("[]")), ocitest.File("abc/layer.tar", nil)), codeDocker,
		"docker buildx build -o type=oci", "skopeo copy docker-archive:")
	l := ocitest.New()
	l.Files["manifest.json"], l.Files["repositories"] = []byte("[]"), []byte("{}")
	accepted(t, l.Entries(l.Image("a").Named("1.3.0")).Tar())
}

func TestO18Folder(t *testing.T) {
	l := ocitest.New()
	l.Entries(l.Image("a"))
	var dotted, nested []ocitest.Entry
	for name, content := range l.Files {
		dotted = append(dotted, ocitest.File("././"+name, content))
		nested = append(nested, ocitest.File("my-image/"+name, content))
	}
	dotted = append(dotted, ocitest.Entry{Header: tar.Header{Name: "./", Typeflag: tar.TypeDir, Mode: 0o755}},
		ocitest.Entry{Header: tar.Header{Name: "./ingest/", Typeflag: tar.TypeDir, Mode: 0o755}})
	accepted(t, ocitest.Tar(dotted...))
	refused(t, ocitest.Tar(nested...), codeNoLayout, `"my-image"`, "tar -C my-image")
	refused(t, ocitest.Tar(ocitest.File("readme", nil)), codeNoLayout)
}

func TestO19DamagedBlobs(t *testing.T) {
	l := ocitest.New()
	image := l.Image("a")
	layer := l.Layer("a") // of the image
	l.Entries(image)
	whole := l.Files[l.Path(layer)]
	l.Files[l.Path(layer)] = append([]byte("!"), whole[1:]...)
	refused(t, l.Tar(), codeDigest, l.Path(layer))
	refused(t, l.Drop(layer).Tar(), codeMissing, layer.Digest(), image.Digest())
	l.Files[l.Path(layer)] = whole
	refused(t, l.Entries(image.With("size", 5)).Tar(), codeSize, image.Digest())
	refused(t, l.Entries(image.With("size", -5)).Tar(), codeSize)
	refused(t, l.Drop(image).Entries(image).Tar(), codeMissing, image.Digest())
	l = ocitest.New()
	l.Put("text/plain", []byte("nothing refers to this"))
	stray := l.Put("text/plain", []byte("nor to this"))
	l.Files[l.Path(stray)] = []byte("that")
	refused(t, l.Entries(l.Image("a")).Tar(), codeDigest, stray.Digest()[7:])
}

func TestO20Sparse(t *testing.T) {
	l := ocitest.New()
	amd, arm := l.ImageOn("linux/amd64", "a"), l.ImageOn("linux/arm64", "b")
	index := l.Index(amd.On("linux/amd64"), arm.On("linux/arm64"))
	l.Entries(index)
	f, _ := accepted(t, l.Drop(arm).Tar())
	if m := f.find(index.Digest()); f.Root != index.Digest() || len(m.Absent) != 1 || m.Absent[0] != arm.Digest() || f.find(arm.Digest()) != nil {
		t.Errorf("%+v", f)
	}
	refused(t, l.Drop(amd).Tar(), codeEmpty, index.Digest())
	refused(t, ocitest.New().Entries().Tar(), codeEmpty)
}

func TestO21TwoTopLevelManifests(t *testing.T) {
	l := ocitest.New()
	a, b := l.ImageOn("linux/amd64", "a"), l.ImageOn("linux/arm64", "b")
	f, _ := accepted(t, l.Entries(a.On("linux/amd64"), b.On("linux/arm64")).Tar())
	if m := f.find(f.Root); f.Root != f.Layout.Index || m == nil || m.MediaType != ocitest.Index || len(m.Children) != 2 {
		t.Errorf("with platforms: %+v", f)
	}
	for _, name := range []string{"1.3.0", "docker.io/acme/relay:1.3.0"} {
		if f, _ := accepted(t, l.Entries(a.Named("1.2.0"), b.Named(name)).Tar()); f.Root != b.Digest() {
			t.Errorf("%s: %+v", name, f)
		}
	}
	if f, _ := accepted(t, l.Entries(a.Named("latest"), b.Named("1.2.0")).Tar()); f.Root != a.Digest() || len(f.Warnings) != 1 {
		t.Errorf("by tag: %+v", f)
	}
	if f, _ := accepted(t, l.Entries(a.Named("one"), a.Named("two")).Tar()); f.Root != a.Digest() ||
		f.Warnings[0] != "OCI_REF_NAME_DIFFERS: index.json says one" {
		t.Errorf("one digest, two names: %+v", f)
	}
	refused(t, l.Entries(a, b).Tar(), codeAmbiguous, a.Digest(), b.Digest())
	refused(t, l.Entries(a.Named("1.3.0"), b.Named("1.3.0")).Tar(), codeAmbiguous, "1.3.0")
}

func TestO22Limits(t *testing.T) {
	nested := func(depth int) []byte {
		l := ocitest.New()
		d := l.Image("a")
		for range depth {
			d = l.Index(d)
		}
		return l.Entries(d).Tar()
	}
	if f, _ := accepted(t, nested(8)); len(f.Manifests) != 9 {
		t.Errorf("%d manifests", len(f.Manifests))
	}
	refused(t, nested(9), codeLimit, "9", "8")

	l := ocitest.New()
	big := l.Manifest(ocitest.Image, ocitest.Object{"config": l.Put(ocitest.Config, []byte("{}")), "annotations": ocitest.Object{"x": strings.Repeat("x", 4<<20)}})
	refused(t, l.Entries(big).Tar(), codeLimit, big.Digest(), "4194304")

	var many []ocitest.Entry
	for i := range 4097 {
		many = append(many, ocitest.File(fmt.Sprint("x", i), nil))
	}
	refused(t, ocitest.Tar(many...), codeLimit, "4097", "4096")

	limits := Limits{Total: 1 << 20, Layer: 1 << 19}.filled()
	bomb := gzipped(ocitest.Tar(ocitest.File("zeros", make([]byte, 2<<20))))
	_, err := validate(t.Context(), bytes.NewReader(bomb), file("1.3.0", "", &ocitest.Blobs{}), limits)
	refusedWith(t, err, codeLimit, "1048576")
	l = ocitest.New()
	layer := l.Put(ocitest.Layer, make([]byte, 1<<20))
	_, err = validate(t.Context(), bytes.NewReader(l.Tar()), file("1.3.0", "", &ocitest.Blobs{Fail: noWrite(t)}), limits)
	refusedWith(t, err, codeLimit, l.Path(layer), "524288")
}

// noWrite fails the test if anything as large as a layer is written.
func noWrite(t testing.TB) func(string) error {
	return func(step string) error {
		if step == "commit" {
			t.Error("something was stored")
		}
		return nil
	}
}

func TestO22ManyDescriptors(t *testing.T) {
	l := ocitest.New()
	l.Files["index.json"] = []byte(`{"schemaVersion":2,"manifests":[` + strings.Repeat(`{},`, 1_000_000) + `{}]}`)
	refused(t, l.Tar(), codeLimit, "1000001", "4096")
	l = ocitest.New()
	var list []ocitest.Object
	for i := range 513 {
		list = append(list, l.Image(fmt.Sprint(i)))
	}
	refused(t, l.Entries(l.Index(list...)).Tar(), codeLimit, "513", "512")
	l = ocitest.New()
	layer := l.Put(ocitest.Layer, []byte("x"))
	var images []ocitest.Object
	for i := range 400 {
		layers := make([]ocitest.Object, 100)
		for n := range layers {
			layers[n] = layer
		}
		images = append(images, l.Manifest(ocitest.Image, ocitest.Object{"config": l.Put(ocitest.Config, fmt.Appendf(nil, "%d", i)), "layers": layers}))
	}
	refused(t, l.Entries(l.Index(images...)).Tar(), codeLimit, "901120")
}

func TestO23Paths(t *testing.T) {
	l := ocitest.New()
	l.Entries(l.Image("a"))
	archive := func(more ...ocitest.Entry) []byte {
		entries := more
		for name, content := range l.Files {
			entries = append(entries, ocitest.File(name, content))
		}
		return ocitest.Tar(entries...)
	}
	for _, name := range []string{"../x", "/etc/passwd", "blobs/../../x", `blobs\x`, "a/../b", strings.Repeat("x", 513), "\xff\xfe"} {
		refused(t, archive(ocitest.File(name, []byte("x"))), codePath)
	}
	digest := strings.Repeat("a", 64)
	for _, kind := range []byte{tar.TypeSymlink, tar.TypeLink, tar.TypeChar, tar.TypeBlock, tar.TypeFifo} {
		for _, name := range []string{"blobs/sha256/" + digest, "index.json", "oci-layout"} {
			refused(t, archive(ocitest.Entry{Header: tar.Header{Name: name, Typeflag: kind, Linkname: "x"}}), codeLink, name)
		}
		accepted(t, archive(ocitest.Entry{Header: tar.Header{Name: "elsewhere", Typeflag: kind, Linkname: "/etc/passwd"}}))
	}
	refused(t, archive(ocitest.File("index.json", []byte("{}"))), codeDuplicate, "index.json")
	accepted(t, archive(ocitest.File("index.json", l.Files["index.json"]), ocitest.File("._index.json", []byte("x")), ocitest.File("blobs/sha256/._x", nil)))
}

func TestO24Algorithms(t *testing.T) {
	l := ocitest.New()
	config, layer := l.Put512(ocitest.Config, []byte("{}")), l.Put512(ocitest.Layer, []byte("layer"))
	image := l.Put512(ocitest.Image, ocitest.Encode(ocitest.Object{"schemaVersion": 2, "mediaType": ocitest.Image, "config": config, "layers": []ocitest.Object{layer}}))
	f, store := accepted(t, l.Entries(image).Tar())
	m := f.find(image.Digest())
	if m == nil || f.Root != image.Digest() || len(m.SHA256) != 64 || store.Held()[m.SHA256] == nil {
		t.Fatalf("%+v", f)
	}
	l.Files[l.Path(layer)] = []byte("other")
	refused(t, l.Tar(), codeDigest, l.Path(layer))

	l = ocitest.New()
	blake := ocitest.Object{"mediaType": ocitest.Layer, "digest": "blake3:" + strings.Repeat("a", 64), "size": 1}
	l.Files["blobs/blake3/aa"] = []byte("ignored unless something names it")
	accepted(t, l.Entries(l.Image("a")).Tar())
	image = l.Manifest(ocitest.Image, ocitest.Object{"config": l.Put(ocitest.Config, nil), "layers": []ocitest.Object{blake}})
	refused(t, l.Entries(image).Tar(), codeAlgorithm, "blake3:")
	refused(t, l.Entries(blake).Tar(), codeAlgorithm, "blake3:")
	both := l.Manifest(ocitest.Image, ocitest.Object{"config": l.Put(ocitest.Config, nil), "layers": []ocitest.Object{}, "manifests": []ocitest.Object{}})
	refused(t, l.Entries(both).Tar(), codeManifest, "both layers and manifests")
}

func TestO25ForeignLayers(t *testing.T) {
	l := ocitest.New()
	foreign := l.Put(ocitest.ForeignLayer, []byte("windows"))
	image := l.Manifest(ocitest.DockerImage, ocitest.Object{"config": l.Put(ocitest.Config, nil), "layers": []ocitest.Object{foreign}})
	l.Entries(image)
	f, _ := accepted(t, l.Tar())
	if len(f.External) != 1 {
		t.Errorf("with bytes: %+v", f)
	}
	f, _ = accepted(t, l.Drop(foreign).Tar())
	if len(f.External) != 1 || f.External[0] != foreign.Digest() {
		t.Errorf("without bytes: %+v", f)
	}
	for i := range f.Blobs {
		if f.Blobs[i].Digest == foreign.Digest() {
			t.Error("the absent layer is listed")
		}
	}
}

func TestO26Referrers(t *testing.T) {
	l := ocitest.New()
	chart := l.Artifact("application/vnd.example.chart", nil, "chart")
	sbom := l.Artifact("application/vnd.example.sbom.v1", chart, "sbom")
	f, _ := accepted(t, l.Entries(chart, sbom).Tar())
	m := f.find(sbom.Digest())
	if f.Root != chart.Digest() || m.Subject != chart.Digest() || m.ArtifactType != "application/vnd.example.sbom.v1" || len(m.Annotations) != 1 {
		t.Errorf("%+v", f)
	}
	l = ocitest.New()
	elsewhere := ocitest.New().Image("elsewhere")
	f, _ = accepted(t, l.Entries(l.Artifact("a/b", elsewhere, "x")).Tar())
	if f.Root != "" || len(f.Manifests) != 1 {
		t.Errorf("referrers only: %+v", f)
	}
}

func TestO28Attestations(t *testing.T) {
	l := ocitest.New()
	amd := l.Image("a")
	about := l.Artifact("", nil, "provenance")
	index := l.Index(amd.On("linux/amd64"), about.On("unknown/unknown").With("annotations", ocitest.Object{"vnd.docker.reference.type": "attestation-manifest"}))
	f, _ := accepted(t, l.Entries(index.Named("1.3.0"), index.Named("latest")).Tar())
	if !f.find(about.Digest()).Attestation || f.find(amd.Digest()).Attestation || f.Root != index.Digest() {
		t.Errorf("%+v", f)
	}
}

func TestCompressions(t *testing.T) {
	plain := ocitest.MultiArch("1.3.0")
	want, _ := accepted(t, plain)
	for name, archive := range map[string][]byte{"gzip": gzipped(plain), "zstd": zstded(t, plain)} {
		if f, _ := accepted(t, archive); f.Root != want.Root {
			t.Errorf("%s: %+v", name, f)
		}
		refused(t, archive[:len(archive)/2], codeArchive)
	}
}
