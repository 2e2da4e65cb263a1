package ingest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"offprint/events"
	"offprint/events/stream"
)

// fakeLog keeps one sequence and counts events by boundary. before, if not nil,
// is asked before each append; done hears of stored events.
type fakeLog struct {
	mu     sync.Mutex
	end    uint64
	last   map[events.Boundary]uint64
	stored []events.Event
	before func(n int) error
	tries  int
	done   func(events.Log, uint64)
}

func (l *fakeLog) Last(_ context.Context, b events.Boundary) (uint64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last[b], nil
}

func (l *fakeLog) Append(_ context.Context, e events.Event, last uint64) (uint64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tries++
	if l.before != nil {
		if err := l.before(l.tries); err != nil {
			return 0, err
		}
	}
	b := e.Subject.Boundary()
	if l.last[b] != last {
		return 0, fmt.Errorf("%w: at %d, expected %d", stream.ErrLostRace, l.last[b], last)
	}
	l.end++
	if l.last == nil {
		l.last = map[events.Boundary]uint64{}
	}
	l.last[b], l.stored = l.end, append(l.stored, e)
	if l.done != nil {
		l.done(b.Log, l.end)
	}
	return l.end, nil
}

func testStamp() stamp {
	return stamp{id: "e1", account: "5b1c2a74-0000-4000-8000-000000000000", slug: "acme", actor: "users/u", request: "r1", now: 1_700_000_000_123}
}

func newTestAPI(l *fakeLog) *API {
	p := &Progress{}
	if l.done == nil {
		l.done = p.Advance
	}
	return New(Config{ProjectionFor: 50 * time.Millisecond}, nil, l, p, nil, nil, nil)
}

var somewhere = testStamp().boundary(events.ProductCreated, events.Subject{})

func someEvent(context.Context, uint64) (*events.Event, error) {
	return testStamp().event(1, events.ProductCreated, "products/p", events.Subject{}, &events.ProductData{}), nil
}

func TestSubmit(t *testing.T) {
	lost := fmt.Errorf("x: %w", stream.ErrLostRace)
	for _, tt := range []struct {
		name   string
		before func(int) error
		done   func(events.Log, uint64)
		decide decision
		tries  int
		serial uint64
		err    error
	}{
		{name: "first try", decide: someEvent, tries: 1, serial: 1},
		{name: "two lost races", decide: someEvent, tries: 3, serial: 1, before: func(n int) error {
			if n < 3 {
				return lost
			}
			return nil
		}},
		{name: "eight lost races", decide: someEvent, tries: 8, err: stream.ErrLostRace, before: func(int) error { return lost }},
		{name: "unavailable", decide: someEvent, tries: 1, err: stream.ErrUnavailable, before: func(int) error { return stream.ErrUnavailable }},
		{name: "nothing to do", decide: func(context.Context, uint64) (*events.Event, error) { return nil, nil }},
		{name: "refused", err: errTest, decide: func(context.Context, uint64) (*events.Event, error) { return nil, errTest }},
		{name: "projector is behind", decide: someEvent, tries: 1, err: errBehind{1}, done: func(events.Log, uint64) {}},
	} {
		l := &fakeLog{before: tt.before, done: tt.done}
		serial, err := newTestAPI(l).submit(t.Context(), somewhere, tt.decide)
		if serial != tt.serial || l.tries != tt.tries || !errors.Is(err, tt.err) {
			t.Errorf("%s: serial %d after %d tries: %v", tt.name, serial, l.tries, err)
		}
	}
}

var errTest = errors.New("test")

// TestP16WritersOfOneBoundaryQueue: writers inside one process never lose a
// race to each other, and no queue is left behind.
func TestP16WritersOfOneBoundaryQueue(t *testing.T) {
	l := &fakeLog{}
	a := newTestAPI(l)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, err := a.submit(t.Context(), somewhere, someEvent); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if l.tries != 20 || len(a.queues.open) != 0 {
		t.Fatalf("%d tries, %d queues left", l.tries, len(a.queues.open))
	}
}

func TestWaitingForOnesTurnCanBeGivenUp(t *testing.T) {
	var q queues
	leave, err := q.enter(t.Context(), somewhere)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := q.enter(ctx, somewhere); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	leave()
	if len(q.open) != 0 {
		t.Fatal("a queue is left")
	}
}

func TestProgress(t *testing.T) {
	var p Progress
	done := make(chan error)
	go func() { done <- p.Wait(t.Context(), events.Releases, 3) }()
	p.Advance(events.Access, 9)
	p.Advance(events.Releases, 2)
	p.Advance(events.Releases, 1)
	if p.Applied(events.Releases) != 2 {
		t.Fatal(p.Applied(events.Releases))
	}
	p.Advance(events.Releases, 3)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Wait(ctx, events.Releases, 4); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}
