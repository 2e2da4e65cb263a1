package serve

import (
	"bytes"
	"time"

	"github.com/valyala/fasthttp"
)

// precondition judges the conditional headers of a request for a file, in the
// order of RFC 9110 section 13.2.2. It gives 412, 304, or 0 if the file is to be
// sent. A modified of 0 says that the file has no date.
func (r *Request) precondition(etag []byte, modified int64) int {
	h := &r.RequestCtx.Request.Header
	if match := h.Peek("If-Match"); len(match) > 0 {
		if !strongMatch(match, etag) {
			return fasthttp.StatusPreconditionFailed
		}
	} else if since, ok := httpDate(h.Peek("If-Unmodified-Since")); ok && modified != 0 && modified/1000 > since {
		return fasthttp.StatusPreconditionFailed
	}
	if match := h.Peek("If-None-Match"); len(match) > 0 {
		if matches(match, etag) {
			return fasthttp.StatusNotModified
		}
	} else if since, ok := httpDate(h.Peek("If-Modified-Since")); ok && modified != 0 && modified/1000 <= since {
		return fasthttp.StatusNotModified
	}
	return 0
}

// strongMatch compares as If-Match does: a weak tag never fits.
func strongMatch(h, etag []byte) bool {
	for len(h) > 0 {
		h = bytes.TrimLeft(h, " \t,")
		if bytes.HasPrefix(h, []byte("*")) {
			return true
		}
		weak := bytes.HasPrefix(h, []byte("W/"))
		h = bytes.TrimPrefix(h, []byte("W/"))
		if len(h) == 0 || h[0] != '"' {
			return false
		}
		end := bytes.IndexByte(h[1:], '"')
		if end < 0 {
			return false
		}
		if !weak && bytes.Equal(h[:end+2], etag) {
			return true
		}
		h = h[end+2:]
	}
	return false
}

// rangeHolds judges If-Range (RFC 9110 section 13.1.5): without it, or if it
// names this very file, a range is what the client wants. Files of one name and
// date are one file, since bytes that were accepted never change.
func (r *Request) rangeHolds(etag []byte, modified int64) bool {
	h := bytes.TrimSpace(r.RequestCtx.Request.Header.Peek("If-Range"))
	if len(h) == 0 || bytes.Equal(h, etag) {
		return true
	}
	date, ok := httpDate(h)
	return ok && modified != 0 && date == modified/1000
}

// httpDate reads a date in any of the three forms of RFC 9110 section 5.6.7, as
// Unix seconds.
func httpDate(h []byte) (int64, bool) {
	if len(h) == 0 || len(h) > 40 {
		return 0, false
	}
	for _, form := range [...]string{"Mon, 02 Jan 2006 15:04:05 GMT", "Monday, 02-Jan-06 15:04:05 GMT", time.ANSIC} {
		if t, err := time.Parse(form, string(h)); err == nil {
			return t.Unix(), true
		}
	}
	return 0, false
}
