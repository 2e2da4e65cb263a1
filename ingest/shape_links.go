package ingest

import (
	"slices"
	"strconv"
)

func fitRelations(relations []relation, v value, at string, into map[string][]link) error {
	if v.kind != isObject {
		return mismatchAt(at, v, "object")
	}
	for _, m := range v.members {
		here := at + "/" + escapePointer(m.name)
		i := slices.IndexFunc(relations, func(r relation) bool { return r.name == m.name })
		if i < 0 {
			return badBody(here, "unpermitted parameter")
		}
		list, err := relations[i].fit(m.value, here)
		if err != nil {
			return err
		}
		into[m.name] = list
	}
	for _, r := range relations {
		if _, found := into[r.name]; r.required && !found {
			return badBody(at+"/"+r.name, "is missing")
		}
	}
	return nil
}

// fit reads {"data": …}; the result is not nil.
func (r relation) fit(v value, at string) ([]link, error) {
	if v.kind != isObject {
		return nil, mismatchAt(at, v, "object")
	}
	for _, m := range v.members {
		if m.name != "data" && m.name != "links" && m.name != "meta" {
			return nil, badBody(at+"/"+escapePointer(m.name), "unpermitted parameter")
		}
	}
	data, found := v.member("data")
	if !found {
		return nil, badBody(at+"/data", "is missing")
	}
	return r.linkage(data, at+"/data")
}

// linkage reads resource identifiers: one, or a list.
func (r relation) linkage(data value, at string) ([]link, error) {
	out := []link{}
	switch {
	case r.many && data.kind == isList:
		for i, item := range data.list {
			one, err := r.identifier(item, at+"/"+strconv.Itoa(i))
			if err != nil {
				return nil, err
			}
			out = append(out, one)
		}
		return out, nil
	case r.many:
		return nil, mismatchAt(at, data, "array")
	case data.kind == isNull && r.nullable:
		return out, nil
	case data.kind == isNull:
		return nil, badBody(at, "cannot be null")
	}
	one, err := r.identifier(data, at)
	return append(out, one), err
}

func (r relation) identifier(v value, at string) (link, error) {
	if v.kind != isObject {
		return link{}, mismatchAt(at, v, "object")
	}
	out := link{}
	typed, identified := false, false
	for _, m := range v.members {
		here := at + "/" + escapePointer(m.name)
		switch {
		case (m.name == "type" || m.name == "id") && m.value.kind != isString:
			return out, mismatchAt(here, m.value, "string")
		case m.name == "type":
			if typed = true; !sameType(m.value.text, r.resource) {
				return out, badBody(here, "is invalid")
			}
		case m.name == "id":
			identified = true
			if out.id = uuidOf(m.value.text); out.id == "" {
				return out, badBody(here, "must be a valid UUID")
			}
		case m.name == "relationships" && r.parts != nil:
			parts := map[string][]link{}
			if err := fitRelations(r.parts, m.value, here, parts); err != nil {
				return out, err
			}
			out.parts = map[string]string{}
			for name, list := range parts {
				if len(list) > 0 {
					out.parts[name] = list[0].id
				}
			}
		case m.name == "meta", m.name == "attributes" && r.parts != nil && m.value.kind == isObject && len(m.value.members) == 0:
		default:
			return out, badBody(here, "unpermitted parameter")
		}
	}
	switch {
	case !typed:
		return out, badBody(at+"/type", "is missing")
	case r.parts == nil && !identified:
		return out, badBody(at+"/id", "is missing")
	case r.parts != nil && out.parts == nil:
		return out, badBody(at+"/relationships", "is missing")
	}
	return out, nil
}

// has says whether an attribute was sent; null counts if it clears.
func (in *input) has(name string) bool { _, ok := in.attributes[name]; return ok }

// text gives a text attribute, "" if it is absent or null.
func (in *input) text(name string) string { return in.attributes[name].text }

// integer gives an integer attribute, 0 if it is absent or null.
func (in *input) integer(name string) int64 { n, _ := in.attributes[name].integer(); return n }

// isNull says that the attribute was sent as null.
func (in *input) isNull(name string) bool {
	v, ok := in.attributes[name]
	return ok && v.kind == isNull
}

// moment gives a time in Unix milliseconds, 0 if it is absent or null.
func (in *input) moment(name string) int64 { t, _ := in.attributes[name].moment(); return t }

// texts gives a list of strings.
func (in *input) texts(name string) []string {
	var out []string
	for _, v := range in.attributes[name].list {
		out = append(out, v.text)
	}
	return out
}

// link gives the id of a to-one relationship, "" if it is absent or null.
func (in *input) link(name string) string {
	if list := in.links[name]; len(list) > 0 {
		return list[0].id
	}
	return ""
}
