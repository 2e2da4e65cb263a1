package serve

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// Decode percent-decodes raw once and appends it to dst. ok is false for a
// broken escape and for what is not UTF-8 or holds U+0000.
func Decode(dst, raw []byte) (out []byte, ok bool) {
	start := len(dst)
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		if c == '%' {
			if i+2 >= len(raw) || unhex(raw[i+1]) < 0 || unhex(raw[i+2]) < 0 {
				return dst, false
			}
			c = byte(unhex(raw[i+1])<<4 | unhex(raw[i+2]))
			i += 2
		}
		if c == 0 {
			return dst, false
		}
		dst = append(dst, c)
	}
	return dst, utf8.Valid(dst[start:])
}

// DecodeText is Decode of one text, which is not copied if there is nothing to
// decode in it.
func DecodeText(raw string) (text string, ok bool) {
	if strings.IndexByte(raw, '%') < 0 {
		return raw, strings.IndexByte(raw, 0) < 0 && utf8.ValidString(raw)
	}
	out, ok := Decode(nil, []byte(raw))
	return string(out), ok
}

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// param finds the last value of a query parameter and decodes it once, '+' as a
// plus; nil if it is not there or does not decode.
func param(query []byte, name string) []byte {
	var value []byte
	for len(query) > 0 {
		var pair []byte
		pair, query, _ = bytes.Cut(query, []byte("&"))
		key, v, _ := bytes.Cut(pair, []byte("="))
		if string(key) == name {
			value = v
		} else if bytes.IndexByte(key, '%') >= 0 {
			if k, ok := Decode(nil, key); ok && string(k) == name {
				value = v
			}
		}
	}
	if value == nil {
		return nil
	}
	out, ok := Decode(make([]byte, 0, len(value)), value)
	if !ok {
		return nil
	}
	return out
}
