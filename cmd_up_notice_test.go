package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"offprint/events"
	"offprint/events/stream"
	"offprint/ingest"
	"offprint/schema"
)

// fakeCursors is a store of which only the cursors are asked.
type fakeCursors struct {
	mu sync.Mutex
	at map[string]uint64
}

func (f *fakeCursors) Cursor(_ context.Context, name string) (uint64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.at[name], nil
}

func (f *fakeCursors) set(at map[string]uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.at = maps.Clone(at)
}

// taken is a taker that writes down what it was told.
type taken struct {
	mu   sync.Mutex
	list []string
}

func (k *taken) take(n schema.Notice) {
	k.mu.Lock()
	defer k.mu.Unlock()
	what := strings.Join(n.Docs, ",")
	if n.All {
		what = "everything"
	}
	k.list = append(k.list, fmt.Sprintf("%s %d: %s", n.Log, n.To, what))
}

// since gives what was told after the first n.
func (k *taken) since(n int) []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.list[min(n, len(k.list)):])
}

// A notice that follows the one before drops what it names; a gap drops
// everything, and so does a notice that says so.
func TestNoticeGapDropsEverything(t *testing.T) {
	var told taken
	progress := &ingest.Progress{}
	n := newNews(progress, nil, &fakeCursors{}, slog.New(slog.DiscardHandler), told.take)
	n.take(schema.Notice{Log: "releases", From: 0, To: 3, Docs: []string{"a"}})
	n.take(schema.Notice{Log: "releases", From: 3, To: 4, Docs: []string{"b"}})
	n.take(schema.Notice{Log: "access", From: 0, To: 1})
	n.take(schema.Notice{Log: "releases", From: 5, To: 6, Docs: []string{"c"}})
	n.take(schema.Notice{Log: "releases", From: 4, To: 5, Docs: []string{"late"}})
	want := []string{"releases 3: a", "releases 4: b", "access 1: ", "releases 6: everything", "releases 5: late"}
	if got := told.since(0); !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
	if at := progress.Applied(events.Releases); at != 6 {
		t.Errorf("applied %d, want 6", at)
	}
}

// The takers know of a commit before the writers who wait for it.
func TestNoticeBeforeProgress(t *testing.T) {
	progress := &ingest.Progress{}
	n := newNews(progress, nil, &fakeCursors{}, slog.New(slog.DiscardHandler), func(notice schema.Notice) {
		if at := progress.Applied(events.Releases); at >= notice.To {
			t.Errorf("writers were told of %d before the server was", notice.To)
		}
	})
	n.own(schema.Notice{Log: "releases", From: 0, To: 1})
	n.own(schema.Notice{Log: "releases", From: 1, To: 7})
}

// A notice that never came is made up for by the cursor, and only then: a
// cursor that is ahead because the notice is on its way drops nothing.
func TestLostNoticeIsMadeUpFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told taken
		store := &fakeCursors{at: map[string]uint64{"releases": 5, "access": 2}}
		progress := &ingest.Progress{}
		n := newNews(progress, nil, store, slog.New(slog.DiscardHandler), told.take)
		stop, err := n.start()
		if err != nil {
			t.Fatal(err)
		}
		defer stop()
		if got, want := told.since(0), []string{"releases 5: everything", "access 2: everything"}; !slices.Equal(got, want) {
			t.Fatalf("at the start: told %q, want %q", got, want)
		}

		store.set(map[string]uint64{"releases": 6, "access": 2})
		time.Sleep(compareEvery) // the cursor is seen before the notice
		n.take(schema.Notice{Log: "releases", From: 5, To: 6, Docs: []string{"a"}})
		time.Sleep(10 * compareEvery)
		if got, want := told.since(2), []string{"releases 6: a"}; !slices.Equal(got, want) {
			t.Fatalf("with every notice: told %q, want %q", got, want)
		}

		store.set(map[string]uint64{"releases": 6, "access": 3}) // and no notice
		time.Sleep(2*compareEvery + time.Millisecond)
		if got, want := told.since(3), []string{"access 3: everything"}; !slices.Equal(got, want) {
			t.Fatalf("after a lost notice: told %q, want %q", got, want)
		}
		if at := progress.Applied(events.Access); at != 3 {
			t.Errorf("applied %d, want 3", at)
		}
	})
}

// Of two processes each hears of the other's commits, and of its own once.
func TestNoticesBetweenProcesses(t *testing.T) {
	server, err := stream.Embed(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	var told [2]taken
	var both [2]*news
	for i := range both {
		conn, err := server.Connect()
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		both[i] = newNews(&ingest.Progress{}, conn, &fakeCursors{}, slog.New(slog.DiscardHandler), told[i].take)
		stop, err := both[i].start()
		if err != nil {
			t.Fatal(err)
		}
		defer stop()
		if err := conn.Flush(); err != nil { // the subscription is there
			t.Fatal(err)
		}
	}
	both[0].own(schema.Notice{Log: "releases", From: 0, To: 1, Docs: []string{"a"}})
	both[1].own(schema.Notice{Log: "access", From: 0, To: 1, Docs: []string{"b"}})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for i := range both {
		for _, log := range logs {
			if err := both[i].progress.Wait(ctx, log, 1); err != nil {
				t.Fatalf("process %d, %s: %v", i, log, err)
			}
		}
		if err := both[i].conn.Flush(); err != nil { // its own notice has come back by now
			t.Fatal(err)
		}
		got := told[i].since(2) // the start dropped both logs
		slices.Sort(got)
		if want := []string{"access 1: b", "releases 1: a"}; !slices.Equal(got, want) {
			t.Errorf("process %d was told %q, want %q", i, got, want)
		}
	}
}

// A notice that does not fit into a message says that everything changed.
func TestLongNotice(t *testing.T) {
	long := schema.Notice{Log: "releases", From: 4, To: 9}
	for i := range 1000 {
		long.Docs = append(long.Docs, fmt.Sprintf("npm/%064d", i))
	}
	for _, limit := range []int64{1 << 20, 10_000} {
		var got schema.Notice
		data := encodeNotice(long, limit)
		if err := json.Unmarshal(data, &got); err != nil || int64(len(data)) > limit {
			t.Fatalf("limit %d: %d bytes, %v", limit, len(data), err)
		}
		if got.All != (limit == 10_000) || got.From != 4 || got.To != 9 {
			t.Errorf("limit %d: %d docs, all %v, %d to %d", limit, len(got.Docs), got.All, got.From, got.To)
		}
	}
}
