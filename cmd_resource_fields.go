package main

import (
	"context"
	"fmt"
	"net/url"
	"reflect"
	"strings"

	"github.com/alecthomas/kong"
)

// flagField is a field of a command's struct that the API knows.
type flagField struct {
	tag   reflect.StructTag
	name  string // of the flag
	value any    // nil if it was not given
}

// fieldsOf gives the fields with one of the tags, in order, embedded ones too.
// A field that is a pointer, a list or a map was given if it is not nil; a text
// if it is not empty.
func fieldsOf(flags any, key string) []flagField {
	return taggedFields(reflect.Indirect(reflect.ValueOf(flags)), key)
}

func taggedFields(v reflect.Value, key string) (out []flagField) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.Anonymous {
			out = append(out, taggedFields(v.Field(i), key)...)
			continue
		}
		if _, ok := f.Tag.Lookup(key); !ok {
			continue
		}
		name := f.Tag.Get("name")
		if name == "" {
			name = kebab(f.Name)
		}
		out = append(out, flagField{f.Tag, name, given(v.Field(i))})
	}
	return out
}

func given(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return v.Elem().Interface()
	case reflect.Slice, reflect.Map:
		if v.Len() == 0 {
			return nil
		}
	default:
		if v.IsZero() {
			return nil
		}
	}
	return v.Interface()
}

// kebab is the flag's name of a field: FirstName is first-name.
func kebab(name string) string {
	var b strings.Builder
	for i, r := range name {
		if i > 0 && 'A' <= r && r <= 'Z' {
			b.WriteByte('-')
		}
		b.WriteRune(r)
	}
	return strings.ToLower(b.String())
}

// attributesOf are the attributes that were given.
func attributesOf(flags any) map[string]any {
	out := map[string]any{}
	for _, f := range fieldsOf(flags, "attr") {
		if f.value != nil {
			out[f.tag.Get("attr")] = f.value
		}
	}
	return out
}

// attributeNames are all attributes, by the names of their flags.
func attributeNames(flags any) map[string]string {
	out := map[string]string{}
	for _, f := range fieldsOf(flags, "attr") {
		out[f.name] = f.tag.Get("attr")
	}
	return out
}

// queryOf are the filters that were given. A list becomes name[]=... for each.
func queryOf(flags any) url.Values {
	out := url.Values{}
	for _, f := range fieldsOf(flags, "query") {
		name := f.tag.Get("query")
		switch v := f.value.(type) {
		case nil:
		case []string:
			out[name+"[]"] = v
		default:
			out.Set(name, fmt.Sprint(v))
		}
	}
	return out
}

// missing says what a new resource needs and was not given.
func missing(flags any) error {
	var list []string
	for _, f := range fieldsOf(flags, "need") {
		if f.value == nil {
			list = append(list, "--"+f.name)
		}
	}
	if len(list) == 0 {
		return nil
	}
	return fmt.Errorf("missing: %s", strings.Join(list, ", "))
}

// newDocument is the body that makes a resource of the flags. Relationships are
// looked up by their aliases.
func newDocument(ctx context.Context, s *session, kind string, flags any) (any, error) {
	related := map[string]any{}
	for _, f := range fieldsOf(flags, "rel") {
		var err error
		var data any
		switch v := f.value.(type) {
		case nil:
			continue
		case []string:
			data, err = s.identifiers(ctx, f.tag.Get("of"), v)
		case string:
			data, err = s.identifier(ctx, f.tag.Get("of"), v)
		default:
			data = v // made by prepare
		}
		if err != nil {
			return nil, fmt.Errorf("--%s: %w", f.name, err)
		}
		related[f.tag.Get("rel")] = map[string]any{"data": data}
	}
	data := map[string]any{"type": kind, "attributes": attributesOf(flags)}
	if len(related) > 0 {
		data["relationships"] = related
	}
	return map[string]any{"data": data}, nil
}

// identifier is the resource identifier of an id or alias.
func (s *session) identifier(ctx context.Context, kind, alias string) (map[string]any, error) {
	r, err := s.resolve(ctx, kind, alias)
	return map[string]any{"type": kind, "id": r.ID}, err
}

func (s *session) identifiers(ctx context.Context, kind string, aliases []string) ([]any, error) {
	var out []any
	for _, alias := range aliases {
		one, err := s.identifier(ctx, kind, alias)
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

// withoutTwins takes the twin in the environment from every flag that is a part
// of the API.
func withoutTwins(k *kong.Kong) error {
	var visit func(*kong.Node)
	visit = func(n *kong.Node) {
		for _, f := range n.Flags {
			if f.Tag.Has("attr") || f.Tag.Has("rel") || f.Tag.Has("query") || f.Tag.Has("action") {
				f.Envs, f.Tag.Envs = nil, nil
			}
		}
		for _, child := range n.Children {
			visit(child)
		}
	}
	visit(k.Model.Node)
	return nil
}
