package schematest

import (
	"context"
	"fmt"
	"testing"

	"offprint/schema"
)

// Run checks that stores keep the contract of schema.Store. Open gives an empty
// store each time and arranges for its end with t.Cleanup; it is called from
// subtests, one after another, and the stores of a finished property check may
// be closed early.
func Run(t *testing.T, open func(t *testing.T) schema.Store) {
	for _, c := range []struct {
		name string
		run  func(t *testing.T, s schema.Store)
	}{
		{"EmptyStore", testEmpty},
		{"CursorIsComparedAndSwapped", testCursor},
		{"TwoWritersOneWins", testTwoWriters},
		{"EmptyBatchIsNoOp", testEmptyBatch},
		{"RefusedBatchLeavesNothing", testAtomic},
		{"LargeBatch", testLargeBatch},
		{"Cancelled", testCancelled},
		{"ParkedInOrder", testParked},
		{"RecordReplacedAndDeleted", testRecord},
		{"Find", testFind},
		{"ListFilters", testListFilters},
		{"ListOrderAcrossPages", testListOrder},
		{"ListYieldMayUseStore", testListReentry},
		{"Names", testNames},
		{"DocumentIntervals", testIntervals},
		{"OpenedAndClosedInOneBatch", testOpenedAndClosed},
		{"DeletedDocument", testDeletedDocument},
		{"FragmentsInOrderOfKeys", testFragmentOrder},
		{"RuleSurvives", testRule},
		{"Bodies", testBodies},
		{"BinaryData", testBinary},
		{"LargeBody", testLargeBody},
		{"WalkEqualsMemory", testWalk},
		{"WalkMayUseStore", testWalkReentry},
		{"ReadersSeeWholeBatches", testReaders},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, open(t)) })
	}
	t.Run("RandomBatches", func(t *testing.T) { testRandom(t, open) })
}

// feeder commits batches one after another under one cursor.
type feeder struct {
	t      *testing.T
	stores []schema.Store
	pos    uint64
}

func feed(t *testing.T, stores ...schema.Store) *feeder { return &feeder{t: t, stores: stores} }

// commit moves the cursor to at.
func (f *feeder) commit(at uint64, b schema.Batch) {
	f.t.Helper()
	b.Cursor, b.From, b.To = "releases", f.pos, at
	for _, s := range f.stores {
		if err := s.Commit(f.t.Context(), b); err != nil {
			f.t.Fatal(err)
		}
	}
	f.pos = at
}

// dump is everything that a store holds, one line an entry.
func dump(ctx context.Context, s schema.Store) ([]string, error) {
	var out []string
	err := s.Walk(ctx, func(table, key string, value []byte) error {
		out = append(out, fmt.Sprintf("%s %q %q", table, key, value))
		return nil
	})
	return out, err
}

func mustDump(t *testing.T, s schema.Store) []string {
	t.Helper()
	out, err := dump(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// ids is what a list yields.
func ids(t *testing.T, s schema.Store, q schema.Query) []string {
	t.Helper()
	out := []string{}
	err := s.List(t.Context(), q, func(r schema.Record) bool {
		out = append(out, r.ID)
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func release(id string, created int64) schema.Record {
	return schema.Record{Account: "acme", Kind: schema.Releases, ID: id, Created: created, Serial: 1, Body: []byte(`{"id":"` + id + `"}`)}
}

func rule(doc, key string, from, to uint64) schema.RuleRow {
	return schema.RuleRow{Doc: doc, Key: key, From: from, To: to, Rule: fmt.Appendf(nil, `{"s":"published","d":%d,"n":%d,"t":0}`, from, from)}
}

func head(doc string, from, to uint64) schema.HeadRow {
	return schema.HeadRow{Doc: doc, From: from, To: to, Body: fmt.Appendf(nil, `{"changed":%d}`, from)}
}

// shape is a document in short: head@serial, then key@serial.
func shape(t *testing.T, s schema.Store, doc string, at uint64) string {
	t.Helper()
	d, err := s.Document(t.Context(), doc, at)
	if err != nil {
		return err.Error()
	}
	out := fmt.Sprintf("%s@%d", d.Head, d.HeadSerial)
	for _, f := range d.Fragments {
		if f.Rule.Changed != f.From {
			t.Errorf("fragment %s from %d has the rule of %d", f.Key, f.From, f.Rule.Changed)
		}
		out += fmt.Sprintf(" %s@%d", f.Key, f.From)
	}
	return out
}
