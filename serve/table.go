package serve

import (
	"bytes"
	"hash/maphash"
	"iter"
	"maps"
)

// table finds things by short keys. It is immutable, so readers write to nothing
// that they share, and what it holds lies in one row: a look-up among many
// tables, none of which a processor has at hand, waits for memory twice and not
// five times, as a map's does.
type table[V any] struct {
	cells []cell[V]     // a power of two, at most half of them taken
	taken int           // of cells
	rest  map[string]*V // by keys that are too long for a cell
}

// cell is 32 bytes: two lie in a line of a processor's cache.
type cell[V any] struct {
	value *V // nil: free
	size  uint8
	key   [cellKey]byte
}

// cellKey is the longest key that a cell takes.
const cellKey = 23

var hashSeed = maphash.MakeSeed()

// get gives what lies at key; nil if nothing does.
func (t *table[V]) get(key []byte) *V {
	if len(key) > cellKey {
		return t.rest[string(key)]
	}
	if t.taken == 0 {
		return nil
	}
	mask := uint64(len(t.cells) - 1)
	for i := maphash.Bytes(hashSeed, key); ; i++ {
		c := &t.cells[i&mask]
		if c.value == nil {
			return nil
		}
		if int(c.size) == len(key) && bytes.Equal(c.key[:c.size], key) {
			return c.value
		}
	}
}

// with gives a table that has v at key, too; without what is there if v is nil.
func (t *table[V]) with(key []byte, v *V) *table[V] {
	next := &table[V]{cells: make([]cell[V], 2*roundUp(t.taken+1)), rest: t.rest}
	if len(key) > cellKey {
		next.rest = maps.Clone(t.rest)
		if next.rest == nil {
			next.rest = map[string]*V{}
		}
		if next.rest[string(key)] = v; v == nil {
			delete(next.rest, string(key))
		}
	} else if v != nil {
		next.put(key, v)
	}
	for i := range t.cells {
		if c := &t.cells[i]; c.value != nil && !bytes.Equal(c.key[:c.size], key) {
			next.put(c.key[:c.size], c.value)
		}
	}
	return next
}

// put fills a free cell. The table is not yet shared and has room.
func (t *table[V]) put(key []byte, v *V) {
	mask := uint64(len(t.cells) - 1)
	i := maphash.Bytes(hashSeed, key)
	for t.cells[i&mask].value != nil {
		i++
	}
	c := &t.cells[i&mask]
	c.value, c.size = v, uint8(copy(c.key[:], key))
	t.taken++
}

func roundUp(n int) int {
	power := 1
	for power < n {
		power *= 2
	}
	return power
}

func (t *table[V]) len() int { return t.taken + len(t.rest) }

// all gives everything that the table has, in no order.
func (t *table[V]) all() iter.Seq[*V] {
	return func(yield func(*V) bool) {
		for i := range t.cells {
			if v := t.cells[i].value; v != nil && !yield(v) {
				return
			}
		}
		for _, v := range t.rest {
			if !yield(v) {
				return
			}
		}
	}
}
