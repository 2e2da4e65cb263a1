package ingest

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of texts (publishing-api.md section 3).
const (
	maxName        = 255 // characters
	maxWord        = 255 // bytes: code, key, version, tag, filename
	maxDescription = 16 << 10
	maxSignature   = 4 << 10
)

// name checks a text of at most 255 characters.
func (p *problems) name(attribute, s string) {
	p.text(attribute, s, utf8.RuneCountInString(s), maxName, false)
}

// word checks a code, key, version, tag or filename: at most 255 bytes.
func (p *problems) word(attribute, s string) { p.text(attribute, s, len(s), maxWord, false) }

// description checks a text of several lines.
func (p *problems) description(attribute, s string) {
	p.text(attribute, s, len(s), maxDescription, true)
}

func (p *problems) text(attribute, s string, length, limit int, lines bool) {
	code := attributeCode(attribute)
	switch {
	case length > limit:
		p.add(attribute, code+"_TOO_LONG", "is too long")
	case unprintable(s, lines):
		p.add(attribute, code+"_INVALID", "holds a control character")
	}
}

// add notes a 422.
func (p *problems) add(pointer, code, detail string) {
	*p = append(*p, unprocessable(pointer, code, detail))
}

// attributeCode writes an attribute's name as codes do: firstName as
// FIRST_NAME.
func attributeCode(attribute string) string {
	var b strings.Builder
	for _, r := range attribute {
		if unicode.IsUpper(r) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToUpper(r))
	}
	return b.String()
}

// unprintable finds control characters and bidirectional overrides; lines
// allows tab and newlines.
func unprintable(s string, lines bool) bool {
	for _, r := range s {
		switch {
		case lines && (r == '\t' || r == '\n' || r == '\r'):
		case r < 0x20, r >= 0x7f && r <= 0x9f, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
			return true
		}
	}
	return false
}

// action says that a word would collide with the API's own paths.
func action(s string) bool { return strings.EqualFold(s, "action") || strings.EqualFold(s, "actions") }
