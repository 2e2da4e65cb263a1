// Package ocitest makes image layouts for tests: right ones, and ones that are
// wrong in exactly one way.
package ocitest

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// Media types.
const (
	Index        = "application/vnd.oci.image.index.v1+json"
	Image        = "application/vnd.oci.image.manifest.v1+json"
	Config       = "application/vnd.oci.image.config.v1+json"
	Layer        = "application/vnd.oci.image.layer.v1.tar+gzip"
	DockerImage  = "application/vnd.docker.distribution.manifest.v2+json"
	DockerList   = "application/vnd.docker.distribution.manifest.list.v2+json"
	ForeignLayer = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
	RefName      = "org.opencontainers.image.ref.name"
)

// Object is a JSON object: a descriptor, a manifest. Equal ones give equal bytes.
type Object map[string]any

// With is a copy with one more member; nil takes it out.
func (o Object) With(name string, value any) Object {
	out := maps.Clone(o)
	if out[name] = value; value == nil {
		delete(out, name)
	}
	return out
}

// Digest of a descriptor.
func (o Object) Digest() string { return o["digest"].(string) }

// Named is a descriptor with an org.opencontainers.image.ref.name.
func (o Object) Named(name string) Object {
	return o.With("annotations", Object{RefName: name})
}

// On is a descriptor with a platform, "linux/amd64".
func (o Object) On(platform string) Object {
	os, arch, _ := strings.Cut(platform, "/")
	return o.With("platform", Object{"os": os, "architecture": arch})
}

// Layout is the files of a layout.
type Layout struct{ Files map[string][]byte }

// New makes one that has only its oci-layout.
func New() *Layout {
	return &Layout{map[string][]byte{"oci-layout": []byte(`{"imageLayoutVersion":"1.0.0"}`)}}
}

// Encode is how every manifest is written.
func Encode(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return text
}

// Put adds content and describes it.
func (l *Layout) Put(mediaType string, content []byte) Object {
	sum := sha256.Sum256(content)
	name := hex.EncodeToString(sum[:])
	l.Files["blobs/sha256/"+name] = content
	return Object{"mediaType": mediaType, "digest": "sha256:" + name, "size": len(content)}
}

// Put512 is Put under the sha512 of the content.
func (l *Layout) Put512(mediaType string, content []byte) Object {
	sum := sha512.Sum512(content)
	name := hex.EncodeToString(sum[:])
	l.Files["blobs/sha512/"+name] = content
	return Object{"mediaType": mediaType, "digest": "sha512:" + name, "size": len(content)}
}

// Manifest adds a manifest or index; its own mediaType is what it is called.
func (l *Layout) Manifest(mediaType string, o Object) Object {
	return l.Put(mediaType, Encode(o.With("schemaVersion", 2).With("mediaType", mediaType)))
}

// Image adds a linux/amd64 image of layers with these contents.
func (l *Layout) Image(layers ...string) Object { return l.ImageOn("linux/amd64", layers...) }

// Layer adds a layer with one file of this content.
func (l *Layout) Layer(text string) Object { return l.Put(Layer, zipped(FileTar("content", text))) }

func zipped(content []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(content); err != nil {
		panic(err)
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}

// ImageOn adds an image.
func (l *Layout) ImageOn(platform string, layers ...string) Object {
	os, arch, _ := strings.Cut(platform, "/")
	var list []Object
	var diffs []string
	for _, text := range layers {
		sum := sha256.Sum256(FileTar("content", text))
		list, diffs = append(list, l.Layer(text)), append(diffs, "sha256:"+hex.EncodeToString(sum[:]))
	}
	config := l.Put(Config, Encode(Object{"architecture": arch, "os": os, "rootfs": Object{"type": "layers", "diff_ids": diffs}}))
	return l.Manifest(Image, Object{"config": config, "layers": list})
}

// Index adds an index of children.
func (l *Layout) Index(children ...Object) Object {
	return l.Manifest(Index, Object{"manifests": children})
}

// Artifact adds an artifact of a type, about subject unless that is nil.
func (l *Layout) Artifact(artifactType string, subject Object, content string) Object {
	empty := l.Put("application/vnd.oci.empty.v1+json", []byte("{}"))
	o := Object{"artifactType": artifactType, "config": empty, "layers": []Object{l.Put("text/plain", []byte(content))},
		"annotations": Object{"org.opencontainers.image.created": "2026-11-20T10:00:00Z"}}
	if subject != nil {
		o["subject"] = Object{"mediaType": subject["mediaType"], "digest": subject["digest"], "size": subject["size"]}
	}
	return l.Manifest(Image, o)
}

// Entries sets index.json.
func (l *Layout) Entries(entries ...Object) *Layout {
	if entries == nil {
		entries = []Object{}
	}
	l.Files["index.json"] = Encode(Object{"schemaVersion": 2, "manifests": entries})
	return l
}

// Drop removes the content of a descriptor.
func (l *Layout) Drop(d Object) *Layout {
	delete(l.Files, l.Path(d))
	return l
}

// Path is where the content of a descriptor is.
func (l *Layout) Path(d Object) string {
	return "blobs/" + strings.Replace(d.Digest(), ":", "/", 1)
}

// Tar archives the layout, its files in the order of their names.
func (l *Layout) Tar() []byte {
	var entries []Entry
	for _, name := range slices.Sorted(maps.Keys(l.Files)) {
		entries = append(entries, File(name, l.Files[name]))
	}
	return Tar(entries...)
}

// Entry is one of an archive.
type Entry struct {
	tar.Header
	Content []byte
}

// File is a regular file.
func File(name string, content []byte) Entry {
	return Entry{tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(content))}, content}
}

// Tar writes entries.
func Tar(entries ...Entry) []byte {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, e := range entries {
		if err := w.WriteHeader(&e.Header); err != nil {
			panic(err)
		}
		if _, err := w.Write(e.Content); err != nil {
			panic(err)
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}

// FileTar is a layer with one file.
func FileTar(name, text string) []byte { return Tar(File(name, []byte(text))) }

// MultiArch is a usual image: an index of two platforms, each with a layer of
// its own and one that both share.
func MultiArch(version string) []byte {
	l := New()
	amd := l.ImageOn("linux/amd64", "base", "relay "+version+" for amd64")
	arm := l.ImageOn("linux/arm64", "base", "relay "+version+" for arm64")
	return l.Entries(l.Index(amd.On("linux/amd64"), arm.On("linux/arm64")).Named(version)).Tar()
}
