package npm

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"offprint/schema"
)

// maxDepth bounds nested arrays and objects of package.json (npm.md 3.2).
const maxDepth = 64

// compact reads one JSON value (RFC 8259) and returns it without white space,
// strings escaped no more than needed, numbers as spelled. Members keep their
// order; a repeated key keeps its last value at the place of its first, as in
// JavaScript; members named __proto__ are left out (npm.md 2.3). A leading BOM
// is dropped. The error is a *Failure with a position.
func compact(src []byte) ([]byte, error) {
	p := &parser{src: src}
	if bytes.HasPrefix(src, []byte("\xef\xbb\xbf")) {
		p.pos = 3
	}
	if at := invalidUTF8(src); at >= 0 {
		return nil, p.bad(at, "is not UTF-8")
	}
	p.space()
	if err := p.value(1); err != nil {
		return nil, err
	}
	p.space()
	if p.pos < len(src) {
		return nil, p.bad(p.pos, "has more after the end")
	}
	return p.out, nil
}

// parser reads src and writes its compact form to out.
type parser struct {
	src []byte
	pos int
	out []byte
}

// bad is the failure at an offset of the file.
func (p *parser) bad(at int, what string) error {
	line := 1 + bytes.Count(p.src[:at], []byte("\n"))
	column := at - bytes.LastIndexByte(p.src[:at], '\n')
	return reject(codeManifest, "package.json %s at line %d, column %d (byte %d).", what, line, column, at)
}

func (p *parser) space() {
	for p.pos < len(p.src) && strings.IndexByte(" \t\r\n", p.src[p.pos]) >= 0 {
		p.pos++
	}
}

// peek gives the next byte, 0 at the end.
func (p *parser) peek() byte {
	if p.pos < len(p.src) {
		return p.src[p.pos]
	}
	return 0
}

// value reads one value. depth is that of the value, if it is a container.
func (p *parser) value(depth int) error {
	c := p.peek()
	switch {
	case (c == '{' || c == '[') && depth > maxDepth:
		return p.bad(p.pos, "is nested deeper than 64 levels")
	case c == '{':
		return p.object(depth)
	case c == '[':
		return p.array(depth)
	case c == '"':
		s, err := p.str()
		p.out = schema.AppendJSONString(p.out, s)
		return err
	case c == '-' || c >= '0' && c <= '9':
		return p.number()
	}
	for _, word := range []string{"true", "false", "null"} {
		if bytes.HasPrefix(p.src[p.pos:], []byte(word)) {
			p.pos += len(word)
			p.out = append(p.out, word...)
			return nil
		}
	}
	return p.syntax()
}

func (p *parser) syntax() error {
	if p.pos >= len(p.src) {
		return p.bad(p.pos, "ends early")
	}
	return p.bad(p.pos, "is not JSON")
}

// list reads the parts of a container up to end, calling one for each. The
// opening byte is the current one.
func (p *parser) list(end byte, one func() error) error {
	p.pos++
	p.space()
	if p.peek() == end {
		p.pos++
		return nil
	}
	for {
		if err := one(); err != nil {
			return err
		}
		p.space()
		switch p.peek() {
		case end:
			p.pos++
			return nil
		case ',':
			p.pos++
			p.space()
		default:
			return p.syntax()
		}
	}
}

func (p *parser) array(depth int) error {
	p.out = append(p.out, '[')
	first := true
	err := p.list(']', func() error {
		if !first {
			p.out = append(p.out, ',')
		}
		first = false
		return p.value(depth + 1)
	})
	p.out = append(p.out, ']')
	return err
}

// number copies a number as it is spelled.
func (p *parser) number() error {
	start := p.pos
	if p.peek() == '-' {
		p.pos++
	}
	if p.peek() == '0' {
		p.pos++
	} else if !p.digits() {
		return p.syntax()
	}
	if p.peek() == '.' {
		p.pos++
		if !p.digits() {
			return p.syntax()
		}
	}
	if p.peek()|0x20 == 'e' {
		p.pos++
		if c := p.peek(); c == '+' || c == '-' {
			p.pos++
		}
		if !p.digits() {
			return p.syntax()
		}
	}
	p.out = append(p.out, p.src[start:p.pos]...)
	return nil
}

// digits passes over one or more digits.
func (p *parser) digits() bool {
	start := p.pos
	for c := p.peek(); c >= '0' && c <= '9'; c = p.peek() {
		p.pos++
	}
	return p.pos > start
}

// invalidUTF8 gives the offset of the first byte that is not UTF-8, or -1.
func invalidUTF8(b []byte) int {
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return -1
}
