package npm

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// str reads a string and gives its text. A lone surrogate has no UTF-8 form
// and is refused.
func (p *parser) str() (string, error) {
	if p.peek() != '"' {
		return "", p.syntax()
	}
	p.pos++
	plain := p.pos
	var text []byte
	for {
		switch c := p.peek(); {
		case p.pos >= len(p.src) || c < ' ':
			return "", p.syntax()
		case c == '"':
			text = append(text, p.src[plain:p.pos]...)
			p.pos++
			return string(text), nil
		case c == '\\':
			text = append(text, p.src[plain:p.pos]...)
			r, err := p.escape()
			if err != nil {
				return "", err
			}
			text = utf8.AppendRune(text, r)
			plain = p.pos
		default:
			p.pos++
		}
	}
}

// escape reads one escape sequence, a surrogate pair as a whole.
func (p *parser) escape() (rune, error) {
	start := p.pos
	p.pos++
	const short, meaning = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	if i := strings.IndexByte(short, p.peek()); i >= 0 && p.pos < len(p.src) {
		p.pos++
		return rune(meaning[i]), nil
	}
	r, ok := p.hex4()
	if !ok {
		p.pos = min(p.pos, len(p.src))
		return 0, p.syntax()
	}
	if !utf16.IsSurrogate(r) {
		return r, nil
	}
	if p.peek() == '\\' {
		p.pos++
		if low, ok := p.hex4(); ok {
			if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
				return r, nil
			}
		}
	}
	return 0, p.bad(start, "has half a surrogate pair")
}

// hex4 reads uXXXX.
func (p *parser) hex4() (rune, bool) {
	if p.peek() != 'u' || p.pos+5 > len(p.src) {
		return 0, false
	}
	var r rune
	for _, c := range p.src[p.pos+1 : p.pos+5] {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	p.pos += 5
	return r, true
}
