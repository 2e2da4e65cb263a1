package ingest

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/binary"

	"github.com/google/uuid"

	"offprint/schema"
)

// uploadLife is how long an upload URL can be used for, from its issue to the
// first byte, in milliseconds.
const uploadLife = 3600 * 1000

// uploadLink is what an upload URL says: whose bytes are to be sent, for which
// opening of the artifact, and until when (Unix milliseconds).
type uploadLink struct {
	account, artifact string // ids
	generation        int
	expiry            int64
}

// A link is one version byte, account and artifact (16 bytes each), generation
// (4), expiry (8), and a keyed digest of all that (32), in base64url without
// padding.
const (
	linkVersion = 1
	linkBody    = 1 + 16 + 16 + 4 + 8
	linkSize    = linkBody + schema.DigestSize
)

var linkCoding = base64.RawURLEncoding.Strict()

// uploadLink writes the opaque part of an upload URL; openLink is its inverse.
func (a *API) uploadLink(l uploadLink) string {
	b := append(make([]byte, 0, linkSize), linkVersion)
	for _, id := range []string{l.account, l.artifact} {
		u, err := uuid.Parse(id)
		if err != nil {
			panic("ingest: not an id: " + id) // ids of resources are made here
		}
		b = append(b, u[:]...)
	}
	b = binary.BigEndian.AppendUint32(b, uint32(l.generation))
	b = binary.BigEndian.AppendUint64(b, uint64(l.expiry))
	sum := a.sealer.Digest(schema.UploadLink, b)
	return linkCoding.EncodeToString(append(b, sum[:]...))
}

// openLink reads what uploadLink wrote under the same key, and nothing else.
func (a *API) openLink(text string) (l uploadLink, ok bool) {
	if len(text) != linkCoding.EncodedLen(linkSize) {
		return l, false
	}
	b, err := linkCoding.DecodeString(text)
	if err != nil || len(b) != linkSize || b[0] != linkVersion {
		return l, false
	}
	if sum := a.sealer.Digest(schema.UploadLink, b[:linkBody]); !hmac.Equal(sum[:], b[linkBody:]) {
		return l, false
	}
	return uploadLink{
		account:    uuid.UUID(b[1:17]).String(),
		artifact:   uuid.UUID(b[17:33]).String(),
		generation: int(binary.BigEndian.Uint32(b[33:])),
		expiry:     int64(binary.BigEndian.Uint64(b[37:])),
	}, true
}
