package oci

import (
	"cmp"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"offprint/schema"
)

// node is a manifest or index that index.json leads to.
type node struct {
	*content
	mediaType   types.MediaType
	platform    *v1.Platform // of a descriptor that names it
	attestation bool         // BuildKit's
	depth       int          // of indexes down to here at which it was looked at

	config       string // of an image
	configType   types.MediaType
	layers       []string
	children     []string // of an index; absent ones are not in the archive
	absent       []string
	subject      string
	artifactType string
	annotations  map[string]string
}

func (n *node) isIndex() bool { return n.mediaType.IsIndex() }

// graph is all manifests of an archive.
type graph struct {
	*archive
	nodes    map[string]*node // by digest
	order    []*node          // in which they were found
	top      []v1.Descriptor  // of index.json
	topType  types.MediaType  // its own; "": none
	external []string         // layers that must be fetched elsewhere
	budget   int              // bytes of facts that may still come
}

// walk follows every descriptor from index.json on.
func (g *graph) walk() error {
	text, err := g.load(g.index)
	if err != nil {
		return err
	}
	p, err := g.parse(text, true, indexPath, codeIndex)
	if err != nil {
		return err
	}
	if p.mediaType != "" && !p.mediaType.IsIndex() {
		return reject(codeIndex, "The mediaType of index.json is %s, which is no index.", show(string(p.mediaType)))
	}
	g.top, g.topType = p.index.Manifests, p.mediaType
	if len(g.top) == 0 {
		return reject(codeEmpty, "index.json names nothing.")
	}
	for i := range g.top {
		if err := g.follow(&g.top[i], indexPath, 0); err != nil {
			return err
		}
	}
	return nil
}

// follow checks what a descriptor names, if it is there, and goes on below it.
// depth counts the indexes above.
func (g *graph) follow(d *v1.Descriptor, from string, depth int) error {
	c, err := g.find(d, from)
	if err != nil || c == nil || !d.MediaType.IsIndex() && !d.MediaType.IsImage() {
		return err
	}
	n := g.nodes[d.Digest.String()]
	if n == nil {
		if len(g.order) >= g.limits.manifests {
			return overLimit("Manifests", int64(len(g.order)+1), int64(g.limits.manifests))
		}
		if n, err = g.read(d, c); err != nil {
			return err
		}
	} else if n.mediaType != d.MediaType {
		return reject(codeType, "%s calls %s %s, elsewhere it is %s.", from, d.Digest, show(string(d.MediaType)), show(string(n.mediaType)))
	} else if n.depth >= depth {
		n.describe(d)
		return nil // everything below was looked at from as deep
	}
	n.describe(d)
	n.depth = depth
	return g.below(n, depth)
}

// find gives the content that a descriptor names; nil if it is not in the
// archive. Content that the descriptor holds itself is put into the store.
func (g *graph) find(d *v1.Descriptor, from string) (*content, error) {
	digest := d.Digest.String()
	if len(d.Data) > 0 {
		if d.Size != int64(len(d.Data)) {
			return nil, reject(codeSize, "%s says that %s has %d bytes, its data has %d.", from, digest, d.Size, len(d.Data))
		}
		if err := g.keepInline(d.Data, d.Digest.Algorithm, d.Digest.Hex); err != nil {
			return nil, err
		}
	}
	c := g.blobs[digest]
	if c != nil && c.size != d.Size {
		return nil, reject(codeSize, "%s says that %s has %d bytes, it has %d.", from, digest, d.Size, c.size)
	}
	return c, nil
}

// read reads a manifest and notes what facts need of it.
func (g *graph) read(d *v1.Descriptor, c *content) (*node, error) {
	digest := d.Digest.String()
	if c.size > g.limits.manifest {
		return nil, overLimit("Bytes of the manifest "+digest, c.size, g.limits.manifest)
	}
	text, err := g.load(c)
	if err != nil {
		return nil, err
	}
	p, err := g.parse(text, d.MediaType.IsIndex(), "the manifest "+digest, codeManifest)
	if err != nil {
		return nil, err
	}
	if p.mediaType != "" && p.mediaType != d.MediaType {
		return nil, reject(codeType, "The manifest %s is %s, its descriptor says %s.", digest, show(string(p.mediaType)), show(string(d.MediaType)))
	}
	named := *c
	named.digest = digest
	n := &node{content: &named, mediaType: d.MediaType, depth: -1}
	if err := g.note(n, p); err != nil {
		return nil, err
	}
	g.nodes[digest] = n
	g.order = append(g.order, n)
	return n, nil
}

// note takes over from a manifest what facts keep, within their limit.
func (g *graph) note(n *node, p *parsed) error {
	list, subject := p.descriptors()
	if subject != nil {
		n.subject = subject.Digest.String()
	}
	if p.image != nil {
		n.config, n.configType = p.image.Config.Digest.String(), p.image.Config.MediaType
		n.artifactType, n.annotations = p.image.ArtifactType, p.image.Annotations
		list = list[1:]
		for i := range list {
			n.layers = append(n.layers, list[i].Digest.String())
		}
	} else {
		n.artifactType, n.annotations = p.index.ArtifactType, p.index.Annotations
	}
	if n.subject == "" {
		n.annotations = nil
	}
	cost := 200 + 74*len(list)
	for k, v := range n.annotations {
		cost += len(k) + len(v)
	}
	if g.budget -= cost; g.budget < 0 {
		return overLimit("Bytes of what the index needs of all manifests, at least", int64(g.limits.facts-g.budget), int64(g.limits.facts))
	}
	return g.notePieces(n, p, list)
}

// notePieces checks config and layers, which must be there; children need not
// be. What is below children is looked at later.
func (g *graph) notePieces(n *node, p *parsed, list []v1.Descriptor) error {
	from := "the manifest " + n.digest
	if p.image != nil {
		list = append([]v1.Descriptor{p.image.Config}, list...)
	}
	for i := range list {
		d := &list[i]
		c, err := g.find(d, from)
		if err != nil {
			return err
		}
		digest := d.Digest.String()
		switch {
		case p.index != nil:
			n.children = append(n.children, digest)
			if c == nil {
				n.absent = append(n.absent, digest)
			}
		case i > 0 && !d.MediaType.IsDistributable():
			g.external = append(g.external, digest)
		case c == nil:
			what := "the layer"
			if i == 0 {
				what = "the config"
			}
			return reject(codeMissing, "The archive lacks %s %s, which the manifest %s needs.", what, digest, n.digest)
		}
	}
	if p.index != nil && len(n.absent) == len(n.children) {
		return reject(codeEmpty, "The archive has nothing of what the index %s names.", n.digest)
	}
	return nil
}

// below follows the children of an index. They are read again, so that no more
// than one manifest is in memory for each level.
func (g *graph) below(n *node, depth int) error {
	if !n.isIndex() {
		return nil
	}
	if depth++; depth > g.limits.depth {
		return overLimit("Indexes within indexes", int64(depth), int64(g.limits.depth))
	}
	text, err := g.load(n.content)
	if err != nil {
		return err
	}
	p, err := g.parse(text, true, "the manifest "+n.digest, codeManifest)
	if err != nil {
		return err
	}
	for i := range p.index.Manifests {
		if err := g.follow(&p.index.Manifests[i], "the manifest "+n.digest, depth); err != nil {
			return err
		}
	}
	return nil
}

// describe notes what a descriptor says of what it names.
func (n *node) describe(d *v1.Descriptor) {
	n.platform = cmp.Or(n.platform, d.Platform)
	if d.Platform != nil && d.Platform.OS == "unknown" && d.Platform.Architecture == "unknown" || d.Annotations["vnd.docker.reference.type"] != "" {
		n.attestation = true
	}
}

// schemaPlatform is a platform as the index keeps it.
func schemaPlatform(p *v1.Platform) *schema.OCIPlatform {
	if p == nil {
		return nil
	}
	return &schema.OCIPlatform{Architecture: p.Architecture, OS: p.OS}
}
