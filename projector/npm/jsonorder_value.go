package npm

import (
	"encoding/json"

	"offprint/schema"
)

// str gives a member's text, false unless it is a string.
func (o object) str(key string) (string, bool) { return text(o.get(key)) }

// object gives a member that is an object, false if it is anything else.
func (o object) object(key string) (object, bool) {
	value := o.get(key)
	if len(value) == 0 || value[0] != '{' {
		return nil, false
	}
	return split(value), true
}

// text gives the text of a compact JSON string, false for any other value.
func text(value json.RawMessage) (string, bool) {
	if len(value) == 0 || value[0] != '"' {
		return "", false
	}
	s, err := (&parser{src: value}).str()
	return s, err == nil
}

// kindOf names a compact value's kind with its article.
func kindOf(value []byte) string {
	switch value[0] {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "a string"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	}
	return "a number"
}

// appendStrings writes an array of strings.
func appendStrings(dst []byte, list []string) []byte {
	dst = append(dst, '[')
	for i, s := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = schema.AppendJSONString(dst, s)
	}
	return append(dst, ']')
}
