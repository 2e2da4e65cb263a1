package schematest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"offprint/schema"
)

// same fails unless both stores hold the same, in the same order.
func same(t *testing.T, got, want schema.Store) {
	t.Helper()
	g, w := mustDump(t, got), mustDump(t, want)
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			t.Fatalf("entry %d of the walk:\ngot  %.500s\nwant %.500s", i, g[i], w[i])
		}
	}
	if len(g) != len(w) {
		t.Fatalf("%d entries, want %d", len(g), len(w))
	}
}

func testWalk(t *testing.T, s schema.Store) {
	m := NewMemory()
	f := feed(t, s, m)
	docs := []string{"npm/a", "npm/a-b", "npm/a0", "npm/B", "npm-x/a", "files/z"}
	for i, doc := range docs {
		at := uint64(10 * (i + 1))
		b := schema.Batch{Heads: []schema.HeadRow{head(doc, at-5, at-1), head(doc, at-1, 0)}}
		for j, key := range []string{"k", "k-1", "k0", "K", "\u00e9"} {
			b.Rules = append(b.Rules, rule(doc, key, at-4, at-2), rule(doc, key, at-2, 0))
			b.Bodies = append(b.Bodies, schema.BodyRow{Doc: doc, Key: key, Serial: at - 3, Data: []byte{0, 255}}, schema.BodyRow{Doc: doc, Key: key, Serial: 9})
			for _, kind := range []schema.Kind{schema.Users, schema.Licenses, "users-x"} {
				b.Records = append(b.Records, schema.Record{Account: fmt.Sprint("acc", i), Kind: kind, ID: key, Created: int64(-j)})
			}
		}
		b.Records = append(b.Records, schema.Record{Kind: schema.Accounts, ID: doc[len(doc)-1:], Serial: at}, release(key(i), 1))
		b.Parked = []schema.Parked{{Log: "releases", Serial: at, Reason: "<&>"}, {Log: "releases-x", Serial: at}}
		f.commit(at, b)
		same(t, s, m)
	}
	f.commit(100, schema.Batch{
		Closed:  []schema.ClosedRow{{Doc: docs[0], To: 99}, {Doc: docs[1], Key: "k", To: 98}},
		Deleted: []schema.RecordKey{{Account: "acc0", Kind: schema.Users, ID: "k0"}},
	})
	same(t, s, m)
	stop := errors.New("stop")
	calls := 0
	err := s.Walk(t.Context(), func(string, string, []byte) error { calls++; return stop })
	if !errors.Is(err, stop) || calls != 1 {
		t.Errorf("stopped: %d calls, %v", calls, err)
	}
}

// key gives ids whose order differs from that of their numbers.
func key(i int) string { return fmt.Sprintf("%c-%d", 'z'-i, i) }

func testWalkReentry(t *testing.T, s schema.Store) {
	f := feed(t, s)
	b := schema.Batch{Heads: []schema.HeadRow{head("npm/p", 1, 0)}}
	for i := range 300 {
		b.Records = append(b.Records, release(fmt.Sprintf("%03d", i), 1))
	}
	f.commit(1, b)
	pos := uint64(1)
	var walked []string
	err := s.Walk(t.Context(), func(table, key string, _ []byte) error {
		walked = append(walked, table)
		if len(walked)%100 == 0 {
			pos++
			f.commit(pos, schema.Batch{Records: []schema.Record{release(fmt.Sprint("new", pos), 1)}})
		}
		_, err := s.Document(t.Context(), "npm/p", 0)
		return err
	})
	if err != nil || len(walked) != 301 || !slices.IsSortedFunc(walked, func(a, b string) int { return slices.Index(tables, a) - slices.Index(tables, b) }) {
		t.Errorf("%d entries, %v; want the 301 that were there at the start", len(walked), err)
	}
}

// testReaders has readers check, while batches go in, that head and rules are
// always of the same commit, and that what was committed is read.
func testReaders(t *testing.T, s schema.Store) {
	const last = 150
	f := feed(t, s)
	f.commit(1, schema.Batch{Heads: []schema.HeadRow{head("npm/p", 1, 0)}, Rules: []schema.RuleRow{rule("npm/p", "a", 1, 0), rule("npm/p", "b", 1, 0)}})
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for seen := uint64(0); seen < last; {
				atLeast, err := s.Cursor(t.Context(), "releases")
				if err != nil {
					t.Error(err)
					return
				}
				d, err := s.Document(t.Context(), "npm/p", 0)
				if err != nil || len(d.Fragments) != 2 || d.HeadSerial != d.Fragments[0].From || d.HeadSerial != d.Fragments[1].From {
					t.Errorf("torn: %+v, %v", d, err)
					return
				}
				if d.HeadSerial < atLeast {
					t.Errorf("document of %d after cursor %d", d.HeadSerial, atLeast)
					return
				}
				seen = d.HeadSerial
				if err := s.List(t.Context(), schema.Query{Account: "acme", Kind: schema.Releases}, func(schema.Record) bool { return true }); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for at := uint64(2); at <= last; at++ {
		f.commit(at, schema.Batch{
			Records: []schema.Record{release("r", int64(at))},
			Heads:   []schema.HeadRow{head("npm/p", at, 0)}, Rules: []schema.RuleRow{rule("npm/p", "a", at, 0), rule("npm/p", "b", at, 0)},
			Closed: []schema.ClosedRow{{Doc: "npm/p", To: at}, {Doc: "npm/p", Key: "a", To: at}, {Doc: "npm/p", Key: "b", To: at}},
		})
	}
	wg.Wait()
}
