package schematest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"offprint/schema"
)

func testEmpty(t *testing.T, s schema.Store) {
	ctx := t.Context()
	if pos, err := s.Cursor(ctx, "releases"); pos != 0 || err != nil {
		t.Errorf("cursor %d, %v", pos, err)
	}
	if _, err := s.Record(ctx, "acme", schema.Releases, "r1"); !errors.Is(err, schema.ErrNotFound) {
		t.Errorf("record: %v", err)
	}
	if _, err := s.Document(ctx, "npm/p1", 0); !errors.Is(err, schema.ErrNotFound) {
		t.Errorf("document: %v", err)
	}
	if found, err := s.Find(ctx, "", schema.Releases, "x"); len(found) != 0 || err != nil {
		t.Errorf("find: %v, %v", found, err)
	}
	if parked, err := s.Parked(ctx); len(parked) != 0 || err != nil {
		t.Errorf("parked: %v, %v", parked, err)
	}
	if got := ids(t, s, schema.Query{Kind: schema.Accounts}); len(got) != 0 {
		t.Errorf("list: %v", got)
	}
	if got := mustDump(t, s); len(got) != 0 {
		t.Errorf("walk: %v", got)
	}
}

func testCursor(t *testing.T, s schema.Store) {
	for _, step := range []struct {
		cursor   string
		from, to uint64
		moved    bool
		after    uint64
	}{
		{"releases", 3, 5, true, 0},
		{"releases", 0, 5, false, 5},
		{"releases", 0, 5, true, 5},
		{"releases", 0, 0, true, 5},
		{"releases", 4, 6, true, 5},
		{"releases", 5, 9, false, 9},
		{"releases", 9, 9, false, 9},
		{"access", 0, 2, false, 2},
		{"access", 9, 10, true, 2},
	} {
		b := schema.Batch{Cursor: step.cursor, From: step.from, To: step.to, Records: []schema.Record{release("r1", 1)}}
		if err := s.Commit(t.Context(), b); errors.Is(err, schema.ErrCursorMoved) != step.moved || !step.moved && err != nil {
			t.Errorf("%s %d to %d: %v", step.cursor, step.from, step.to, err)
		}
		if pos, err := s.Cursor(t.Context(), step.cursor); pos != step.after || err != nil {
			t.Errorf("after %s %d to %d: cursor %d, %v; want %d", step.cursor, step.from, step.to, pos, err, step.after)
		}
	}
	if err := s.Commit(t.Context(), schema.Batch{Cursor: "releases", From: 9, To: 8}); err == nil {
		t.Error("a batch that goes backwards was taken")
	}
}

func testTwoWriters(t *testing.T, s schema.Store) {
	const rounds, writers = 20, 4
	for round := range uint64(rounds) {
		errs := make([]error, writers)
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				errs[w] = s.Commit(t.Context(), schema.Batch{Cursor: "releases", From: round, To: round + 1,
					Records: []schema.Record{release(fmt.Sprintf("r%d-%d", round, w), 1)}})
			})
		}
		wg.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			} else if !errors.Is(err, schema.ErrCursorMoved) {
				t.Fatal(err)
			}
		}
		if won != 1 {
			t.Fatalf("round %d: %d writers won", round, won)
		}
	}
	if got := ids(t, s, schema.Query{Account: "acme", Kind: schema.Releases}); len(got) != rounds {
		t.Errorf("%d records of %d rounds", len(got), rounds)
	}
}

func testEmptyBatch(t *testing.T, s schema.Store) {
	feed(t, s).commit(7, schema.Batch{})
	for _, b := range []schema.Batch{{Cursor: "releases", From: 7, To: 7}, {Cursor: "other"}} {
		if err := s.Commit(t.Context(), b); err != nil {
			t.Errorf("%+v: %v", b, err)
		}
	}
	if pos, err := s.Cursor(t.Context(), "releases"); pos != 7 || err != nil {
		t.Errorf("cursor %d, %v", pos, err)
	}
}

func testAtomic(t *testing.T, s schema.Store) {
	parked := schema.Parked{Log: "releases", Serial: 3}
	body := schema.BodyRow{Doc: "npm/p1", Key: "r1", Serial: 3, Data: []byte("x")}
	feed(t, s).commit(3, schema.Batch{
		Records: []schema.Record{release("r1", 1)}, Heads: []schema.HeadRow{head("npm/p1", 3, 0)}, Bodies: []schema.BodyRow{body},
		Rules: []schema.RuleRow{rule("npm/p1", "r1", 3, 0)}, Parked: []schema.Parked{parked},
	})
	before := mustDump(t, s)
	for name, bad := range map[string]schema.Batch{
		"second open head":  {Heads: []schema.HeadRow{head("npm/p1", 4, 0)}},
		"second open rule":  {Rules: []schema.RuleRow{rule("npm/p1", "r1", 4, 0)}},
		"same serial twice": {Rules: []schema.RuleRow{rule("npm/p1", "r1", 3, 4)}},
		"two open rules":    {Rules: []schema.RuleRow{rule("npm/p1", "r2", 4, 0), rule("npm/p1", "r2", 5, 0)}},
		"body again":        {Bodies: []schema.BodyRow{body}},
		"parked again":      {Parked: []schema.Parked{parked}},
		"close nothing":     {Closed: []schema.ClosedRow{{Doc: "npm/p1", Key: "r9", To: 4}}},
		"close no head":     {Closed: []schema.ClosedRow{{Doc: "npm/p9", To: 4}}},
		"close twice":       {Closed: []schema.ClosedRow{{Doc: "npm/p1", Key: "r1", To: 4}, {Doc: "npm/p1", Key: "r1", To: 5}}},
		"rule without key":  {Rules: []schema.RuleRow{rule("npm/p1", "", 4, 5)}},
	} {
		bad.Cursor, bad.From, bad.To = "releases", 3, 5
		bad.Records = []schema.Record{release("r1", 2), release("r2", 2)}
		bad.Deleted = []schema.RecordKey{{Account: "acme", Kind: schema.Releases, ID: "r3"}}
		err := s.Commit(t.Context(), bad)
		if err == nil || errors.Is(err, schema.ErrCursorMoved) {
			t.Errorf("%s: %v", name, err)
		}
		if pos, err := s.Cursor(t.Context(), "releases"); pos != 3 || err != nil {
			t.Errorf("%s: cursor %d, %v", name, pos, err)
		}
		if after := mustDump(t, s); !slices.Equal(after, before) {
			t.Fatalf("%s: the store changed\n%q\n%q", name, before, after)
		}
	}
}

func testLargeBatch(t *testing.T, s schema.Store) {
	m := NewMemory()
	f := feed(t, s, m)
	const n = 1000
	var b, next schema.Batch
	for i := range n {
		id, doc := fmt.Sprintf("r%04d", i), fmt.Sprintf("npm/p%d", i%7)
		b.Records = append(b.Records, release(id, int64(i)))
		b.Rules = append(b.Rules, rule(doc, id, 1, 0))
		b.Bodies = append(b.Bodies, schema.BodyRow{Doc: doc, Key: id, Serial: 1, Data: []byte(id)})
		b.Heads = append(b.Heads, head("npm/"+id, 1, 0))
		b.Parked = append(b.Parked, schema.Parked{Log: "releases", Serial: uint64(i + 1), Reason: id})
		next.Records = append(next.Records, release(id, int64(n-i)))
		next.Closed = append(next.Closed, schema.ClosedRow{Doc: doc, Key: id, To: n + 1}, schema.ClosedRow{Doc: "npm/" + id, To: n + 1})
		next.Deleted = append(next.Deleted, schema.RecordKey{Account: "acme", Kind: schema.Artifacts, ID: id})
	}
	f.commit(n, b)
	f.commit(n+1, next)
	same(t, s, m)
}

func testCancelled(t *testing.T, s schema.Store) {
	f := feed(t, s)
	f.commit(1, schema.Batch{Records: []schema.Record{release("r1", 1), release("r2", 2)}, Heads: []schema.HeadRow{head("npm/p1", 1, 0)}})
	before := mustDump(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	err := s.List(ctx, schema.Query{Account: "acme", Kind: schema.Releases}, func(schema.Record) bool {
		cancel()
		return true
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("list, cancelled in yield: %v", err)
	}
	for name, call := range map[string]func() error{
		"commit": func() error {
			return s.Commit(ctx, schema.Batch{Cursor: "releases", From: 1, To: 2, Records: []schema.Record{release("r3", 1)}})
		},
		"cursor":   func() error { _, err := s.Cursor(ctx, "releases"); return err },
		"record":   func() error { _, err := s.Record(ctx, "acme", schema.Releases, "r1"); return err },
		"find":     func() error { _, err := s.Find(ctx, "acme", schema.Releases, "r1"); return err },
		"document": func() error { _, err := s.Document(ctx, "npm/p1", 0); return err },
		"walk":     func() error { _, err := dump(ctx, s); return err },
	} {
		if err := call(); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if after := mustDump(t, s); !slices.Equal(after, before) {
		t.Errorf("the store changed\n%q\n%q", before, after)
	}
	f.commit(2, schema.Batch{Records: []schema.Record{release("r3", 1)}}) // still usable
}

func testParked(t *testing.T, s schema.Store) {
	want := []schema.Parked{
		{Log: "access", Serial: 12, ID: "e12", Kind: "license.renewed", Reason: "no license \u00fc"},
		{Log: "releases", Serial: 2, ID: "e2", Kind: "release.published", Reason: "no release", Time: 1700000000000},
		{Log: "releases", Serial: 10, ID: "e10", Kind: "?", Reason: "\x00"},
	}
	f := feed(t, s)
	f.commit(10, schema.Batch{Parked: []schema.Parked{want[2], want[0]}})
	f.commit(11, schema.Batch{Parked: []schema.Parked{want[1]}})
	if got, err := s.Parked(t.Context()); err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v\nwant %v", got, err, want)
	}
}
