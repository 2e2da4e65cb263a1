package jsonapi

import (
	"net/url"
	"strings"

	"offprint/schema"
)

// digests are those of an artifact's bytes, in hexadecimal.
type digests struct {
	SHA256 string `json:"sha256"`
	SHA512 string `json:"sha512"`
}

// Artifact shows an artifact. redirect is where its bytes can be fetched, or
// sent while it waits for them; "" for neither.
func Artifact(a *schema.Artifact, redirect string) Resource {
	b := of(&a.Base, "artifacts")
	attributes := struct {
		Filename      string   `json:"filename"`
		Filetype      *string  `json:"filetype"`
		Filesize      *int64   `json:"filesize"`
		Platform      *string  `json:"platform"`
		Arch          *string  `json:"arch"`
		Signature     *string  `json:"signature"`
		Checksum      *string  `json:"checksum"`
		Digests       *digests `json:"digests"`
		Status        string   `json:"status"`
		FailureReason *string  `json:"failureReason"`
		stamps
	}{Filename: a.Filename, Filetype: Text(a.Filetype), Filesize: a.Filesize, Platform: Text(a.Platform), Arch: Text(a.Arch),
		Signature: Text(a.Signature), Checksum: Text(a.Checksum), Status: a.Status, FailureReason: Text(a.FailureReason), stamps: stampsOf(&a.Base)}
	if a.SHA256 != "" && (a.Status == "PROCESSING" || a.Status == "UPLOADED") {
		attributes.Digests = &digests{a.SHA256, a.SHA512}
	}
	r := b.resource(attributes, b.direct("release", "releases", a.Release))
	r.Links = append(r.Links, Link{"related", b.path(PathEscape(a.Filename))})
	if redirect != "" {
		r.Links = append(r.Links, Link{"redirect", redirect})
	}
	return r
}

// PathEscape writes a name of several segments into a path: every segment is
// escaped, the slashes between them stay.
func PathEscape(name string) string {
	parts := strings.Split(name, "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return strings.Join(parts, "/")
}
