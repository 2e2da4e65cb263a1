package oci

import (
	"bytes"
	"encoding/json"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// parsed is a manifest, an index, or index.json.
type parsed struct {
	mediaType types.MediaType // its own; "": it has none
	image     *v1.Manifest    // one of both
	index     *v1.IndexManifest
}

// parse reads a document that its descriptor calls an index or an image. name
// is for sentences; code is what a wrong form is refused with.
func (a *archive) parse(text []byte, index bool, name, code string) (*parsed, error) {
	d, err := inspect(text)
	if err != nil {
		return nil, reject(code, "%s cannot be read: %v.", name, err)
	}
	switch {
	case d.elements > a.limits.entries:
		return nil, overLimit("Descriptors in "+name, int64(d.elements), int64(a.limits.entries))
	case d.algorithm != "":
		return nil, reject(codeAlgorithm, "%s names the digest %s: only sha256 and sha512 are known.", name, show(d.algorithm))
	case d.members["schemaVersion"] != json.Number("2"):
		return nil, reject(code, "The schemaVersion of %s is not 2.", name)
	case d.members["layers"] != nil && d.members["manifests"] != nil:
		return nil, reject(code, "%s has both layers and manifests.", name)
	case index && d.members["manifests"] != json.Delim('['):
		return nil, reject(code, "The manifests of %s are not a list.", name)
	case !index && d.members["manifests"] != nil:
		return nil, reject(code, "%s is called an image, but has manifests.", name)
	}
	p := &parsed{}
	if index {
		if p.index, err = v1.ParseIndexManifest(bytes.NewReader(text)); err == nil {
			p.mediaType = p.index.MediaType
		}
	} else if p.image, err = v1.ParseManifest(bytes.NewReader(text)); err == nil {
		p.mediaType = p.image.MediaType
	}
	if err != nil {
		return nil, reject(code, "%s cannot be read: %v.", name, err)
	}
	return p, p.check(name, code)
}

// check looks for what every descriptor must have.
func (p *parsed) check(name, code string) error {
	list, subject := p.descriptors()
	if p.image != nil && p.image.Config.Digest == (v1.Hash{}) {
		return reject(code, "%s has no config with a digest.", name)
	}
	if subject != nil {
		list = append(list[:len(list):len(list)], *subject)
	}
	for i := range list {
		switch d := &list[i]; {
		case d.Digest == (v1.Hash{}):
			return reject(code, "%s has a descriptor without digest.", name)
		case d.Size < 0:
			return reject(codeSize, "%s says that %s has %d bytes.", name, d.Digest, d.Size)
		}
	}
	return nil
}

// descriptors are those of children, or of config and layers.
func (p *parsed) descriptors() (list []v1.Descriptor, subject *v1.Descriptor) {
	if p.index != nil {
		return p.index.Manifests, p.index.Subject
	}
	return append([]v1.Descriptor{p.image.Config}, p.image.Layers...), p.image.Subject
}
