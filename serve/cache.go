package serve

import (
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"
)

// cache owns the byte budget of variants, documents and bodies. All are found without
// it, in their view or slot; it is told of hits now and then, and takes out what
// is used least.
type cache struct {
	held *otter.Cache[held, int64] // value: weight in bytes
}

// held is a *Variant, a *Doc or *bodies.
type held interface{ evicted() }

// touchEvery is how many hits pass between two that the cache is
// told of.
const touchEvery = 16

func newCache(budget int64) *cache {
	c := &cache{}
	c.held = otter.Must(&otter.Options[held, int64]{
		MaximumWeight: uint64(budget),
		Weigher:       func(_ held, weight int64) uint32 { return uint32(min(weight, 1<<31)) },
		OnAtomicDeletion: func(e otter.DeletionEvent[held, int64]) {
			if e.Cause != otter.CauseReplacement { // another weight
				e.Key.evicted()
			}
		},
		OnDeletion: func(e otter.DeletionEvent[held, int64]) {
			if d, ok := e.Key.(*Doc); ok {
				c.dropViews(d) // nobody can reach them any more
			}
		},
	})
	return c
}

// used is the weight of what is kept, in bytes.
func (c *cache) used() uint64 { return c.held.WeightedSize() }

func (c *cache) addDoc(d *Doc) { c.held.Set(d, d.weight) }

// dropDoc takes out a document that changed, and its variants.
func (c *cache) dropDoc(d *Doc) {
	c.held.Invalidate(d)
	c.dropViews(d)
}

func (c *cache) dropViews(d *Doc) {
	for v := range d.views.Swap(&table[View]{}).all() {
		for x := range v.variants.Swap(&table[Variant]{}).all() {
			c.held.Invalidate(x)
		}
	}
}

// evicted implements held: the next request loads the document again.
func (d *Doc) evicted() { d.slot.doc.CompareAndSwap(d, nil) }

// evicted implements held.
func (x *Variant) evicted() {
	if x.view == nil {
		return
	}
	if x.view.variant(nil, x.key) == x {
		x.view.setVariant(x.key, nil)
	}
}

// hit tells the cache of one use in a while, the document's too. It counts in the
// request's own memory, which is used again and again: a counter in what is
// shared would be a write for every read.
func (r *Request) hit(x *Variant) {
	if r.hits++; r.hits%touchEvery == 0 && x.view != nil {
		r.server.cache.held.GetIfPresent(x)
		r.server.cache.held.GetIfPresent(x.view.Doc)
	}
}

// touch is hit for a document without variants.
func (r *Request) touch(d *Doc) {
	if r.hits++; r.hits%touchEvery == 0 {
		r.server.cache.held.GetIfPresent(d)
	}
}

// counters of the cache, for metrics.
type counters struct {
	made     atomic.Uint64 // variants made
	makeTime atomic.Int64  // nanoseconds spent on it
}

func (c *counters) note(took time.Duration) {
	c.made.Add(1)
	c.makeTime.Add(int64(took))
}

// Stats is what the cache holds and has made.
type Stats struct {
	Bytes    uint64 // of variants and documents in memory
	Made     uint64 // variants made
	MakeTime time.Duration
}

// Stats gives the present figures.
func (s *Server) Stats() Stats {
	return Stats{s.cache.used(), s.counters.made.Load(), time.Duration(s.counters.makeTime.Load())}
}
