package ingest

import (
	"bytes"
	"io"
	"strconv"

	"unicode/utf8"
)

const maxBody = 1 << 20

// body reads the request's body and fits it to the shape.
func (c *call) body(s shape) (*input, error) {
	v, err := c.json()
	if err != nil {
		return nil, err
	}
	return s.fit(v)
}

// linkage reads a body whose data is a list of resource identifiers, at least
// one and at most limit.
func (c *call) linkage(r relation, limit int) ([]link, error) {
	v, err := c.json()
	if err != nil {
		return nil, err
	}
	if v.kind != isObject {
		return nil, mismatchAt("/data", v, "object")
	}
	for _, m := range v.members {
		if m.name != "data" && m.name != "meta" {
			return nil, badBody("/"+escapePointer(m.name), "unpermitted parameter")
		}
	}
	data, found := v.member("data")
	if !found {
		return nil, badBody("/data", "is missing")
	}
	r.many = true
	list, err := r.linkage(data, "/data")
	if err == nil && (len(list) == 0 || len(list) > limit) {
		err = badBody("/data", "must hold 1 to "+strconv.Itoa(limit)+" items")
	}
	return list, err
}

// json reads the body as JSON, whatever its Content-Type says.
func (c *call) json() (value, error) {
	h := &c.http.Request.Header
	if bytes.HasPrefix(bytes.ToLower(h.ContentType()), []byte("multipart/form-data")) {
		return value{}, c.unread(415, "MEDIA_TYPE_INVALID", "multipart/form-data is not supported: send JSON")
	}
	if coding := h.ContentEncoding(); len(coding) > 0 && !bytes.EqualFold(coding, []byte("identity")) {
		return value{}, c.unread(415, "CONTENT_ENCODING_INVALID", "an encoded body is not supported")
	}
	raw, err := c.read()
	if err != nil {
		return value{}, err
	}
	return parseJSON(raw)
}

// read reads at most 1 MiB and one byte, whatever Content-Length says.
func (c *call) read() ([]byte, error) {
	if c.http.Request.Header.ContentLength() > maxBody {
		return nil, c.unread(413, "BODY_TOO_LARGE", "the body is larger than 1 MiB")
	}
	raw, err := io.ReadAll(io.LimitReader(c.incoming(), maxBody+1))
	switch {
	case err != nil:
		return nil, c.broken(err)
	case len(raw) > maxBody:
		return nil, c.unread(413, "BODY_TOO_LARGE", "the body is larger than 1 MiB")
	}
	return raw, nil
}

// unread refuses a body without reading (the rest of) it: the connection cannot
// be used again.
func (c *call) unread(status int, code, detail string) error {
	c.closing = true
	return &problem{status: status, code: code, detail: detail}
}

func checkText(s string) error {
	if !utf8.ValidString(s) || bytes.IndexByte([]byte(s), 0) >= 0 {
		return badRequest("ENCODING_INVALID", "the path or query is not valid UTF-8, or holds U+0000")
	}
	return nil
}
