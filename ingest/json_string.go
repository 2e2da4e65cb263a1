package ingest

import (
	"unicode/utf16"
	"unicode/utf8"
)

func (r *jsonReader) string() string {
	var b []byte
	for r.at++; ; {
		start := r.at
		for c := r.peek(); c != '"' && c != '\\' && c >= 0x20; c = r.peek() {
			r.at++
		}
		b = append(b, r.src[start:r.at]...)
		switch r.peek() {
		case '"':
			r.at++
			return string(b)
		case '\\':
			b = r.escape(b)
		default:
			r.fail("a string does not end, or holds a control character")
		}
		if r.err != nil {
			return ""
		}
	}
}

var escapes = map[byte]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

func (r *jsonReader) escape(b []byte) []byte {
	r.at++
	c := r.peek()
	if plain, ok := escapes[c]; ok {
		r.at++
		return append(b, plain)
	}
	if c != 'u' {
		r.fail("an unknown escape")
		return b
	}
	char := r.unicode()
	if utf16.IsSurrogate(char) {
		if low := rune(-1); r.peek() == '\\' {
			r.at++
			if r.peek() == 'u' {
				low = r.unicode()
			}
			char = utf16.DecodeRune(char, low)
		} else {
			char = utf8.RuneError
		}
		if char == utf8.RuneError {
			r.encoding("a lone surrogate")
		}
	}
	if char == 0 {
		r.encoding("U+0000")
	}
	return utf8.AppendRune(b, char)
}

// encoding is a text that JSON can write and no text may hold.
func (r *jsonReader) encoding(what string) {
	if r.err == nil {
		r.err = badRequest("ENCODING_INVALID", "the body holds "+what)
	}
	r.at = len(r.src)
}

// unicode reads uXXXX.
func (r *jsonReader) unicode() rune {
	if r.at+5 > len(r.src) {
		r.fail("an escape is cut off")
		return 'x'
	}
	var char rune
	for _, c := range r.src[r.at+1 : r.at+5] {
		d := hexValue(c)
		if d < 0 {
			r.fail("an escape is not hexadecimal")
			return 'x'
		}
		char = char<<4 | rune(d)
	}
	r.at += 5
	return char
}
