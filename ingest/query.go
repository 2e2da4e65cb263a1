package ingest

import (
	"net/url"
	"strconv"
	"strings"
)

// query is the parsed query string, in order.
type query []parameter

type parameter struct{ name, value string }

// parseQuery splits and decodes a query string: '+' is a space, %XX is decoded
// once. A name in brackets may come escaped or not.
func parseQuery(raw string) (query, error) {
	var q query
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		name, err := percentDecode(strings.ReplaceAll(name, "+", " "))
		if err != nil {
			return nil, err
		}
		value, err = percentDecode(strings.ReplaceAll(value, "+", " "))
		if err != nil {
			return nil, err
		}
		q = append(q, parameter{name, value})
	}
	return q, nil
}

// look gives the last value of a scalar parameter.
func (q query) look(name string) (value string, found bool) {
	for i := len(q) - 1; i >= 0; i-- {
		if q[i].name == name {
			return q[i].value, true
		}
	}
	return "", false
}

// get is look without telling absent from empty.
func (q query) get(name string) string { v, _ := q.look(name); return v }

// all gives every value of a list parameter, name[] or name.
func (q query) all(name string) []string {
	var out []string
	for _, p := range q {
		if p.name == name+"[]" || p.name == name {
			out = append(out, p.value)
		}
	}
	return out
}

// encode writes the query without the parameters named in drop, for links.
func (q query) encode(drop ...string) string {
	var b strings.Builder
next:
	for _, p := range q {
		for _, d := range drop {
			if p.name == d {
				continue next
			}
		}
		if b.Len() > 0 {
			b.WriteByte('&')
		}
		b.WriteString(url.QueryEscape(p.name))
		b.WriteByte('=')
		b.WriteString(url.QueryEscape(p.value))
	}
	return b.String()
}

// paging says which part of a list is asked for.
type paging struct {
	mode      pageMode
	number    int
	size      int // limit, or page[size]
	cursor    string
	ascending bool
}

type pageMode int

const (
	byLimit pageMode = iota
	byNumber
	byCursor
)

// paging reads limit, page[number], page[size], page[cursor] and order.
func (q query) paging() (paging, error) {
	p := paging{size: 10, number: 1}
	switch order, found := q.look("order"); {
	case !found, strings.EqualFold(order, "desc"):
	case strings.EqualFold(order, "asc"):
		p.ascending = true
	default:
		return p, badQuery("order", "is invalid")
	}
	if _, scalar := q.look("page"); scalar {
		return p, badQuery("page", "type mismatch (received string expected object)")
	}
	_, cursor := q.look("page[cursor]")
	_, number := q.look("page[number]")
	_, size := q.look("page[size]")
	var err error
	switch {
	case cursor:
		p.mode, p.cursor = byCursor, q.get("page[cursor]")
		err = q.bounded("page[size]", &p.size)
	case number || size:
		p.mode = byNumber
		if err = q.bounded("page[number]", &p.number); err == nil {
			err = q.bounded("page[size]", &p.size)
		}
	default:
		err = q.bounded("limit", &p.size)
	}
	return p, err
}

// bounded reads an integer of 1 to 100, if it is there.
func (q query) bounded(name string, into *int) error {
	text, found := q.look(name)
	if !found {
		return nil
	}
	n, err := strconv.Atoi(text)
	switch {
	case err != nil:
		return badQuery(name, "type mismatch (received string expected integer)")
	case n < 1 || n > 100:
		return badQuery(name, "must be a number between 1 and 100")
	}
	*into = n
	return nil
}
