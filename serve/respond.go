package serve

import (
	"bytes"

	"github.com/valyala/fasthttp"
)

var (
	headerETag     = []byte("Etag")
	headerVary     = []byte("Vary")
	headerCache    = []byte("Cache-Control")
	headerSerial   = []byte("X-Offprint-Serial")
	headerCoding   = []byte("Content-Encoding")
	headerReferrer = []byte("Referrer-Policy")

	varyValue    = []byte("Accept, Accept-Encoding, Authorization")
	cachePublic  = []byte("public, max-age=0, must-revalidate")
	cachePrivate = []byte("private, no-cache")
	noReferrer   = []byte("no-referrer")
)

// respond writes a variant, or 304 if the client has it. Access was decided
// before.
func (r *Request) respond(x *Variant) {
	h := &r.Response.Header
	h.SetCanonical(headerETag, x.etag)
	h.SetCanonical(headerVary, varyValue)
	h.SetCanonical(headerCache, r.caching())
	if x.serial != nil {
		h.SetCanonical(headerSerial, x.serial)
	}
	if len(r.Query) > 0 {
		h.SetCanonical(headerReferrer, noReferrer)
	}
	if r.Matches(x.etag) {
		r.Response.SetStatusCode(fasthttp.StatusNotModified)
		return
	}
	h.SetContentType(x.Media)
	if x.coding != identity {
		h.SetCanonical(headerCoding, codingNames[x.coding])
	}
	r.Response.SetBodyRaw(x.Body)
}

// caching is the Cache-Control of what depends on the caller: only anonymous
// answers may be shared.
func (r *Request) caching() []byte {
	if r.Anonymous() {
		return cachePublic
	}
	return cachePrivate
}

// Matches says whether If-None-Match names etag, by weak comparison (RFC 9110
// section 13.1.2).
func (r *Request) Matches(etag []byte) bool {
	h := r.header().match
	return len(h) > 0 && matches(h, etag)
}

func matches(h, etag []byte) bool {
	for len(h) > 0 {
		h = bytes.TrimLeft(h, " \t,")
		if bytes.HasPrefix(h, []byte("*")) {
			return true
		}
		h = bytes.TrimPrefix(h, []byte("W/"))
		if len(h) == 0 || h[0] != '"' {
			return false
		}
		end := bytes.IndexByte(h[1:], '"')
		if end < 0 {
			return false
		}
		if bytes.Equal(h[:end+2], etag) {
			return true
		}
		h = h[end+2:]
	}
	return false
}
