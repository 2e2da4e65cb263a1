package jsonapi

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode"
)

// Metadata is stored metadata as it is shown: keys in lowerCamelCase, {} when
// there is none. Values are kept as they are.
func Metadata(stored json.RawMessage) json.RawMessage {
	if len(stored) == 0 || string(stored) == "null" {
		return json.RawMessage("{}")
	}
	var b bytes.Buffer
	for i := 0; i < len(stored); {
		if stored[i] != '"' {
			b.WriteByte(stored[i])
			i++
			continue
		}
		end := stringEnd(stored, i)
		text := stored[i:end]
		var key string
		if next := bytes.TrimLeft(stored[end:], " \t\r\n"); len(next) > 0 && next[0] == ':' && json.Unmarshal(text, &key) == nil {
			text, _ = Marshal(Camel(key))
		}
		b.Write(text)
		i = end
	}
	return b.Bytes()
}

// stringEnd is the index behind the JSON string that begins at i.
func stringEnd(b []byte, i int) int {
	for i++; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(b)
}

// Camel writes a snake_case key in lowerCamelCase.
func Camel(key string) string {
	var b strings.Builder
	up := false
	for i, r := range key {
		switch {
		case r == '_' && i > 0 && i < len(key)-1:
			up = true
		case up:
			b.WriteRune(unicode.ToUpper(r))
			up = false
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Snake writes a camelCase key in snake_case; it is how metadata is stored.
func Snake(key string) string {
	var b strings.Builder
	text := []rune(key)
	for i, r := range text {
		if !unicode.IsUpper(r) {
			b.WriteRune(r)
			continue
		}
		after := i > 0 && text[i-1] != '_' && !unicode.IsUpper(text[i-1])
		before := i > 0 && i+1 < len(text) && unicode.IsUpper(text[i-1]) && unicode.IsLower(text[i+1])
		if after || before {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
