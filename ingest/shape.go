package ingest

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// shape is what the body of a route may hold, as data.
type shape struct {
	resource      string // type, plural
	attributes    []field
	relationships []relation
	meta          []field
}

// field is one attribute.
type field struct {
	name     string
	kind     fieldKind
	required bool
	nullable bool     // null means "clear"; without it null is ignored, or refused if required
	blank    bool     // "" is allowed
	raw      bool     // text is not trimmed
	enum     []string // the values allowed
}

type fieldKind int

const (
	text fieldKind = iota
	integer
	boolean
	moment   // time, ISO 8601
	object   // any object
	textList // list of strings
)

var fieldKindNames = [...]string{"string", "integer", "boolean", "time", "object", "array"}

// relation is one relationship: resource identifiers of a type.
type relation struct {
	name     string
	resource string // type, plural
	required bool
	nullable bool
	many     bool
	// parts says that the items carry relationships of their own, with or
	// without an id: constraints.
	parts []relation
}

// link is one resource identifier.
type link struct {
	id    string // lower case, hyphens; "" if the item has only parts
	parts map[string]string
}

// input is a body that fits its shape.
type input struct {
	attributes map[string]value  // null only if nullable
	links      map[string][]link // by relationship; none for null
	meta       map[string]value
}

// fit checks a body against the shape. The first fault is reported.
func (s shape) fit(body value) (*input, error) {
	if body.kind != isObject {
		return nil, mismatchAt("/data", body, "object")
	}
	in := &input{attributes: map[string]value{}, links: map[string][]link{}, meta: map[string]value{}}
	for _, m := range body.members {
		var err error
		switch m.name {
		case "data":
		case "meta":
			err = fitFields(s.meta, m.value, "/meta", in.meta)
		case "jsonapi", "included", "links":
		default:
			err = badBody("/"+escapePointer(m.name), "unpermitted parameter")
		}
		if err != nil {
			return nil, err
		}
	}
	data, found := body.member("data")
	if !found {
		return nil, badBody("/data", "is missing")
	}
	return in, s.fitData(data, in)
}

func (s shape) fitData(data value, in *input) error {
	if data.kind != isObject {
		return mismatchAt("/data", data, "object")
	}
	var attributes, relationships value
	attributes.kind, relationships.kind = isObject, isObject
	kind := ""
	for _, m := range data.members {
		switch m.name {
		case "type":
			kind = m.value.text
			if m.value.kind != isString {
				return mismatchAt("/data/type", m.value, "string")
			}
		case "id", "links", "meta":
		case "attributes":
			attributes = m.value
		case "relationships":
			relationships = m.value
		default:
			return badBody("/data/"+escapePointer(m.name), "unpermitted parameter")
		}
	}
	if kind == "" {
		return badBody("/data/type", "is missing")
	}
	if !sameType(kind, s.resource) {
		return badBody("/data/type", "is invalid")
	}
	if err := fitFields(s.attributes, attributes, "/data/attributes", in.attributes); err != nil {
		return err
	}
	return fitRelations(s.relationships, relationships, "/data/relationships", in.links)
}

// sameType compares a type, singular or plural, with a plural one.
func sameType(have, plural string) bool {
	singular := strings.TrimSuffix(plural, "s")
	if stem, ok := strings.CutSuffix(plural, "ies"); ok {
		singular = stem + "y"
	}
	return have == plural || have == singular
}

func fitFields(fields []field, v value, at string, into map[string]value) error {
	if v.kind != isObject {
		return mismatchAt(at, v, "object")
	}
	for _, m := range v.members {
		i := slices.IndexFunc(fields, func(f field) bool { return f.name == m.name })
		if i < 0 {
			return badBody(at+"/"+escapePointer(m.name), "unpermitted parameter")
		}
		got, keep, err := fields[i].fit(m.value, at+"/"+escapePointer(m.name))
		if err != nil {
			return err
		}
		if keep {
			into[m.name] = got
		}
	}
	for _, f := range fields {
		if _, found := into[f.name]; f.required && !found {
			return badBody(at+"/"+f.name, "is missing")
		}
	}
	return nil
}

// fit checks one value; keep is false for a null that means nothing.
func (f field) fit(v value, at string) (out value, keep bool, err error) {
	if v.kind == isNull {
		if f.required && !f.nullable {
			return v, false, badBody(at, "cannot be null")
		}
		return v, f.nullable, nil
	}
	switch f.kind {
	case text:
		if v.kind != isString {
			return v, false, mismatchAt(at, v, "string")
		}
		if !f.raw {
			v.text = strings.TrimSpace(v.text)
		}
		if !f.blank && strings.TrimSpace(v.text) == "" {
			return v, false, badBody(at, "cannot be blank")
		}
		if f.enum != nil && !slices.Contains(f.enum, v.text) {
			return v, false, badBody(at, "is invalid")
		}
	case integer:
		if _, ok := v.integer(); !ok {
			return v, false, mismatchAt(at, v, "integer")
		}
	case moment:
		if _, ok := v.moment(); !ok {
			return v, false, mismatchAt(at, v, "time")
		}
	case boolean, object, textList:
		if want := map[fieldKind]valueKind{boolean: isBool, object: isObject, textList: isList}[f.kind]; v.kind != want {
			return v, false, mismatchAt(at, v, fieldKindNames[f.kind])
		}
		for i, x := range v.list {
			if x.kind != isString {
				return v, false, mismatchAt(at+"/"+strconv.Itoa(i), x, "string")
			}
		}
	}
	return v, true, nil
}

func mismatchAt(at string, v value, want string) error {
	have := v.kind.String()
	if v.kind == isNumber {
		have = "integer"
		if _, ok := v.integer(); !ok {
			have = "float"
		}
	}
	return badBody(at, "type mismatch (received "+have+" expected "+want+")")
}

// integer gives a number without fraction; one beyond int64 is the nearest.
func (v value) integer() (int64, bool) {
	if v.kind != isNumber {
		return 0, false
	}
	if n, err := strconv.ParseInt(v.text, 10, 64); err == nil {
		return n, true
	}
	f, err := strconv.ParseFloat(v.text, 64)
	switch {
	case f >= 1<<63:
		return 1<<63 - 1, true
	case f <= -1<<63:
		return -1 << 63, true
	}
	return int64(f), err == nil && f == float64(int64(f))
}

// moment gives a time in Unix milliseconds.
func (v value) moment() (int64, bool) {
	if v.kind != isString {
		return 0, false
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", "2006-01-02"} {
		if t, err := time.Parse(layout, v.text); err == nil && t.Year() > 0 {
			return t.UnixMilli(), true
		}
	}
	return 0, false
}

// escapePointer writes a member name into a JSON pointer (RFC 6901).
func escapePointer(name string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}
