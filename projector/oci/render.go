package oci

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/v1/types"

	"offprint/schema"
)

// Render implements projector.Engine.RenderAll: the inventory of all layouts of
// a release, and the schema.OCIAttr with the root.
func Render(_ schema.Package, r schema.Release, files []schema.Artifact) ([]byte, any, bool, error) {
	attr := schema.OCIAttr{Release: r.ID, Version: r.Version, Available: r.Created}
	if schema.OCITag(r.Tag) {
		attr.Tag = r.Tag
	}
	var all schema.OCIInventory
	var best *rooted
	for i := range files {
		if len(files[i].Facts) == 0 || !IsLayout(files[i].Filename, files[i].Filetype) {
			continue
		}
		var f Facts
		if err := json.Unmarshal(files[i].Facts, &f); err != nil {
			return nil, nil, false, fmt.Errorf("facts of artifact %s: %w", files[i].ID, err)
		}
		if len(f.Blobs) == 0 {
			continue // processed before the package had this engine
		}
		own := f.inventory()
		all.Manifests, all.Blobs = append(all.Manifests, own.Manifests...), append(all.Blobs, own.Blobs...)
		if next := f.rooted(&files[i]); next.before(best) {
			best = next
		}
		if r.Published != 0 && best == nil {
			attr.Available = max(r.Published, files[i].Processed)
		}
	}
	if len(all.Blobs) == 0 {
		return nil, nil, false, nil
	}
	if best != nil {
		attr.Root = best.digest
		if r.Published != 0 {
			attr.Available = max(r.Published, best.artifact.Processed)
		}
	}
	body, err := json.Marshal(merged(all))
	return body, attr, true, err
}

// rooted is a root that a release may have.
type rooted struct {
	digest   string
	index    bool
	artifact *schema.Artifact
}

func (f *Facts) rooted(a *schema.Artifact) *rooted {
	for i := range f.Manifests {
		if m := &f.Manifests[i]; m.Digest == f.Root {
			return &rooted{m.Digest, types.MediaType(m.MediaType).IsIndex(), a}
		}
	}
	return nil
}

// before says which of two roots a release has: an index comes before a single
// manifest, then the newest artifact, then the larger id.
func (x *rooted) before(y *rooted) bool {
	switch {
	case x == nil || y == nil:
		return x != nil
	case x.index != y.index:
		return x.index
	case x.artifact.Created != y.artifact.Created:
		return x.artifact.Created > y.artifact.Created
	}
	return x.artifact.ID > y.artifact.ID
}

// inventory is what serving needs of the facts.
func (f *Facts) inventory() (out schema.OCIInventory) {
	for i := range f.Manifests {
		m := &f.Manifests[i]
		x := schema.OCIManifest{OCIBlob: schema.OCIBlob{Digest: m.Digest, Size: m.Size, SHA256: m.SHA256}, MediaType: m.MediaType,
			Index: types.MediaType(m.MediaType).IsIndex(), Platform: schemaPlatform(m.Platform), Attestation: m.Attestation,
			Children: m.Children, Subject: m.Subject}
		if m.Subject != "" {
			x.ArtifactType, x.Annotations = m.ArtifactType, m.Annotations
			if x.ArtifactType == "" && !x.Index {
				x.ArtifactType = m.ConfigType
			}
		}
		out.Manifests = append(out.Manifests, x)
	}
	out.Blobs = f.Blobs
	return out
}

// merged has each digest once, in order. What one layout knows as a manifest is
// no mere blob.
func merged(all schema.OCIInventory) (out schema.OCIInventory) {
	slices.SortStableFunc(all.Manifests, func(a, b schema.OCIManifest) int { return strings.Compare(a.Digest, b.Digest) })
	out.Manifests = slices.CompactFunc(all.Manifests, func(a, b schema.OCIManifest) bool { return a.Digest == b.Digest })
	manifest := map[string]bool{}
	for i := range out.Manifests {
		manifest[out.Manifests[i].Digest] = true
	}
	slices.SortStableFunc(all.Blobs, func(a, b schema.OCIBlob) int { return strings.Compare(a.Digest, b.Digest) })
	for i := range all.Blobs {
		b := &all.Blobs[i]
		if !manifest[b.Digest] && (len(out.Blobs) == 0 || out.Blobs[len(out.Blobs)-1].Digest != b.Digest) {
			out.Blobs = append(out.Blobs, *b)
		}
	}
	return out
}
