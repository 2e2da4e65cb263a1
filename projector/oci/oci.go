// Package oci is the engine of container images, and of everything else that is
// kept like them: it validates an image layout in a tar archive
// (https://github.com/opencontainers/image-spec/blob/main/image-layout.md),
// takes it apart into blobs, and notes what tags, references and referrers need.
//
// [Validate] reads the archive once, front to back; its entries may come in any
// order. A file blobs/sha256/<hex> names the place of its bytes, so they go
// there while they are hashed, and are dropped if they are others. Then the
// manifests are read back, one after the other, from index.json on ([graph]).
// Memory is bounded by one manifest, whatever the archive claims.
//
// Nothing that was unpacked is seen by anybody before the facts are in the log;
// a second run over the same bytes finds the blobs and comes to the same facts.
package oci

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"offprint/projector"
	"offprint/schema"
)

// Limits bound one archive.
type Limits struct {
	Layer int64 // bytes of one blob; 0: 5 GiB
	Total int64 // bytes of the archive after decompression; 0: 20 GiB

	manifest  int64 // bytes of a manifest, an index, or index.json
	marker    int64 // bytes of oci-layout
	entries   int   // of the archive, and descriptors of one manifest
	manifests int
	depth     int // of indexes within indexes
	facts     int // bytes
}

func (l Limits) filled() Limits {
	if l.Layer == 0 {
		l.Layer = 5 << 30
	}
	if l.Total == 0 {
		l.Total = 20 << 30
	}
	l.manifest, l.marker, l.entries, l.manifests, l.depth = 4<<20, 4<<10, 4096, 512, 8
	l.facts = 880 << 10 // travel in one event, which has 1 MiB at most
	return l
}

// Engine is the OCI engine: a release shows what all its layouts hold together.
func Engine(limits Limits) projector.Engine {
	limits = limits.filled()
	return projector.Engine{Key: schema.OCIEngine, Claims: IsLayout, RenderAll: Render, Blobs: unpackedBlobs,
		Validate: func(ctx context.Context, r io.Reader, in projector.File) (json.RawMessage, error) {
			facts, err := validate(ctx, r, in, limits)
			var own json.RawMessage
			if err == nil {
				own, err = facts.encode(limits)
			}
			var failure *projector.Failure
			if errors.As(err, &failure) {
				return nil, failure
			}
			return own, err
		}}
}

// IsLayout reports whether a file of an OCI package is an image layout: by its
// name, else by its filetype. How it is compressed shows in its bytes.
func IsLayout(filename, filetype string) bool {
	name := strings.ToLower(filename)
	for _, end := range [...]string{".tar", ".tar.gz", ".tgz", ".tar.zst", ".oci"} {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return strings.EqualFold(filetype, "tar")
}

// validate unpacks an archive and gives its facts. A *projector.Failure means
// that the archive is bad; another error is trouble with reading or storing, to
// be tried again.
func validate(ctx context.Context, r io.Reader, in projector.File, limits Limits) (*Facts, error) {
	src := &source{ctx: ctx, r: r}
	a := &archive{ctx: ctx, store: in.Blobs, limits: limits, blobs: map[string]*content{}, seen: map[string]string{}, algorithms: map[string]string{}}
	err := a.read(src)
	if src.err != nil {
		return nil, src.err
	}
	if err != nil {
		return nil, err
	}
	g := &graph{archive: a, nodes: map[string]*node{}, budget: limits.facts}
	if err := g.walk(); err != nil {
		return nil, err
	}
	root, warnings, err := g.root(in)
	if err != nil {
		return nil, err
	}
	if root != nil {
		if err := g.checkPlatform(root, in.Artifact.Platform, in.Artifact.Arch); err != nil {
			return nil, err
		}
	}
	return g.facts(root, warnings), nil
}
