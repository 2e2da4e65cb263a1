// Package jsonapi writes resources as JSON:API documents
// (https://jsonapi.org/format/1.1/), in the shapes of the publishing API. It is
// pure. Every resource has a function of its name: stored state in, resource
// object out. Links are relative and begin with /v1/accounts/{account's UUID}.
package jsonapi

import (
	"bytes"
	"encoding/json"
	"time"

	"offprint/schema"
)

// Document is a whole answer.
type Document struct {
	Data     any        `json:"data"` // Resource, []Resource, or nil for null
	Included []Resource `json:"included,omitempty"`
	Links    any        `json:"links,omitempty"`
	Meta     any        `json:"meta,omitempty"`
}

// Resource is one resource object. Attributes is a struct in the order of the
// contract's examples.
type Resource struct {
	ID            string        `json:"id"`
	Type          string        `json:"type"`
	Attributes    any           `json:"attributes"`
	Relationships Relationships `json:"relationships"`
	Links         Links         `json:"links"`
}

// Self is the resource's own link, "" if it has none.
func (r Resource) Self() string { return r.Links.get("self") }

// Links are named links in order.
type Links []Link

// Link is one link; a To of "" is null.
type Link struct{ Name, To string }

func (l Links) get(name string) string {
	for _, x := range l {
		if x.Name == name {
			return x.To
		}
	}
	return ""
}

// MarshalJSON writes an object, members in the order of l.
func (l Links) MarshalJSON() ([]byte, error) {
	return object(len(l), func(i int) (string, any) {
		if l[i].To == "" {
			return l[i].Name, nil
		}
		return l[i].Name, l[i].To
	})
}

// Relationships are named relationships in order.
type Relationships []Relationship

// Relationship is one of them. Without Linked only its link is written; with
// it, Data too, null if that is nil.
type Relationship struct {
	Name    string
	Linked  bool
	Data    *Identifier
	Related string
}

// Renamed is the relationship called from under another name, for clients of an
// older version.
func (r Relationships) Renamed(from, to string) Relationship {
	for _, x := range r {
		if x.Name == from {
			x.Name = to
			return x
		}
	}
	return Relationship{Name: to, Linked: true}
}

// Identifier names a resource.
type Identifier struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

// MarshalJSON writes an object, members in the order of r.
func (r Relationships) MarshalJSON() ([]byte, error) {
	type related struct {
		Related string `json:"related"`
	}
	type link struct {
		Links related `json:"links"`
	}
	type both struct {
		Data  *Identifier `json:"data"`
		Links *related    `json:"links,omitempty"`
	}
	return object(len(r), func(i int) (string, any) {
		x := r[i]
		if !x.Linked {
			return x.Name, link{related{x.Related}}
		}
		b := both{Data: x.Data}
		if x.Related != "" {
			b.Links = &related{x.Related}
		}
		return x.Name, b
	})
}

func object(n int, at func(int) (string, any)) ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		name, v := at(i)
		for j, part := range []any{name, v} {
			text, err := Marshal(part)
			if err != nil {
				return nil, err
			}
			if j == 1 {
				b.WriteByte(':')
			}
			b.Write(text)
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// Marshal is JSON without HTML escapes.
func Marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// Path is the link of something below an account: "releases/<id>"; "" is the
// account itself.
func Path(account, below string) string {
	if below == "" {
		return "/v1/accounts/" + account
	}
	return "/v1/accounts/" + account + "/" + below
}

// TimeFormat is ISO 8601 in UTC with milliseconds.
const TimeFormat = "2006-01-02T15:04:05.000Z"

// Time is a time in Unix milliseconds as text; nil for 0.
func Time(ms int64) *string {
	if ms == 0 {
		return nil
	}
	s := time.UnixMilli(ms).UTC().Format(TimeFormat)
	return &s
}

// Text is s, nil if it is empty.
func Text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// stamps are the members that every resource ends with.
type stamps struct {
	Metadata json.RawMessage `json:"metadata"`
	Created  *string         `json:"created"`
	Updated  *string         `json:"updated"`
}

func stampsOf(b *schema.Base) stamps {
	return stamps{Metadata(b.Metadata), Time(b.Created), Time(b.Updated)}
}

// builder makes the parts of one resource.
type builder struct{ account, plural, id string }

func of(b *schema.Base, plural string) builder { return builder{b.Account, plural, b.ID} }

func (b builder) path(below string) string {
	p := b.plural + "/" + b.id
	if below != "" {
		p += "/" + below
	}
	return Path(b.account, p)
}

func (b builder) resource(attributes any, rels ...Relationship) Resource {
	all := append(Relationships{{Name: "account", Linked: true, Data: &Identifier{"accounts", b.account}, Related: Path(b.account, "")}}, rels...)
	return Resource{ID: b.id, Type: b.plural, Attributes: attributes, Relationships: all, Links: Links{{"self", b.path("")}}}
}

// one is a relationship to the resource itself, by id; null for "".
func (b builder) one(name, plural, id string) Relationship {
	r := Relationship{Name: name, Linked: true, Related: b.path(name)}
	if id != "" {
		r.Data = &Identifier{plural, id}
	}
	return r
}

// direct is one whose link is the related resource's own.
func (b builder) direct(name, plural, id string) Relationship {
	r := Relationship{Name: name, Linked: true}
	if id != "" {
		r.Data, r.Related = &Identifier{plural, id}, Path(b.account, plural+"/"+id)
	}
	return r
}

// many is a relationship of which only the link is shown.
func (b builder) many(name string) Relationship {
	return Relationship{Name: name, Related: b.path(name)}
}
