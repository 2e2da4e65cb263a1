package oci

import (
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/v1/types"

	"offprint/projector"
)

// refName is how index.json names an entry
// (https://github.com/opencontainers/image-spec/blob/main/annotations.md).
const refName = "org.opencontainers.image.ref.name"

// candidate is an entry of index.json that may be the root.
type candidate struct {
	digest   string
	node     *node // nil: not in the archive
	names    []string
	platform string
}

// root chooses the manifest or index that a release's tag and version stand
// for; nil if the archive holds referrers only.
func (g *graph) root(in projector.File) (*node, []string, error) {
	list, referrers := g.candidates()
	switch {
	case len(list) == 0 && referrers:
		return nil, nil, nil
	case len(list) == 0:
		return nil, nil, reject(codeUnsupported, "index.json names no image and no index, but %s.", show(string(g.top[0].MediaType)))
	}
	one := choose(list, in.Release.Version, in.Release.Tag)
	if one == nil {
		if g.platforms(list) {
			n, err := g.indexAsRoot(list)
			return n, nil, err
		}
		return nil, nil, ambiguous(list)
	}
	if one.node == nil {
		return nil, nil, reject(codeMissing, "The archive lacks the manifest %s, which index.json names.", one.digest)
	}
	return one.node, refWarnings(one, in.Release.Version), nil
}

// candidates are the entries that are manifests or indexes and about nothing
// else, one for each digest. referrers says that some were left out.
func (g *graph) candidates() (list []*candidate, referrers bool) {
	byDigest := map[string]*candidate{}
	for i := range g.top {
		d := &g.top[i]
		if !d.MediaType.IsImage() && !d.MediaType.IsIndex() {
			continue
		}
		digest := d.Digest.String()
		n := g.nodes[digest]
		if n != nil && n.subject != "" {
			referrers = true
			continue
		}
		c := byDigest[digest]
		if c == nil {
			c = &candidate{digest: digest, node: n}
			byDigest[digest], list = c, append(list, c)
		}
		if name := d.Annotations[refName]; name != "" {
			c.names = append(c.names, name)
		}
		if d.Platform != nil {
			c.platform = d.Platform.String()
		}
	}
	return list, referrers
}

// choose gives the only candidate, the only one that is named like the version,
// or the only one named like the tag.
func choose(list []*candidate, version, tag string) *candidate {
	if len(list) == 1 {
		return list[0]
	}
	for _, word := range []string{version, tag} {
		var found []*candidate
		for _, c := range list {
			if slices.ContainsFunc(c.names, func(name string) bool { return called(name, word) }) {
				found = append(found, c)
			}
		}
		if len(found) == 1 {
			return found[0]
		}
	}
	return nil
}

// called says whether a name of index.json is a version or tag, or ends in it.
func called(name, word string) bool {
	word = strings.ReplaceAll(word, "+", "_")
	name = strings.ReplaceAll(name, "+", "_")
	return word != "" && (name == word || strings.HasSuffix(name, ":"+word))
}

// platforms says that every candidate has a platform of its own.
func (g *graph) platforms(list []*candidate) bool {
	seen := map[string]bool{}
	for _, c := range list {
		if c.platform == "" || seen[c.platform] {
			return false
		}
		seen[c.platform] = true
	}
	return true
}

// indexAsRoot makes index.json itself the root, as it is.
func (g *graph) indexAsRoot(list []*candidate) (*node, error) {
	n := &node{content: g.index, mediaType: types.OCIImageIndex}
	if g.topType != "" {
		n.mediaType = g.topType
	}
	for _, c := range list {
		n.children = append(n.children, c.digest)
		if c.node == nil {
			n.absent = append(n.absent, c.digest)
		}
	}
	if len(n.absent) == len(n.children) {
		return nil, reject(codeEmpty, "The archive has nothing of what index.json names.")
	}
	g.nodes[n.digest] = n
	g.order = append(g.order, n)
	return n, nil
}

func ambiguous(list []*candidate) error {
	var names []string
	for _, c := range list {
		name := c.digest
		if len(c.names) > 0 {
			name += " (" + strings.Join(c.names, ", ") + ")"
		}
		if names = append(names, name); len(names) == 10 && len(list) > 10 {
			names = append(names, "…")
			break
		}
	}
	return reject(codeAmbiguous, "index.json names several images, and none of them like the release's version or tag: %s.", strings.Join(names, ", "))
}

// refWarnings tells of a root that index.json knows by other names only.
func refWarnings(c *candidate, version string) []string {
	if len(c.names) == 0 || slices.ContainsFunc(c.names, func(name string) bool { return called(name, version) }) {
		return nil
	}
	name := c.names[0]
	if len(name) > 160 {
		name = name[:160] + "…"
	}
	return []string{"OCI_REF_NAME_DIFFERS: index.json says " + strings.ToValidUTF8(name, "")}
}
