// Package schematest has what the stores share in tests: [Run], the suite that
// every [schema.Store] must pass, and [Memory], a store that is plain enough to
// be the measure for the others.
package schematest

import (
	"sync"

	"offprint/schema"
)

// Memory is a store without a disk. It copies what it is given and what it
// gives, and it refuses any batch that breaks the contract.
type Memory struct {
	// Fault, if not nil, is asked before each write; op is "commit". With a nil
	// error and apply the write takes its course. Otherwise apply says whether
	// the batch is written and err what the caller hears: (false, err) is a lost
	// write, (true, err) one that took effect but was reported lost. Set it
	// while no Commit runs. It is called without any lock held.
	Fault func(op string) (apply bool, err error)

	mu      sync.RWMutex
	cursors map[string]uint64
	records map[group]map[string]schema.Record
	docs    map[string]*doc
	parked  map[parkedKey]schema.Parked
}

type group struct {
	account string
	kind    schema.Kind
}

type parkedKey struct {
	log    string
	serial uint64
}

// doc has the rows of a document. The head is the rows under key "".
type doc struct {
	rows   map[string][]row
	bodies map[schema.BodyRef][]byte
}

// row is a head or a rule; rows of a key are in the order of their insertion.
type row struct {
	from, to uint64
	data     []byte
}

func (r row) holds(at uint64) bool {
	if at == 0 {
		return r.to == 0
	}
	return r.from <= at && (r.to == 0 || r.to > at)
}

var _ schema.Store = (*Memory)(nil)

// NewMemory gives an empty store.
func NewMemory() *Memory {
	return &Memory{
		cursors: map[string]uint64{},
		records: map[group]map[string]schema.Record{},
		docs:    map[string]*doc{},
		parked:  map[parkedKey]schema.Parked{},
	}
}

// Close implements schema.Store; the store stays usable.
func (m *Memory) Close() error { return nil }
