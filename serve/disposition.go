package serve

import "strings"

// appendDisposition writes a Content-Disposition for the last segment of a
// filename (RFC 6266): in the plain form with an underscore for everything but
// printable ASCII, quotes and backslashes; exact in the other.
func appendDisposition(dst []byte, filename string) []byte {
	name := lastSegment(filename)
	dst = append(dst, `attachment; filename="`...)
	for _, c := range name {
		if c < ' ' || c > '~' || c == '"' || c == '\\' {
			c = '_'
		}
		dst = append(dst, byte(c))
	}
	dst = append(dst, `"; filename*=UTF-8''`...)
	for i := range len(name) {
		if c := name[i]; attrChar(c) {
			dst = append(dst, c)
		} else {
			dst = appendEscape(dst, c)
		}
	}
	return dst
}

// attrChar says whether RFC 8187 section 3.2.1 lets c stand for itself.
func attrChar(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("!#$&+-.^_`|~", c) >= 0
}

func lastSegment(filename string) string {
	return filename[strings.LastIndexByte(filename, '/')+1:]
}

// AppendPath writes a filename into a path: its segments percent-encoded, the
// slashes between them kept.
func AppendPath(dst []byte, filename string) []byte {
	for i := range len(filename) {
		if c := filename[i]; unreserved(c) || strings.IndexByte("/$&+=:@", c) >= 0 {
			dst = append(dst, c)
		} else {
			dst = appendEscape(dst, c)
		}
	}
	return dst
}

// AppendQuery writes a query again as it was, every escape decoded once and
// made anew, so that nothing in it is taken for something else. ok is false if
// it does not decode.
func AppendQuery(dst, query []byte) (out []byte, ok bool) {
	start := 0
	for i := 0; i <= len(query); i++ {
		if i < len(query) && query[i] != '&' && query[i] != '=' {
			continue
		}
		from := len(dst)
		if dst, ok = Decode(dst, query[start:i]); !ok {
			return dst, false
		}
		dst = escapeFrom(dst, from)
		if i < len(query) {
			dst = append(dst, query[i])
		}
		start = i + 1
	}
	return dst, true
}

// escapeFrom percent-encodes what dst holds from an index on.
func escapeFrom(dst []byte, from int) []byte {
	more := 0
	for _, c := range dst[from:] {
		if !unreserved(c) {
			more += 2
		}
	}
	if more == 0 {
		return dst
	}
	end := len(dst)
	dst = append(dst, make([]byte, more)...)
	for at := len(dst); end > from; end-- {
		c := dst[end-1]
		if unreserved(c) {
			at--
			dst[at] = c
			continue
		}
		at -= 3
		appendEscape(dst[:at], c)
	}
	return dst
}

// unreserved is RFC 3986 section 2.3.
func unreserved(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0
}

func appendEscape(dst []byte, c byte) []byte {
	const digits = "0123456789ABCDEF"
	return append(dst, '%', digits[c>>4], digits[c&15])
}
