package logtest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// LayoutDigests are those that made-up layouts are made of. Every content has
// LayoutSize bytes.
func LayoutDigests() (list []string) {
	for _, kind := range []string{"image", "index", "about", "layer", "config"} {
		for n := range layouts {
			list = append(list, layoutDigest(kind, n))
		}
	}
	return list
}

// LayoutSize is the size of all content of made-up layouts.
const LayoutSize = 1024

// layouts is how many there are of each kind of content: few, so that releases
// share them.
const layouts = 3

func layoutDigest(kind string, n int) string {
	sum := sha256.Sum256(fmt.Append(nil, kind, n))
	return "sha256:" + hex.EncodeToString(sum[:])
}

func (f *file) isLayout() bool {
	return f.release.pkg.engine == "oci" && strings.HasSuffix(f.name, ".tar")
}

// layout is what the OCI engine finds in a layout: an image, an index of two, or
// something about an image and no root.
func (w *World) layout() string {
	n := w.pick(layouts)
	next := (n + 1) % layouts
	var root string
	var manifests, blobs []string
	image := func(n int) {
		manifests = append(manifests, fmt.Sprintf(`{"digest":%q,"mediaType":"application/vnd.oci.image.manifest.v1+json","size":%d,"platform":{"architecture":"amd64","os":"linux"},"config":%q,"layers":[%q]}`,
			layoutDigest("image", n), LayoutSize, layoutDigest("config", n), layoutDigest("layer", n)))
		for _, kind := range []string{"config", "layer"} {
			blobs = append(blobs, fmt.Sprintf(`{"digest":%q,"size":%d}`, layoutDigest(kind, n), LayoutSize))
		}
	}
	switch w.pick(3) {
	case 0:
		root = layoutDigest("image", n)
		image(n)
	case 1:
		root = layoutDigest("index", n)
		image(n)
		image(next)
		manifests = append(manifests, fmt.Sprintf(`{"digest":%q,"mediaType":"application/vnd.oci.image.index.v1+json","size":%d,"children":[%q,%q],"absent":[]}`,
			root, LayoutSize, layoutDigest("image", n), layoutDigest("image", next)))
	default:
		manifests = append(manifests, fmt.Sprintf(`{"digest":%q,"mediaType":"application/vnd.oci.image.manifest.v1+json","size":%d,"config":%q,"layers":[],"subject":%q,"artifactType":"a/b"}`,
			layoutDigest("about", n), LayoutSize, layoutDigest("config", n), layoutDigest("image", n)))
		blobs = append(blobs, fmt.Sprintf(`{"digest":%q,"size":%d}`, layoutDigest("config", n), LayoutSize))
	}
	return fmt.Sprintf(`,"layout":{"version":"1.0.0","index":%[1]q,"marker":%[1]q},"root":%[2]q,"manifests":[%[3]s],"blobs":[%[4]s],"external":[]`,
		layoutDigest("layer", 0), root, strings.Join(manifests, ","), strings.Join(blobs, ","))
}
