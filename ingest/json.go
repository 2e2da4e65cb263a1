package ingest

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// value is one JSON value as it was sent: members in order, numbers as text.
type value struct {
	kind    valueKind
	text    string // of a string, decoded; of a number, as sent
	flag    bool
	list    []value
	members []member
}

type member struct {
	name  string
	value value
}

type valueKind byte

const (
	isNull valueKind = iota
	isBool
	isNumber
	isString
	isList
	isObject
)

// String names the kind as details of errors do.
func (k valueKind) String() string {
	return [...]string{"null", "boolean", "number", "string", "array", "object"}[k]
}

// member finds a member of an object by name.
func (v value) member(name string) (value, bool) {
	for _, m := range v.members {
		if m.name == name {
			return m.value, true
		}
	}
	return value{}, false
}

const maxDepth = 32

// parseJSON reads exactly one value, strictly (publishing-api.md section 3): no
// byte order mark, no duplicate names, at most 32 levels, valid UTF-8, neither
// U+0000 nor a lone surrogate.
func parseJSON(b []byte) (value, error) {
	if !utf8.Valid(b) {
		return value{}, badRequest("ENCODING_INVALID", "the body is not valid UTF-8")
	}
	r := jsonReader{src: b}
	v := r.value(1)
	r.space()
	if r.err == nil && r.at < len(b) {
		r.fail("there is more after the JSON value")
	}
	return v, r.err
}

// jsonReader keeps the first error; after one, everything is zero.
type jsonReader struct {
	src []byte
	at  int
	err error
}

func (r *jsonReader) fail(detail string) {
	if r.err == nil {
		r.err = badRequest("JSON_INVALID", "the body is not valid JSON: "+detail+" at byte "+strconv.Itoa(r.at))
	}
	r.at = len(r.src)
}

func (r *jsonReader) space() {
	for r.at < len(r.src) && bytes.IndexByte([]byte(" \t\r\n"), r.src[r.at]) >= 0 {
		r.at++
	}
}

// peek gives the next byte, 0 at the end.
func (r *jsonReader) peek() byte {
	if r.at < len(r.src) {
		return r.src[r.at]
	}
	return 0
}

func (r *jsonReader) value(depth int) value {
	r.space()
	switch c := r.peek(); {
	case c == '{':
		return r.object(depth)
	case c == '[':
		return r.array(depth)
	case c == '"':
		return value{kind: isString, text: r.string()}
	case c == '-' || c >= '0' && c <= '9':
		return value{kind: isNumber, text: r.number()}
	}
	for _, w := range []struct {
		word  string
		value value
	}{{"null", value{}}, {"true", value{kind: isBool, flag: true}}, {"false", value{kind: isBool}}} {
		if bytes.HasPrefix(r.src[r.at:], []byte(w.word)) {
			r.at += len(w.word)
			return w.value
		}
	}
	r.fail("a value is expected")
	return value{}
}

func (r *jsonReader) object(depth int) value {
	v := value{kind: isObject}
	if depth > maxDepth {
		r.fail("nested too deeply")
		return v
	}
	seen := map[string]bool{}
	r.at++
	for first := true; r.more('}', first); first = false {
		if r.space(); r.peek() != '"' {
			r.fail("a member name is expected")
			return v
		}
		name := r.string()
		if seen[name] {
			r.fail("a member name occurs twice")
		}
		seen[name] = true
		if r.space(); r.peek() != ':' {
			r.fail("a colon is expected")
			return v
		}
		r.at++
		v.members = append(v.members, member{name, r.value(depth + 1)})
	}
	return v
}

func (r *jsonReader) array(depth int) value {
	v := value{kind: isList}
	if depth > maxDepth {
		r.fail("nested too deeply")
		return v
	}
	r.at++
	for first := true; r.more(']', first); first = false {
		v.list = append(v.list, r.value(depth+1))
	}
	return v
}

// more says whether another element follows; it takes the comma, or the end.
func (r *jsonReader) more(end byte, first bool) bool {
	r.space()
	switch c := r.peek(); {
	case r.err != nil:
		return false
	case c == end:
		r.at++
		return false
	case first && c != 0:
		return true
	case c == ',':
		r.at++
		if r.space(); r.peek() != end {
			return true
		}
		r.fail("an element is expected")
	default:
		r.fail("a comma or the end is expected")
	}
	return false
}

// number reads by the grammar of RFC 8259 and keeps the text.
func (r *jsonReader) number() string {
	start := r.at
	if r.peek() == '-' {
		r.at++
	}
	if r.peek() == '0' {
		r.at++
	} else {
		r.digits()
	}
	if r.peek() == '.' {
		r.at++
		r.digits()
	}
	if c := r.peek(); c == 'e' || c == 'E' {
		r.at++
		if c := r.peek(); c == '+' || c == '-' {
			r.at++
		}
		r.digits()
	}
	if r.err != nil {
		return ""
	}
	return string(r.src[start:r.at])
}

func (r *jsonReader) digits() {
	start := r.at
	for c := r.peek(); c >= '0' && c <= '9'; c = r.peek() {
		r.at++
	}
	if r.at == start {
		r.fail("a digit is expected")
	}
}
