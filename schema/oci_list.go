package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Media types that the engine itself speaks of.
const (
	OCIIndexType = "application/vnd.oci.image.index.v1+json"
	OCIImageType = "application/vnd.oci.image.manifest.v1+json"
)

// OCITagList writes the answer to tags/list. Names must be sorted.
func OCITagList(name string, tags []string) []byte {
	if tags == nil {
		tags = []string{}
	}
	return ociJSON(struct {
		Name string   `json:"name"`
		Tags []string `json:"tags"`
	}{name, tags})
}

// ociReferrer is a descriptor of the answer to referrers, in the order of its
// members.
type ociReferrer struct {
	MediaType    string            `json:"mediaType"`
	Digest       string            `json:"digest"`
	Size         int64             `json:"size"`
	ArtifactType string            `json:"artifactType,omitempty"`
	Annotations  map[string]string `json:"annotations,omitempty"`
}

// OCIReferrers writes an index of manifests, which must be sorted by digest, of
// at most limit bytes: next is the digest of the last one written if more
// follow, else "".
func OCIReferrers(list []*OCIManifest, limit int) (body []byte, next string) {
	out := []byte(`{"schemaVersion":2,"mediaType":"` + OCIIndexType + `","manifests":[`)
	for i, m := range list {
		d := ociJSON(ociReferrer{m.MediaType, m.Digest, m.Size, m.ArtifactType, m.Annotations})
		if i > 0 {
			if len(out)+len(d)+len(",]}") > limit {
				return append(out, "]}"...), list[i-1].Digest
			}
			out = append(out, ',')
		}
		out = append(out, d...)
	}
	return append(out, "]}"...), ""
}

// SortOCIManifests sorts by digest.
func SortOCIManifests(list []*OCIManifest) {
	slices.SortFunc(list, func(a, b *OCIManifest) int { return strings.Compare(a.Digest, b.Digest) })
}

func ociJSON(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(fmt.Sprintf("schema: encode %T: %v", v, err)) // strings and numbers always encode
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
