package schema

import "strings"

// OCIEngine is the key of the OCI engine, and the family of its documents.
const OCIEngine = "oci"

// OCIAttr is what references need of a release.
type OCIAttr struct {
	Release   string `json:"release"`
	Version   string `json:"version"`
	Tag       string `json:"tag,omitempty"` // always one that registries know
	Available int64  `json:"at"`            // available_at, Unix milliseconds; for a draft the creation of the release
	Root      string `json:"root,omitempty"`
}

// OCIInventory is the body of a release's fragment: everything that its layouts
// hold, each digest once, by digest.
type OCIInventory struct {
	Manifests []OCIManifest `json:"manifests,omitempty"`
	Blobs     []OCIBlob     `json:"blobs,omitempty"`
}

// OCIBlob is content by the digest that names it.
type OCIBlob struct {
	Digest string `json:"digest"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256,omitempty"` // of content that Digest names otherwise: where its bytes are
}

// Key is the SHA-256 under which the bytes are kept, in hexadecimal.
func (b *OCIBlob) Key() string {
	if b.SHA256 != "" {
		return b.SHA256
	}
	return strings.TrimPrefix(b.Digest, "sha256:")
}

// OCIPlatform is what an image runs on.
type OCIPlatform struct {
	Architecture string `json:"architecture"`
	OS           string `json:"os"`
}

// OCIManifest is an image manifest or an index
// (https://github.com/opencontainers/image-spec/blob/main/manifest.md,
// https://github.com/opencontainers/image-spec/blob/main/image-index.md).
type OCIManifest struct {
	OCIBlob
	MediaType   string       `json:"mediaType"`
	Index       bool         `json:"index,omitempty"`
	Platform    *OCIPlatform `json:"platform,omitempty"`
	Attestation bool         `json:"attestation,omitempty"` // BuildKit's: about an image, never one
	Children    []string     `json:"children,omitempty"`    // of an index: digests, in its order
	// The rest is of those with a subject
	// (https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-referrers).
	Subject      string            `json:"subject,omitempty"`
	ArtifactType string            `json:"artifactType,omitempty"` // its own, else the type of its config
	Annotations  map[string]string `json:"annotations,omitempty"`
}

// OCIReference is the name by which registries know a version: they have no
// "+". It is "" if no tag can be written so.
func OCIReference(version string) string {
	name := strings.ReplaceAll(version, "+", "_")
	if !OCITag(name) {
		return ""
	}
	return name
}

// OCIReferences gives what each tag and version of a list of releases names, by
// index; a tag comes before a version. A release without root has no references.
func OCIReferences(list []OCIAttr) map[string]int {
	names := make(map[string]int, 2*len(list))
	for i := range list {
		if name := OCIReference(list[i].Version); name != "" && list[i].Root != "" {
			names[name] = i
		}
	}
	for i := range list {
		if name := list[i].Tag; name != "" && list[i].Root != "" {
			names[name] = i
		}
	}
	return names
}
