package serve

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"offprint/schema"
)

// Slot is the place of one document: it holds what is loaded of it. A change
// notice empties it, but for the bodies.
type Slot = slot

type slot struct {
	catalog *catalog
	key     string
	prepare func(*Doc) (any, error)
	doc     atomic.Pointer[Doc]
	gen     atomic.Uint64 // counts change notices
	bodies  atomic.Pointer[bodies]

	mu   sync.Mutex
	past map[uint64]*Doc // old states, by serial
}

func (s *slot) init(c *catalog, key string, prepare func(*Doc) (any, error)) {
	s.catalog, s.key, s.prepare = c, key, prepare
}

// drop forgets the document and everything made of it.
func (s *slot) drop() {
	s.gen.Add(1)
	s.mu.Lock()
	s.past = nil
	s.mu.Unlock()
	if d := s.doc.Swap(nil); d != nil {
		s.catalog.server.cache.dropDoc(d)
	}
}

// Doc is a document with its rules, as it is at one moment. Apart from the
// views made of it it is immutable. What every request reads comes first, so
// that it lies together.
type Doc struct {
	rules   *schema.Ruleset
	views   atomic.Pointer[table[View]] // by view key
	present *Doc                        // of an old state: the document as it is now
	Index   any                         // what the engine's Prepare made of it

	Key       string
	Head      schema.Head
	Fragments []schema.Fragment

	server *Server
	slot   *slot
	admit  map[string]*schema.Rule // of an old state: today's rules
	weight int64                   // bytes, about
	mu     sync.Mutex              // of those who replace views
}

// Doc gives the document of a slot, loading it if need be; nil if it does not
// exist. It is never older than the call: who joins a load that began before the
// last change loads again.
func (s *slot) Doc() (*Doc, error) {
	for {
		if d := s.doc.Load(); d != nil {
			return d, nil
		}
		since := s.gen.Load()
		v, err, _ := s.catalog.server.flight.Do(s.key, func() (any, error) {
			gen := s.gen.Load()
			if d := s.doc.Load(); d != nil {
				return loadedDoc{d, 0}, nil // a notice may just be dropping it: look again
			}
			d, err := s.catalog.server.load(background(), s, 0)
			if err == nil && d != nil {
				s.keep(d, gen)
			}
			return loadedDoc{d, gen}, err
		})
		if err != nil {
			return nil, err
		}
		if x := v.(loadedDoc); x.gen >= since {
			return x.doc, nil
		}
	}
}

// loadedDoc is what was read after a number of change notices.
type loadedDoc struct {
	doc *Doc
	gen uint64
}

// keep holds on to a document unless a notice came while it was read. The
// second look catches one that came between the first and the store.
func (s *slot) keep(d *Doc, gen uint64) {
	if s.gen.Load() != gen {
		return
	}
	s.doc.Store(d)
	s.catalog.server.cache.addDoc(d)
	if s.gen.Load() != gen && s.doc.CompareAndSwap(d, nil) {
		s.catalog.server.cache.dropDoc(d)
	}
}

// load reads a document as of the serial at, 0 for now.
func (s *Server) load(ctx context.Context, slot *slot, at uint64) (*Doc, error) {
	stored, err := s.store.Document(ctx, slot.key, at)
	if errors.Is(err, schema.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("document %s: %w", slot.key, err)
	}
	head, err := schema.ParseHead(stored.Head)
	if err != nil {
		return nil, fmt.Errorf("document %s: %w", slot.key, err)
	}
	d := &Doc{Key: slot.key, Head: head, Fragments: stored.Fragments, server: s, slot: slot,
		rules: schema.NewRuleset(head.Product, stored.Fragments)}
	d.views.Store(&table[View]{})
	d.weight = docWeight(d)
	if slot.prepare != nil {
		if d.Index, err = slot.prepare(d); err != nil {
			return nil, fmt.Errorf("document %s: %w", slot.key, err)
		}
		if heavy, ok := d.Index.(interface{ Weight() int64 }); ok {
			d.weight += heavy.Weight()
		}
	}
	return d, nil
}

// docWeight is about how much memory a document takes.
func docWeight(d *Doc) int64 {
	n := int64(1024 + len(d.Fragments)*400)
	for i := range d.Fragments {
		n += int64(len(d.Fragments[i].Rule.Attr))
	}
	return n
}
