package schematest

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"offprint/schema"
)

// testRandom commits random batches, legal and illegal, to the store and to a
// Memory, and expects the same of both throughout.
func testRandom(t *testing.T, open func(t *testing.T) schema.Store) {
	rapid.Check(t, func(r *rapid.T) {
		s, m := open(t), NewMemory()
		defer s.Close()
		for pos := uint64(0); pos < 40; {
			b := randomBatch(r, m, pos)
			got, want := s.Commit(t.Context(), b), m.Commit(t.Context(), b)
			if (got == nil) != (want == nil) {
				r.Fatalf("commit: %v, want %v", got, want)
			}
			if want == nil {
				pos = b.To
			} else {
				pos++ // a refused batch: the next one is another
				b = schema.Batch{Cursor: b.Cursor, From: b.From, To: pos}
				if err := s.Commit(t.Context(), b); err != nil {
					r.Fatal(err)
				}
				if err := m.Commit(t.Context(), b); err != nil {
					r.Fatal(err)
				}
			}
		}
		compare(t, r, s, m)
	})
}

var (
	someID   = rapid.SampledFrom([]string{"a", "b", "b-1", "b0", "C", "\u00e9"})
	someDoc  = rapid.SampledFrom([]string{"npm/a", "npm/b", "npm-x/a", "files/a"})
	someText = rapid.SampledFrom([]string{"", "x", "y", "a\x00b"})
	someKind = rapid.SampledFrom([]schema.Kind{schema.Releases, schema.Artifacts})
	someAcct = rapid.SampledFrom([]string{"", "acme", "bolt"})
)

// randomBatch is mostly legal: what it opens anew it closes first.
func randomBatch(r *rapid.T, m *Memory, pos uint64) schema.Batch {
	to := pos + rapid.Uint64Range(1, 8).Draw(r, "events")
	b := schema.Batch{Cursor: "releases", From: pos, To: to}
	used := map[schema.RecordKey]bool{}
	for range rapid.IntRange(0, 5).Draw(r, "records") {
		rec := schema.Record{Account: someAcct.Draw(r, "account"), Kind: someKind.Draw(r, "kind"), ID: someID.Draw(r, "id"),
			Product: someText.Draw(r, "product"), Package: someText.Filter(plain).Draw(r, "package"), Name: someText.Draw(r, "name"), Tag: someText.Draw(r, "tag"),
			Created: rapid.Int64Range(-2, 2).Draw(r, "created"), Serial: to, Body: rapid.SliceOfN(rapid.Byte(), 0, 9).Draw(r, "body")}
		rec.Product = rec.Package
		switch key := rec.Key(); {
		case used[key]:
			continue
		case rapid.IntRange(0, 3).Draw(r, "delete") == 0:
			b.Deleted = append(b.Deleted, key)
		default:
			b.Records = append(b.Records, rec)
		}
		used[rec.Key()] = true
	}
	for range rapid.IntRange(0, 4).Draw(r, "changes") {
		randomRow(r, m, &b)
	}
	if rapid.IntRange(0, 4).Draw(r, "parks") == 0 {
		b.Parked = append(b.Parked, schema.Parked{Log: someText.Filter(plain).Draw(r, "log"), Serial: to, Reason: someText.Draw(r, "reason")})
	}
	return b
}

func plain(s string) bool { return len(s) < 2 }

// randomRow changes one head or fragment in b, each once.
func randomRow(r *rapid.T, m *Memory, b *schema.Batch) {
	k := rowKey{doc: someDoc.Draw(r, "doc")}
	if rapid.IntRange(0, 3).Draw(r, "fragment") > 0 {
		k.key = someID.Draw(r, "key")
	}
	from := rapid.Uint64Range(b.From+1, b.To).Draw(r, "from")
	if touches(*b, k) {
		return
	}
	illegal := rapid.IntRange(0, 30).Draw(r, "illegal") == 0
	if m.open(k) != illegal {
		b.Closed = append(b.Closed, schema.ClosedRow{Doc: k.doc, Key: k.key, To: from})
	}
	var to uint64
	switch rapid.IntRange(0, 3).Draw(r, "row") {
	case 0:
		return // only closed
	case 1:
		if !illegal { // no store looks for rows that overlap, only for two that are open
			to = b.To
		}
	}
	if k.key == "" {
		b.Heads = append(b.Heads, head(k.doc, from, to))
		return
	}
	b.Rules = append(b.Rules, rule(k.doc, k.key, from, to))
	b.Bodies = append(b.Bodies, schema.BodyRow{Doc: k.doc, Key: k.key, Serial: from, Data: fmt.Append(nil, from)})
}

func touches(b schema.Batch, k rowKey) bool {
	return slices.ContainsFunc(b.Closed, func(c schema.ClosedRow) bool { return rowKey{c.Doc, c.Key} == k }) ||
		slices.ContainsFunc(b.Rules, func(c schema.RuleRow) bool { return rowKey{c.Doc, c.Key} == k }) ||
		slices.ContainsFunc(b.Heads, func(c schema.HeadRow) bool { return rowKey{c.Doc, ""} == k })
}

// compare reads both stores in every way.
func compare(t *testing.T, r *rapid.T, s, m schema.Store) {
	got, err := dump(t.Context(), s)
	if err != nil {
		r.Fatal(err)
	}
	if want, _ := dump(t.Context(), m); !slices.Equal(got, want) {
		r.Fatalf("walk:\ngot  %v\nwant %v", got, want)
	}
	for at := range uint64(50) {
		doc := someDoc.Draw(r, "doc")
		if got, want := shape(t, s, doc, at), shape(t, m, doc, at); got != want {
			r.Fatalf("%s at %d: %s, want %s", doc, at, got, want)
		}
	}
	for range 10 {
		q := schema.Query{Account: someAcct.Draw(r, "account"), Kind: someKind.Draw(r, "kind"), Ascending: rapid.Bool().Draw(r, "ascending")}
		for _, f := range []**string{&q.Product, &q.Package, &q.Tag} {
			if rapid.Bool().Draw(r, "filter") {
				*f = new(someText.Draw(r, "value"))
			}
		}
		if got, want := ids(t, s, q), ids(t, m, q); !slices.Equal(got, want) {
			r.Fatalf("list %+v: %v, want %v", q, got, want)
		}
		name := someText.Draw(r, "name")
		found, err := s.Find(t.Context(), q.Account, q.Kind, name)
		if err != nil {
			r.Fatal(err)
		}
		want, _ := m.Find(t.Context(), q.Account, q.Kind, name)
		if !slices.EqualFunc(found, want, func(a, b schema.Record) bool { return a.Key() == b.Key() }) {
			r.Fatalf("find %q: %v, want %v", name, found, want)
		}
	}
}
