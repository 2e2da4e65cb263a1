package oci

import (
	"encoding/json"
	"fmt"
	"slices"

	"offprint/schema"
	"offprint/serve"
)

// index is what the index document of a package is looked up by. It says
// nothing of who may see anything.
type index struct {
	attrs    []schema.OCIAttr    // by fragment; empty for traces
	instants []int64             // since which references are available, ascending
	names    map[string][]int32  // tag or version -> fragments that have it and a root
	held     map[string][]holder // digest -> fragments that hold it, in their order
	subjects map[string][]holder // digest -> fragments that hold a manifest about it
	gated    bool                // a published release has constraints
	weight   int64
}

// holder is one release's idea of some content.
type holder struct {
	fragment int32
	size     int64
	key      string              // SHA-256, in hexadecimal: where the bytes are
	manifest *schema.OCIManifest // nil: a blob and nothing else
}

// Weight is about how much memory the index takes.
func (x *index) Weight() int64 { return x.weight }

// prepare implements serve.Engine: it reads the inventories of all releases.
func prepare(d *serve.Doc) (any, error) {
	x := &index{attrs: make([]schema.OCIAttr, len(d.Fragments)), names: map[string][]int32{},
		held: map[string][]holder{}, subjects: map[string][]holder{}}
	var with []int32
	for i := range d.Fragments {
		rule := &d.Fragments[i].Rule
		if len(rule.Attr) == 0 || rule.Body == 0 {
			continue // a trace
		}
		if err := json.Unmarshal(rule.Attr, &x.attrs[i]); err != nil {
			return nil, fmt.Errorf("attributes of %s: %w", d.Fragments[i].Key, err)
		}
		with = append(with, int32(i))
		x.refer(int32(i))
		x.instants = append(x.instants, x.attrs[i].Available)
		x.gated = x.gated || rule.Status == schema.Published && len(rule.Constraints) > 0
	}
	slices.Sort(x.instants)
	bodies, err := d.Bodies(serve.Background(), with)
	if err != nil {
		return nil, err
	}
	for n, i := range with {
		var inventory schema.OCIInventory
		if err := json.Unmarshal(bodies[n], &inventory); err != nil {
			return nil, fmt.Errorf("inventory of %s: %w", d.Fragments[i].Key, err)
		}
		x.take(i, &inventory)
	}
	return x, nil
}

// refer notes the references of a release.
func (x *index) refer(i int32) {
	a := &x.attrs[i]
	if a.Root == "" {
		return
	}
	version := schema.OCIReference(a.Version)
	for _, name := range []string{version, a.Tag} {
		if name != "" && !slices.Contains(x.names[name], i) {
			x.names[name] = append(x.names[name], i)
		}
	}
}

// take notes what a release holds.
func (x *index) take(i int32, inventory *schema.OCIInventory) {
	for n := range inventory.Manifests {
		m := &inventory.Manifests[n]
		h := x.hold(i, &m.OCIBlob, m)
		if m.Subject != "" {
			x.subjects[m.Subject] = append(x.subjects[m.Subject], h)
		}
	}
	for n := range inventory.Blobs {
		x.hold(i, &inventory.Blobs[n], nil)
	}
}

// hold notes one thing, under the SHA-256 of its bytes too.
func (x *index) hold(i int32, b *schema.OCIBlob, m *schema.OCIManifest) holder {
	h := holder{i, b.Size, b.Key(), m}
	x.held[b.Digest] = append(x.held[b.Digest], h)
	x.weight += 250
	if b.SHA256 != "" {
		x.held["sha256:"+b.SHA256] = append(x.held["sha256:"+b.SHA256], h)
		x.weight += 150
	}
	if m != nil {
		x.weight += 300
	}
	return h
}

// shown is a view, prepared for look-ups.
type shown struct {
	fragments []bool           // that are visible
	names     map[string]int32 // tag or version -> fragment
}

// shownOf prepares a view once.
func shownOf(v *serve.View) *shown {
	return v.Prepared(func(v *serve.View) any {
		x := v.Doc.Index.(*index)
		s := &shown{fragments: make([]bool, len(v.Doc.Fragments))}
		list := make([]schema.OCIAttr, len(v.Visible))
		for n, i := range v.Visible {
			s.fragments[i] = true
			list[n] = x.attrs[i]
		}
		names := schema.OCIReferences(list)
		s.names = make(map[string]int32, len(names))
		for name, n := range names {
			s.names[name] = v.Visible[n]
		}
		return s
	}).(*shown)
}

// find gives what a digest names in the eyes of whoever sees these fragments: a
// manifest if one of them knows it as such; nil if none holds it.
func (s *shown) find(list []holder) *holder {
	var found *holder
	for i := range list {
		h := &list[i]
		if s.fragments[h.fragment] && (found == nil || found.manifest == nil && h.manifest != nil) {
			found = h
		}
	}
	return found
}
