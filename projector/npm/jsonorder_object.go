package npm

import (
	"encoding/json"

	"offprint/schema"
)

// span is one member in a parser's out: "key":value without the comma.
type span struct {
	key      string
	from, to int
}

// object reads one object. Members go to out as they come; only when a key was
// repeated the text is put together again.
func (p *parser) object(depth int) error {
	start := len(p.out)
	p.out = append(p.out, '{')
	var spans []span
	var index map[string]int
	repeated := false
	err := p.list('}', func() error {
		mark := len(p.out)
		if len(spans) > 0 {
			p.out = append(p.out, ',')
		}
		s := span{from: len(p.out)}
		if err := p.member(&s, depth); err != nil {
			return err
		}
		if s.key == "__proto__" {
			p.out = p.out[:mark]
			return nil
		}
		if i, ok := find(spans, index, s.key); ok {
			spans[i], repeated = s, true
			return nil
		}
		if spans = append(spans, s); index != nil {
			index[s.key] = len(spans) - 1
		} else if len(spans) > 16 {
			index = indexOf(spans)
		}
		return nil
	})
	if repeated {
		p.rebuild(start+1, spans)
	}
	p.out = append(p.out, '}')
	return err
}

// member reads a key and its value into out and s.
func (p *parser) member(s *span, depth int) (err error) {
	if s.key, err = p.str(); err != nil {
		return err
	}
	p.out = append(schema.AppendJSONString(p.out, s.key), ':')
	p.space()
	if p.peek() != ':' {
		return p.syntax()
	}
	p.pos++
	p.space()
	err = p.value(depth + 1)
	s.to = len(p.out)
	return err
}

// rebuild replaces out from start on by the spans.
func (p *parser) rebuild(start int, spans []span) {
	text := make([]byte, 0, len(p.out)-start)
	for i, s := range spans {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(text, p.out[s.from:s.to]...)
	}
	p.out = append(p.out[:start], text...)
}

func find(spans []span, index map[string]int, key string) (int, bool) {
	if index != nil {
		i, ok := index[key]
		return i, ok
	}
	for i := range spans {
		if spans[i].key == key {
			return i, true
		}
	}
	return 0, false
}

func indexOf(spans []span) map[string]int {
	index := make(map[string]int, 4*len(spans))
	for i, s := range spans {
		index[s.key] = i
	}
	return index
}

// member is one member of an object; value is compact JSON.
type member struct {
	key   string
	value json.RawMessage
}

// object is a JSON object that keeps its order. Keys are unique.
type object []member

// readObject reads an object from JSON text. The error is a *Failure.
func readObject(src []byte) (object, error) {
	text, err := compact(src)
	if err != nil {
		return nil, err
	}
	if text[0] != '{' {
		return nil, reject(codeManifest, "package.json is not an object but %s at line 1.", kindOf(text))
	}
	return split(text), nil
}

// split takes compact object text apart. The values are parts of text.
func split(text []byte) object {
	p := &parser{src: text}
	var o object
	// Compact text was read once before and cannot fail.
	_ = p.list('}', func() error {
		key, err := p.str()
		if err != nil {
			return err
		}
		p.pos++ // the colon
		start := p.pos
		p.out = p.out[:0]
		err = p.value(1)
		o = append(o, member{key, text[start:p.pos]})
		return err
	})
	return o
}

// append writes the object as compact JSON.
func (o object) append(dst []byte) []byte {
	dst = append(dst, '{')
	for i, m := range o {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(append(schema.AppendJSONString(dst, m.key), ':'), m.value...)
	}
	return append(dst, '}')
}

// get gives a member's value, nil if there is none.
func (o object) get(key string) json.RawMessage {
	for _, m := range o {
		if m.key == key {
			return m.value
		}
	}
	return nil
}

// set replaces a member in its place or adds it at the end.
func (o *object) set(key string, value json.RawMessage) {
	for i := range *o {
		if (*o)[i].key == key {
			(*o)[i].value = value
			return
		}
	}
	*o = append(*o, member{key, value})
}
