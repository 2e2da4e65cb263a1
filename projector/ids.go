package projector

import (
	"hash/maphash"

	"offprint/schema"
)

// maxIDs bounds the memory of ids, about 40 MB.
const maxIDs = 1 << 20

// ids remembers which resources ever were, so that a replay from the beginning
// need not ask the store for each new one. It may be wrong about one that never
// was, never about one that was. A nil ids knows nothing.
type ids struct {
	seed maphash.Seed
	set  map[uint64]struct{} // nil: too many to remember
}

func newIDs() *ids { return &ids{seed: maphash.MakeSeed(), set: map[uint64]struct{}{}} }

func (x *ids) add(key schema.RecordKey) {
	if x == nil || x.set == nil {
		return
	}
	if len(x.set) >= maxIDs {
		x.set = nil
		return
	}
	x.set[maphash.Comparable(x.seed, key)] = struct{}{}
}

// lacks says that there never was such a resource.
func (x *ids) lacks(key schema.RecordKey) bool {
	if x == nil || x.set == nil {
		return false
	}
	_, ok := x.set[maphash.Comparable(x.seed, key)]
	return !ok
}
