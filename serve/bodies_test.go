package serve

import (
	"context"
	"fmt"
	"testing"

	"offprint/schema"
)

// shelf is a store of bodies that counts what is read.
type shelf struct {
	schema.Reader
	read int
}

func (s *shelf) Bodies(_ context.Context, doc string, refs []schema.BodyRef) ([][]byte, error) {
	var out [][]byte
	for _, ref := range refs {
		out = append(out, fmt.Appendf(nil, "%s %s %d", doc, ref.Key, ref.Serial))
	}
	s.read += len(refs)
	return out, nil
}

// docOf is a document whose fragments have bodies of these serials.
func docOf(server *Server, home *slot, serials ...uint64) *Doc {
	d := &Doc{Key: "doc", server: server, slot: home}
	for i, serial := range serials {
		d.Fragments = append(d.Fragments, schema.Fragment{Key: fmt.Sprint("f", i), Rule: schema.Rule{Body: serial}})
	}
	return d
}

// TestBodiesAreReadOnce: also across states of the document; what is no longer
// there is forgotten in time, and so is what the budget has no room for.
func TestBodiesAreReadOnce(t *testing.T) {
	store, home := &shelf{}, &slot{}
	server := &Server{store: store, cache: newCache(1 << 20)}
	get := func(d *Doc, want int, fragments ...int32) {
		t.Helper()
		before := store.read
		list, err := d.Bodies(t.Context(), fragments)
		if err != nil {
			t.Fatal(err)
		}
		for i, f := range fragments {
			if text := fmt.Sprintf("doc f%d %d", f, d.Fragments[f].Rule.Body); string(list[i]) != text {
				t.Errorf("fragment %d: %q, want %q", f, list[i], text)
			}
		}
		if read := store.read - before; read != want {
			t.Errorf("%d bodies read, want %d", read, want)
		}
	}
	first := docOf(server, home, 1, 2, 3)
	get(first, 2, 0, 2)
	get(first, 1, 2, 1, 0)
	get(first, 0, 0, 1, 2)
	second := docOf(server, home, 4, 2, 3)
	get(second, 1, 0, 1, 2)
	get(first, 0, 0)
	third := docOf(server, home, 7)
	get(third, 1, 0)
	if n := len(home.bodies.Load().known); n != 1 {
		t.Errorf("%d bodies are kept of a document of one fragment", n)
	}
	if got, want := home.bodies.Load().weight, int64(len("doc f0 7")+bodyCost); got != want {
		t.Errorf("weight %d, want %d", got, want)
	}
	server.cache.held.Invalidate(home.bodies.Load())
	server.cache.held.CleanUp()
	if home.bodies.Load() != nil {
		t.Error("kept after the cache gave it up")
	}
	get(third, 1, 0)
}
