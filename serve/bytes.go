package serve

import (
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"time"

	"github.com/valyala/fasthttp"

	"offprint/schema/principal"
)

// Bytes is a file to be sent: what its headers say.
type Bytes struct {
	SHA256   string // hex; where the bytes are, and the entity tag
	SHA512   string // hex; "": Repr-Digest leaves it out
	Size     int64
	Type     string // Content-Type
	Name     string // "": no Content-Disposition
	Modified int64  // Unix milliseconds; 0: the file has no date, and conditions on it do not count
	ETag     []byte // quoted; nil: made of SHA256
	Redirect int    // status of the redirect to an object store; 0: 302
}

// Refusals of SendBytes.
var (
	RangeRefusal        = principal.Refusal{Status: 416, Code: "RANGE_NOT_SATISFIABLE", Title: "Range not satisfiable", Detail: "the range lies behind the end of the file"}
	PreconditionRefusal = principal.Refusal{Status: 412, Code: "PRECONDITION_FAILED", Title: "Precondition failed", Detail: "the file is not the one that the request's conditions name"}

	noBytes = principal.Refusal{Status: 503, Code: "UNAVAILABLE", Detail: "the bytes of this file cannot be read right now, try again later"}
)

var (
	headerDigest      = []byte("Repr-Digest")
	headerRanges      = []byte("Accept-Ranges")
	headerRange       = []byte("Content-Range")
	headerDisposition = []byte("Content-Disposition")
	headerModified    = []byte("Last-Modified")
	headerSniff       = []byte("X-Content-Type-Options")
	headerPolicy      = []byte("Content-Security-Policy")
	headerLocation    = []byte("Location")

	bytesUnit  = []byte("bytes")
	noSniff    = []byte("nosniff")
	sandbox    = []byte("default-src 'none'; sandbox")
	cacheNever = []byte("no-store")
)

// SendBytes answers with a file: whole, in part, 304, or one redirect to an
// object store (which judges ranges itself; HEAD is answered here). Access was
// decided before. The file is never coded. A refusal is RangeRefusal, for which
// Content-Range is set already, PreconditionRefusal, or that the bytes cannot be
// read; the caller writes it.
func (r *Request) SendBytes(b *Bytes) *principal.Refusal {
	var room [80]byte
	etag := b.ETag
	if etag == nil {
		etag = append(append(append(room[:0], `"sha256:`...), b.SHA256...), '"')
	}
	status := r.precondition(etag, b.Modified)
	var refusal *principal.Refusal
	switch {
	case status == fasthttp.StatusPreconditionFailed:
		return &PreconditionRefusal
	case status == fasthttp.StatusNotModified:
		r.describe(b, etag)
		r.Response.SetStatusCode(status)
		return nil
	case r.IsHead():
		status, refusal = fasthttp.StatusOK, r.probe(b)
	default:
		if link := r.link(b.SHA256); link != "" {
			r.redirect(link, cmp.Or(b.Redirect, fasthttp.StatusFound))
			return nil
		}
		status, refusal = r.attach(b, etag)
	}
	if refusal != nil {
		return refusal
	}
	r.Response.SetStatusCode(status)
	r.describe(b, etag)
	r.label(b)
	return nil
}

// describe writes the headers that a 304 has, too.
func (r *Request) describe(b *Bytes, etag []byte) {
	h := &r.Response.Header
	h.SetCanonical(headerETag, etag)
	h.SetCanonical(headerVary, varyValue)
	h.SetCanonical(headerCache, r.caching())
	if b.Modified != 0 {
		var date [40]byte
		h.SetCanonical(headerModified, fasthttp.AppendHTTPDate(date[:0], time.UnixMilli(b.Modified)))
	}
	if len(r.Query) > 0 {
		h.SetCanonical(headerReferrer, noReferrer)
	}
}

// label writes the headers that say what the bytes are.
func (r *Request) label(b *Bytes) {
	h := &r.Response.Header
	h.SetContentType(b.Type)
	h.SetCanonical(headerRanges, bytesUnit)
	h.SetCanonical(headerSniff, noSniff)
	h.SetCanonical(headerPolicy, sandbox)
	h.SetCanonical(headerDigest, appendReprDigest(r.key[:0], b.SHA256, b.SHA512))
	if b.Name != "" {
		h.SetCanonical(headerDisposition, appendDisposition(r.key[:0], b.Name))
	}
}

// appendReprDigest writes RFC 9530 section 3 of digests in hexadecimal.
func appendReprDigest(dst []byte, sha256, sha512 string) []byte {
	var raw [64]byte
	put := func(name, digest string) {
		n, err := hex.Decode(raw[:], []byte(digest))
		if err != nil {
			return
		}
		dst = append(append(dst, name...), ":"...)
		dst = append(base64.StdEncoding.AppendEncode(dst, raw[:n]), ':')
	}
	put("sha-256=", sha256)
	if len(sha512) == 2*len(raw) {
		put(", sha-512=", sha512)
	}
	return dst
}
