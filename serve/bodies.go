package serve

import (
	"context"
	"sync"
	"sync/atomic"

	"offprint/schema"
)

// bodies keeps what was read of the bodies of a document, for the next view
// that is made of it. A body never changes, so this outlives the document's
// state, and a publication costs the next reader one body and not all.
type bodies struct {
	home *atomic.Pointer[bodies]

	mu     sync.Mutex
	known  map[schema.BodyRef][]byte
	weight int64 // bytes, about
}

// bodyCost is about what a body takes beside its bytes.
const bodyCost = 160

// evicted implements held.
func (b *bodies) evicted() { b.home.CompareAndSwap(b, nil) }

// bodiesOf gives what is kept of the slot's bodies.
func (s *slot) bodiesOf() *bodies {
	if b := s.bodies.Load(); b != nil {
		return b
	}
	b := &bodies{home: &s.bodies, known: map[schema.BodyRef][]byte{}}
	if s.bodies.CompareAndSwap(nil, b) {
		return b
	}
	if other := s.bodies.Load(); other != nil {
		return other
	}
	return b // others came and went meanwhile: this one serves one reader
}

// find fills in what is known and gives the places of what is not.
func (b *bodies) find(refs []schema.BodyRef, out [][]byte) (missing []int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, ref := range refs {
		if out[i] = b.known[ref]; out[i] == nil {
			missing = append(missing, i)
		}
	}
	return missing
}

// add keeps bodies, and forgets those of fragments that are gone once they are
// the greater part. It gives the weight of all.
func (b *bodies) add(d *Doc, refs []schema.BodyRef, list [][]byte) int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, ref := range refs {
		if b.known[ref] == nil {
			b.known[ref] = list[i]
			b.weight += int64(len(list[i])) + bodyCost
		}
	}
	if len(b.known) > 2*len(d.Fragments) {
		b.prune(d)
	}
	return b.weight
}

func (b *bodies) prune(d *Doc) {
	old := b.known
	b.known, b.weight = map[schema.BodyRef][]byte{}, 0
	for i := range d.Fragments {
		ref := d.bodyRef(int32(i))
		if body := old[ref]; body != nil {
			b.known[ref] = body
			b.weight += int64(len(body)) + bodyCost
		}
	}
}

func (d *Doc) bodyRef(fragment int32) schema.BodyRef {
	f := &d.Fragments[fragment]
	return schema.BodyRef{Key: f.Key, Serial: f.Rule.Body}
}

// Bodies gives the bodies of fragments, by their indexes. They are shared: they
// must not be changed.
func (d *Doc) Bodies(ctx context.Context, fragments []int32) ([][]byte, error) {
	refs := make([]schema.BodyRef, len(fragments))
	for i, f := range fragments {
		refs[i] = d.bodyRef(f)
	}
	kept, out := d.slot.bodiesOf(), make([][]byte, len(refs))
	missing := kept.find(refs, out)
	if len(missing) == 0 {
		d.server.cache.held.GetIfPresent(kept)
		return out, nil
	}
	wanted := make([]schema.BodyRef, len(missing))
	for i, at := range missing {
		wanted[i] = refs[at]
	}
	read, err := d.server.store.Bodies(ctx, d.Key, wanted)
	if err != nil {
		return nil, err
	}
	for i, at := range missing {
		out[at] = read[i]
	}
	weight := kept.add(d, wanted, read)
	if d.slot.bodies.Load() == kept {
		d.server.cache.held.Set(kept, weight)
	}
	return out, nil
}
