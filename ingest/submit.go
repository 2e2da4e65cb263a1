package ingest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"offprint/events"
	"offprint/events/stream"
)

// attempts is how often a command is decided before its race counts as lost.
const attempts = 8

// decision reads the state of the boundary, whose last event has the sequence
// last (0: it never had one), and decides. A nil event without error means that
// there is nothing to do.
type decision func(ctx context.Context, last uint64) (*events.Event, error)

// submit decides and appends one event of the boundary b and returns its
// serial once it is visible; 0 if there was nothing to do. Errors: those of
// decide; stream.ErrLostRace; stream.ErrUnavailable; errBehind.
func (a *API) submit(ctx context.Context, b events.Boundary, decide decision) (uint64, error) {
	release, err := a.queues.enter(ctx, b)
	if err != nil {
		return 0, err
	}
	serial, err := a.append(ctx, b, decide)
	release()
	if err != nil || serial == 0 {
		return 0, err
	}
	if err := a.visible(ctx, b.Log, serial); err != nil {
		return 0, errBehind{serial}
	}
	return serial, nil
}

// append is the loop of optimistic concurrency. The point of no return is the
// log's acknowledgement: a crash before it leaves nothing, a crash after it
// leaves a stored event that the projector applies at the next start.
func (a *API) append(ctx context.Context, b events.Boundary, decide decision) (uint64, error) {
	var lost error
	for try := range attempts {
		if err := pause(ctx, try); err != nil {
			return 0, err
		}
		last, err := a.log.Last(ctx, b)
		if err != nil {
			return 0, err
		}
		if err := a.visible(ctx, b.Log, last); err != nil {
			return 0, fmt.Errorf("wait for event %d of %s: %w", last, b.Log, stream.ErrUnavailable)
		}
		e, err := decide(ctx, last)
		if err != nil || e == nil {
			return 0, err
		}
		if got := e.Subject.Boundary(); got != b {
			return 0, fmt.Errorf("event %s lies in boundary %s, decided in %s", e.Kind, got.Filter, b.Filter)
		}
		serial, err := a.log.Append(ctx, *e, last)
		if !errors.Is(err, stream.ErrLostRace) {
			return serial, err
		}
		lost = err
	}
	return 0, lost
}

func (a *API) visible(ctx context.Context, log events.Log, serial uint64) error {
	ctx, cancel := context.WithTimeout(ctx, a.cfg.ProjectionFor)
	defer cancel()
	return a.progress.Wait(ctx, log, serial)
}

// pause waits longer and longer, with jitter, before a repeat.
func pause(ctx context.Context, try int) error {
	if try == 0 {
		return nil
	}
	t := time.NewTimer(time.Duration(1+rand.IntN(4<<try)) * time.Millisecond)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// queues holds one queue for each boundary that is being written, so that
// writers of one process do not race each other on the log.
type queues struct {
	mu   sync.Mutex
	open map[events.Boundary]*queue
}

// queue is a lock that can be given up waiting for. users counts holder and
// waiters; the last one removes it.
type queue struct {
	turn  chan struct{}
	users int
}

// enter waits for the caller's turn; the returned function ends it.
func (q *queues) enter(ctx context.Context, b events.Boundary) (func(), error) {
	q.mu.Lock()
	if q.open == nil {
		q.open = map[events.Boundary]*queue{}
	}
	one := q.open[b]
	if one == nil {
		one = &queue{turn: make(chan struct{}, 1)}
		q.open[b] = one
	}
	one.users++
	q.mu.Unlock()
	select {
	case one.turn <- struct{}{}:
		return func() { <-one.turn; q.leave(b, one) }, nil
	case <-ctx.Done():
		q.leave(b, one)
		return nil, ctx.Err()
	}
}

func (q *queues) leave(b events.Boundary, one *queue) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if one.users--; one.users == 0 {
		delete(q.open, b)
	}
}
