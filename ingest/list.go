package ingest

import (
	"cmp"
	"slices"
	"strconv"

	"offprint/schema"
	"offprint/schema/jsonapi"
)

// listing is a list that a route answers.
type listing struct {
	query schema.Query // Account and Ascending are filled in
	// keep says whether the caller sees a record and asked for it; nil keeps
	// all. It must not read the store: a reader is open while it is called.
	keep func(schema.Record) (bool, error)
	// show makes the resource object of a record that is on the page.
	show func(schema.Record) (jsonapi.Resource, error)
}

// list answers with the part of l that the query's paging asks for.
func (c *call) list(l listing) (*answer, error) {
	page, err := c.query.paging()
	if err != nil {
		return nil, err
	}
	l.query.Account, l.query.Ascending = c.account.ID, page.ascending
	records, total, err := c.records(l, page)
	if err != nil {
		return nil, err
	}
	more := page.mode == byCursor && len(records) > page.size
	if more {
		records = records[:page.size]
	}
	data := make([]jsonapi.Resource, len(records))
	for i, r := range records {
		if data[i], err = l.show(r); err != nil {
			return nil, err
		}
	}
	return c.page(page, data, total, more), nil
}

// page is the answer with one page of a list.
func (c *call) page(page paging, data []jsonapi.Resource, total int, more bool) *answer {
	doc := jsonapi.Document{Data: data}
	switch page.mode {
	case byNumber:
		doc.Links = c.numbered(page, total)
	case byCursor:
		next := ""
		if more {
			next = data[len(data)-1].ID
		}
		doc.Links = c.cursored(page, next)
	}
	return &answer{doc: doc}
}

// listParts answers with a page of parts that are not records of their own,
// given oldest first.
func (c *call) listParts(parts []jsonapi.Resource) (*answer, error) {
	page, err := c.query.paging()
	if err != nil {
		return nil, err
	}
	if !page.ascending {
		slices.Reverse(parts)
	}
	from := 0
	switch {
	case page.mode == byNumber:
		from = (page.number - 1) * page.size
	case page.mode == byCursor && page.cursor != "":
		from = 1 + slices.IndexFunc(parts, func(r jsonapi.Resource) bool { return r.ID == cmp.Or(uuidOf(page.cursor), page.cursor) })
		if from == 0 {
			return nil, badQuery("page[cursor]", "is invalid")
		}
	}
	from = min(from, len(parts))
	to := min(from+page.size, len(parts))
	return c.page(page, parts[from:to], len(parts), to < len(parts)), nil
}

// records collects one page; total counts all that are kept, if the page is
// numbered. By cursor it gives one record more than the page holds, if there is
// one.
func (c *call) records(l listing, page paging) (out []schema.Record, total int, err error) {
	after := page.cursor == "" || page.mode != byCursor
	cursor := cmp.Or(uuidOf(page.cursor), page.cursor)
	from, to := 0, page.size
	switch page.mode {
	case byNumber:
		from, to = (page.number-1)*page.size, page.number*page.size
	case byCursor:
		to++
	}
	var failed error
	err = c.api.store.List(c.ctx, l.query, func(r schema.Record) bool {
		if l.keep != nil {
			keep, err := l.keep(r)
			if failed = err; err != nil || !keep {
				return err == nil
			}
		}
		if !after {
			after = r.ID == cursor
			return true
		}
		if total >= from && total < to {
			out = append(out, r)
		}
		total++
		return page.mode == byNumber || total < to
	})
	if err == nil {
		err = failed
	}
	if err == nil && !after {
		err = badQuery("page[cursor]", "is invalid")
	}
	return out, total, err
}

type pageMeta struct {
	Pages int `json:"pages"`
	Count int `json:"count"`
}

func (c *call) numbered(p paging, total int) any {
	pages := max(1, (total+p.size-1)/p.size)
	link := func(n int) *string {
		if n < 1 || n > pages {
			return nil
		}
		s := c.pageLink("page[number]", strconv.Itoa(n), p.size)
		return &s
	}
	return struct {
		Self  string   `json:"self"`
		Prev  *string  `json:"prev"`
		Next  *string  `json:"next"`
		First *string  `json:"first"`
		Last  *string  `json:"last"`
		Meta  pageMeta `json:"meta"`
	}{c.pageLink("page[number]", strconv.Itoa(p.number), p.size), link(p.number - 1), link(p.number + 1), link(1), link(pages), pageMeta{pages, total}}
}

func (c *call) cursored(p paging, next string) any {
	var link *string
	if next != "" {
		s := c.pageLink("page[cursor]", next, p.size)
		link = &s
	}
	return struct {
		Self string  `json:"self"`
		Next *string `json:"next"`
	}{c.pageLink("page[cursor]", p.cursor, p.size), link}
}

// pageLink is the link of this list with another page; credentials of the query
// are left out.
func (c *call) pageLink(name, value string, size int) string {
	q := append(query{}, c.query...)
	rest := q.encode("token", "auth", "limit", "page[number]", "page[size]", "page[cursor]")
	own := query{{name, value}, {"page[size]", strconv.Itoa(size)}}.encode()
	if rest != "" {
		own = rest + "&" + own
	}
	if c.account.ID == "" {
		return "/v1/" + c.below() + "?" + own
	}
	return c.path(c.below()) + "?" + own
}

// below is the path of this request below the account, from its route.
func (c *call) below() string { return fill(c.route.pattern, c.params) }
