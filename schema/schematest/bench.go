package schematest

import (
	"fmt"
	"testing"

	"offprint/schema"
)

// Bench measures the empty store s.
func Bench(b *testing.B, s schema.Store) {
	b.Run("CommitOne", func(b *testing.B) { benchCommit(b, s) })
	refs := benchDocument(b, s)
	b.Run("Rules3000", func(b *testing.B) {
		for b.Loop() {
			if d, err := s.Document(b.Context(), "npm/large", 0); err != nil || len(d.Fragments) != len(refs) {
				b.Fatal(len(d.Fragments), err)
			}
		}
	})
	b.Run("Bodies3000", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.Bodies(b.Context(), "npm/large", refs); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// benchCommit commits one event at a time: a new version with one document.
func benchCommit(b *testing.B, s schema.Store) {
	pos, err := s.Cursor(b.Context(), "releases")
	if err != nil {
		b.Fatal(err)
	}
	for ; b.Loop(); pos++ {
		id := fmt.Sprintf("0198c000-0000-7000-8000-%012d", pos)
		rec := release(id, int64(pos))
		rec.Product, rec.Package, rec.Name, rec.Body = "p", "k", id, make([]byte, 500)
		err := s.Commit(b.Context(), schema.Batch{
			Cursor: "releases", From: pos, To: pos + 1, Records: []schema.Record{rec},
			Bodies: []schema.BodyRow{{Doc: "npm/p", Key: id, Serial: pos + 1, Data: make([]byte, 2200)}},
			Rules:  []schema.RuleRow{rule("npm/p", id, pos+1, 0)},
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// benchDocument commits a document of 3,000 versions, at once.
func benchDocument(b *testing.B, s schema.Store) []schema.BodyRef {
	batch := schema.Batch{Cursor: "access", To: 1, Heads: []schema.HeadRow{head("npm/large", 1, 0)}}
	var refs []schema.BodyRef
	for i := range 3000 {
		id := fmt.Sprintf("0198c000-0000-7000-8000-%012d", i)
		batch.Bodies = append(batch.Bodies, schema.BodyRow{Doc: "npm/large", Key: id, Serial: 1, Data: make([]byte, 2200)})
		batch.Rules = append(batch.Rules, rule("npm/large", id, 1, 0))
		refs = append(refs, schema.BodyRef{Key: id, Serial: 1})
	}
	if err := s.Commit(b.Context(), batch); err != nil {
		b.Fatal(err)
	}
	return refs
}
