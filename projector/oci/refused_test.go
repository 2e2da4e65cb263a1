package oci

import (
	"archive/tar"
	"bytes"
	"strings"
	"testing"

	"offprint/projector/oci/ocitest"
)

func TestBrokenArchives(t *testing.T) {
	good := ocitest.MultiArch("1.3.0")
	for name, archive := range map[string][]byte{
		"empty": nil, "text": []byte("this is no archive"), "long text": bytes.Repeat([]byte("this is no archive"), 100),
		"cut": good[:len(good)/2], "gzip of text": gzipped([]byte("no")), "broken gzip": {0x1f, 0x8b, 1, 2, 3, 4}, "broken zstd": append([]byte{0x28, 0xb5, 0x2f, 0xfd}, "xxxxx"...),
	} {
		t.Run(name, func(t *testing.T) { refused(t, archive, codeArchive) })
	}
}

// TestSparseFilesAreRefused: the holes take no room in the archive, so such a
// file could be of any length.
func TestSparseFilesAreRefused(t *testing.T) {
	records := "22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n" + "31 GNU.sparse.realsize=1048576\n"
	var hand bytes.Buffer
	hand.Write(header("pax", 'x', int64(len(records))))
	hand.Write(append([]byte(records), make([]byte, 512-len(records))...))
	hand.Write(header("blobs/sha256/"+strings.Repeat("a", 64), '0', 512))
	hand.Write(append([]byte("1\n0\n1048576\n"), make([]byte, 500)...))
	hand.Write(make([]byte, 1024))
	refused(t, hand.Bytes(), codeArchive, "sparse")
}

// header is a plain tar header.
func header(name string, kind byte, size int64) []byte {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	if err := w.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o644, Size: size, Format: tar.FormatUSTAR}); err != nil {
		panic(err)
	}
	b := out.Bytes()[:512]
	b[156] = kind
	sum := 0
	copy(b[148:156], "        ")
	for _, c := range b {
		sum += int(c)
	}
	copy(b[148:], []byte{byte('0' + sum>>15&7), byte('0' + sum>>12&7), byte('0' + sum>>9&7), byte('0' + sum>>6&7), byte('0' + sum>>3&7), byte('0' + sum&7), 0, ' '})
	return b
}

func TestRefusedLayouts(t *testing.T) {
	for name, tt := range map[string]struct {
		text, code string
	}{
		"not JSON": {"x", codeLayout}, "a list": {"[]", codeLayout}, "no version": {"{}", codeLayout},
		"version 2": {`{"imageLayoutVersion":"2.0.0"}`, codeLayout}, "version 10": {`{"imageLayoutVersion":"10"}`, codeLayout},
		"long": {`{"imageLayoutVersion":"1.0.0","x":"` + strings.Repeat("x", 4<<10) + `"}`, codeLimit},
	} {
		t.Run("oci-layout "+name, func(t *testing.T) {
			l := ocitest.New()
			l.Entries(l.Image("a")).Files["oci-layout"] = []byte(tt.text)
			refused(t, l.Tar(), tt.code)
		})
	}
	for name, text := range map[string]string{
		"not JSON": "x", "schema 1": `{"schemaVersion":1,"manifests":[]}`, "no manifests": `{"schemaVersion":2}`, "no list": `{"schemaVersion":2,"manifests":{}}`,
		"other type": `{"schemaVersion":2,"mediaType":"text/plain","manifests":[{"mediaType":"a","digest":"sha256:` + strings.Repeat("a", 64) + `","size":1}]}`,
		"twice":      `{"schemaVersion":2,"manifests":[],"manifests":[]}`, "twice, in another case": `{"schemaVersion":2,"manifests":[],"Manifests":[]}`,
		"more behind": `{"schemaVersion":2,"manifests":[]}{}`, "cut": `{"schemaVersion":2,"manifests":[`, "not UTF-8": "{\"schemaVersion\":2,\"manifests\":[],\"x\":\"\xff\"}",
		"deep": `{"schemaVersion":2,"manifests":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`, "no digest": `{"schemaVersion":2,"manifests":[{}]}`,
		"bad digest": `{"schemaVersion":2,"manifests":[{"digest":"sha256:../../x"}]}`,
	} {
		t.Run("index.json "+name, func(t *testing.T) {
			l := ocitest.New()
			l.Files["index.json"] = []byte(text)
			refused(t, l.Tar(), codeIndex)
		})
	}
	refused(t, ocitest.New().Tar(), codeIndex, "no index.json")
}

func TestRefusedManifests(t *testing.T) {
	l := ocitest.New()
	config := l.Put(ocitest.Config, []byte("{}"))
	put := func(o ocitest.Object) ocitest.Object { return l.Put(ocitest.Image, ocitest.Encode(o)) }
	for name, tt := range map[string]struct {
		entry ocitest.Object
		code  string
	}{
		"no schemaVersion": {put(ocitest.Object{"config": config}), codeManifest},
		"no config":        {put(ocitest.Object{"schemaVersion": 2}), codeManifest},
		"config w/o hash":  {put(ocitest.Object{"schemaVersion": 2, "config": ocitest.Object{"size": 1}}), codeManifest},
		"not an object":    {l.Put(ocitest.Image, []byte("[1]")), codeManifest},
		"text":             {l.Put(ocitest.Image, []byte("hello")), codeManifest},
		"layers no list":   {put(ocitest.Object{"schemaVersion": 2, "config": config, "layers": 3}), codeManifest},
		"other type":       {put(ocitest.Object{"schemaVersion": 2, "config": config, "mediaType": ocitest.DockerImage}), codeType},
		"schema 1":         {l.Put("application/vnd.docker.distribution.manifest.v1+json", []byte("{}")), codeUnsupported},
		"a mere blob":      {l.Put("text/plain", []byte("hello")), codeUnsupported},
		"lost config":      {put(ocitest.Object{"schemaVersion": 2, "config": config.With("digest", "sha256:"+strings.Repeat("b", 64))}), codeMissing},
		"layer size":       {put(ocitest.Object{"schemaVersion": 2, "config": config.With("size", 3)}), codeSize},
		"inline data":      {put(ocitest.Object{"schemaVersion": 2, "config": config.With("data", []byte("[]"))}), codeDigest},
		"inline size":      {put(ocitest.Object{"schemaVersion": 2, "config": config.With("data", []byte("{ }"))}), codeSize},
	} {
		t.Run(name, func(t *testing.T) { refused(t, l.Entries(tt.entry).Tar(), tt.code) })
	}
	image := l.Image("a")
	refused(t, l.Entries(l.Index(image), l.Index(image.With("mediaType", ocitest.DockerImage))).Tar(), codeType)
	l.Files["blobs/sha256/ABC"] = nil
	refused(t, l.Tar(), codeDigest, "ABC")
}

func TestInlineContent(t *testing.T) {
	l := ocitest.New()
	config := l.Put(ocitest.Config, []byte("{}"))
	image := l.Manifest(ocitest.Image, ocitest.Object{"config": config.With("data", []byte("{}"))})
	f, store := accepted(t, l.Drop(config).Entries(image).Tar())
	if string(store.Held()[config.Digest()[7:]]) != "{}" || len(f.Blobs) != 3 {
		t.Errorf("%+v", f)
	}
}

func TestPlatformMismatch(t *testing.T) {
	for _, tt := range []struct {
		platform, arch string
		ok             bool
	}{
		{"linux", "amd64", true}, {"linux", "x86_64", true}, {"linux", "", true}, {"linux/amd64", "", true}, {"", "aarch64", true},
		{"windows", "amd64", false}, {"linux", "riscv64", false},
	} {
		for name, archive := range map[string][]byte{"index": ocitest.MultiArch("1.3.0"), "config": func() []byte {
			l := ocitest.New()
			return l.Entries(l.Index(l.ImageOn("linux/amd64", "a"), l.ImageOn("linux/arm64", "a"))).Tar()
		}()} {
			in := file("1.3.0", "", &ocitest.Blobs{})
			in.Artifact.Platform, in.Artifact.Arch = tt.platform, tt.arch
			_, err := validate(t.Context(), bytes.NewReader(archive), in, Limits{}.filled())
			if tt.ok && err != nil {
				t.Errorf("%s, %+v: %v", name, tt, err)
			} else if !tt.ok {
				refusedWith(t, err, codePlatform, "linux/arm64")
			}
		}
	}
}

// TestCycles: an index cannot name itself without its digest being another; who
// claims so is found out.
func TestCycles(t *testing.T) {
	l := ocitest.New()
	self := ocitest.Object{"mediaType": ocitest.Index, "digest": "sha256:" + strings.Repeat("c", 64)}
	index := ocitest.Encode(ocitest.Object{"schemaVersion": 2, "manifests": []ocitest.Object{self.With("size", 200)}})
	l.Files[l.Path(self)] = index
	refused(t, l.Entries(self.With("size", len(index))).Tar(), codeDigest, strings.Repeat("c", 64))
}
