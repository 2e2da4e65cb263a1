package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

const (
	demoImageKey = "hello-image"
	demoGreeting = "Hello from an image that Offprint keeps for license holders.\n"
)

// publishImage publishes the image of the demo.
func (c *demoCmd) publishImage(ctx context.Context, api *client, product resource) error {
	pkg, err := api.ensure(ctx, demoAccount, "packages", demoImageKey,
		map[string]any{"name": "Hello image", "key": demoImageKey, "engine": "oci"}, relations{"product": product})
	if err != nil {
		return err
	}
	layout, err := demoLayout()
	if err != nil {
		return err
	}
	return demoRelease(ctx, api, relations{"product": product, "package": pkg}, "hello-image.tar", layout)
}

// explainImage prints alternatives, one a line: each works when it is pasted, if
// its program is there.
func (c *demoCmd) explainImage(con *console, base, key string) {
	host := strings.TrimPrefix(base, "http://")
	image := host + "/" + demoAccount + "/" + demoImageKey + ":latest"
	fmt.Fprintf(con.out, `
Pull the image, with whichever of these is there:

	skopeo --insecure-policy copy --all --src-tls-verify=false --src-creds license:%[2]s docker://%[3]s oci:hello-image
	crane auth login %[1]s -u license -p %[2]s && crane pull %[3]s hello-image.tar
	docker login %[1]s -u license -p %[2]s && docker run --rm %[3]s
`, host, key, image)
}

// layoutFiles are those of an image layout, in the order of the archive
// (https://github.com/opencontainers/image-spec/blob/main/image-layout.md).
type layoutFiles struct {
	names []string
	texts map[string][]byte
}

func (l *layoutFiles) add(name string, text []byte) {
	if l.texts[name] == nil {
		l.names = append(l.names, name)
	}
	l.texts[name] = text
}

// put adds a blob and describes it.
func (l *layoutFiles) put(kind types.MediaType, text []byte) v1.Descriptor {
	sum := sha256.Sum256(text)
	h := v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(sum[:])}
	l.add("blobs/sha256/"+h.Hex, text)
	return v1.Descriptor{MediaType: kind, Size: int64(len(text)), Digest: h}
}

// putJSON is put of a document.
func (l *layoutFiles) putJSON(kind types.MediaType, doc any) (v1.Descriptor, error) {
	text, err := json.Marshal(doc)
	return l.put(kind, text), err
}

// demoLayout is an image for two platforms. Equal programs give equal bytes.
func demoLayout() ([]byte, error) {
	l := &layoutFiles{texts: map[string][]byte{}}
	index := v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex}
	for _, arch := range []string{"amd64", "arm64"} {
		image, err := l.image(arch)
		if err != nil {
			return nil, err
		}
		image.Platform = &v1.Platform{OS: "linux", Architecture: arch}
		index.Manifests = append(index.Manifests, image)
	}
	top, err := l.putJSON(types.OCIImageIndex, index)
	if err != nil {
		return nil, err
	}
	top.Annotations = map[string]string{"org.opencontainers.image.ref.name": demoVersion}
	text, err := json.Marshal(v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex, Manifests: []v1.Descriptor{top}})
	if err != nil {
		return nil, err
	}
	l.add("index.json", text)
	l.add("oci-layout", []byte(`{"imageLayoutVersion":"1.0.0"}`))
	return archived(l.names, 0o644, func(name string) []byte { return l.texts[name] })
}

// image adds one of a single layer, with a single program.
func (l *layoutFiles) image(arch string) (v1.Descriptor, error) {
	plain, err := archived([]string{"hello"}, 0o755, func(string) []byte { return demoProgram(arch) })
	if err != nil {
		return v1.Descriptor{}, err
	}
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	if _, err := w.Write(plain); err != nil {
		return v1.Descriptor{}, err
	}
	if err := w.Close(); err != nil {
		return v1.Descriptor{}, err
	}
	sum := sha256.Sum256(plain)
	config, err := l.putJSON(types.OCIConfigJSON, v1.ConfigFile{Architecture: arch, OS: "linux", Config: v1.Config{Entrypoint: []string{"/hello"}},
		RootFS: v1.RootFS{Type: "layers", DiffIDs: []v1.Hash{{Algorithm: "sha256", Hex: hex.EncodeToString(sum[:])}}}})
	if err != nil {
		return v1.Descriptor{}, err
	}
	return l.putJSON(types.OCIManifestSchema1, v1.Manifest{SchemaVersion: 2, MediaType: types.OCIManifestSchema1, Config: config,
		Layers: []v1.Descriptor{l.put(types.OCILayer, zipped.Bytes())}})
}

// archived is a tar of files.
func archived(names []string, mode int64, text func(name string) []byte) ([]byte, error) {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, name := range names {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: mode, Size: int64(len(text(name)))}); err != nil {
			return nil, err
		}
		if _, err := w.Write(text(name)); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// demoProgram is a whole Linux program that prints the greeting: an ELF header,
// one segment, two system calls (write, exit).
func demoProgram(arch string) []byte {
	size := byte(len(demoGreeting))
	machine, code := uint16(0x3e), []byte{0xb8, 1, 0, 0, 0, 0xbf, 1, 0, 0, 0, 0x48, 0x8d, 0x35, 16, 0, 0, 0, 0xba, size, 0, 0, 0, 0x0f, 0x05, 0xb8, 60, 0, 0, 0, 0x31, 0xff, 0x0f, 0x05}
	if arch == "arm64" {
		machine, code = 0xb7, nil
		for _, word := range []uint32{0xd2800020, 0x100000e1, 0xd2800002 | uint32(size)<<5, 0xd2800808, 0xd4000001, 0xd2800000, 0xd2800ba8, 0xd4000001} {
			code = binary.LittleEndian.AppendUint32(code, word)
		}
	}
	const base, head = 0x400000, 64 + 56
	length := uint64(head + len(code) + len(demoGreeting))
	out := []byte{0x7f, 'E', 'L', 'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	u16, u32, u64 := binary.LittleEndian.AppendUint16, binary.LittleEndian.AppendUint32, binary.LittleEndian.AppendUint64
	out = u32(u16(u16(out, 2), machine), 1)
	out = u64(u64(u64(out, base+head), 64), 0)
	out = u32(out, 0)
	for _, n := range []uint16{64, 56, 1, 0, 0, 0} {
		out = u16(out, n)
	}
	out = u32(u32(out, 1), 5) // loaded, readable and executable
	for _, n := range []uint64{0, base, base, length, length, 0x10000} {
		out = u64(out, n)
	}
	return append(append(out, code...), demoGreeting...)
}
