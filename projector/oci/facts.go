package oci

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"offprint/projector"
	"offprint/schema"
)

// Facts is what artifact.processed keeps of a layout: everything that tags,
// references and referrers need. The manifests themselves are blobs. The same
// bytes, version and tag always give the same Facts.
type Facts struct {
	Layout    Layout           `json:"layout"`
	Root      string           `json:"root,omitempty"` // "": referrers only
	Manifests []Manifest       `json:"manifests"`      // that index.json leads to, by digest
	Blobs     []schema.OCIBlob `json:"blobs"`          // everything else in the archive, by digest
	External  []string         `json:"external"`       // layers that may have to be fetched elsewhere, by digest
	Warnings  []string         `json:"warnings"`
}

// Layout is the form of the archive.
type Layout struct {
	Version string `json:"version"`
	Index   string `json:"index"`  // digest of index.json
	Marker  string `json:"marker"` // digest of oci-layout
}

// Manifest is an image manifest or an index. Children and layers are in the
// order of the document.
type Manifest struct {
	Digest       string            `json:"digest"`
	SHA256       string            `json:"sha256,omitempty"` // of one that Digest names otherwise
	MediaType    string            `json:"mediaType"`
	Size         int64             `json:"size"`
	Platform     *v1.Platform      `json:"platform,omitempty"`
	Attestation  bool              `json:"attestation,omitempty"`
	Config       string            `json:"config,omitempty"`
	ConfigType   string            `json:"configType,omitempty"`
	Layers       []string          `json:"layers,omitzero"`
	Children     []string          `json:"children,omitzero"`
	Absent       []string          `json:"absent,omitzero"`
	Subject      string            `json:"subject,omitempty"`
	ArtifactType string            `json:"artifactType,omitempty"`
	Annotations  map[string]string `json:"annotations,omitempty"`
}

// facts writes down what was found.
func (g *graph) facts(root *node, warnings []string) *Facts {
	f := &Facts{Layout: Layout{g.layout, g.index.digest, g.marker.digest}, Manifests: []Manifest{}, Blobs: []schema.OCIBlob{},
		External: []string{}, Warnings: []string{}}
	if root != nil {
		f.Root = root.digest
	}
	for _, n := range g.order {
		f.Manifests = append(f.Manifests, n.fact())
	}
	g.add(g.index)
	g.add(g.marker)
	for _, c := range g.list {
		if g.nodes[c.digest] == nil {
			f.Blobs = append(f.Blobs, schema.OCIBlob{Digest: c.digest, Size: c.size, SHA256: c.elsewhere()})
		}
	}
	f.External = append(f.External, g.external...)
	slices.Sort(f.External)
	f.External = slices.Compact(f.External)
	f.Warnings = append(f.Warnings, warnings...)
	slices.SortFunc(f.Manifests, func(a, b Manifest) int { return strings.Compare(a.Digest, b.Digest) })
	slices.SortFunc(f.Blobs, func(a, b schema.OCIBlob) int { return strings.Compare(a.Digest, b.Digest) })
	return f
}

// elsewhere is the storage key of content whose digest does not say it.
func (c *content) elsewhere() string {
	if c.digest == "sha256:"+c.sha256 {
		return ""
	}
	return c.sha256
}

func (n *node) fact() Manifest {
	m := Manifest{Digest: n.digest, SHA256: n.elsewhere(), MediaType: string(n.mediaType), Size: n.size, Platform: n.platform, Attestation: n.attestation,
		Config: n.config, ConfigType: string(n.configType), Subject: n.subject, ArtifactType: n.artifactType, Annotations: n.annotations}
	if n.isIndex() {
		m.Children, m.Absent = n.children, append([]string{}, n.absent...)
	} else {
		m.Layers = append([]string{}, n.layers...)
	}
	return m
}

// encode writes facts as members of the event.
func (f *Facts) encode(limits Limits) (json.RawMessage, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(f); err != nil {
		return nil, err
	}
	own := bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	if len(own) > limits.facts {
		return nil, overLimit("Bytes of what the index needs of all manifests", int64(len(own)), int64(limits.facts))
	}
	return own, nil
}

// unpackedBlobs implements projector.Engine.Blobs.
func unpackedBlobs(facts json.RawMessage) (list []projector.Blob, err error) {
	var f Facts
	if err := json.Unmarshal(facts, &f); err != nil {
		return nil, fmt.Errorf("facts: %w", err)
	}
	inventory := f.inventory()
	for i := range inventory.Manifests {
		list = append(list, projector.Blob{SHA256: inventory.Manifests[i].Key(), Size: inventory.Manifests[i].Size})
	}
	for i := range inventory.Blobs {
		list = append(list, projector.Blob{SHA256: inventory.Blobs[i].Key(), Size: inventory.Blobs[i].Size})
	}
	return list, nil
}
