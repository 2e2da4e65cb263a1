package projector

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"offprint/events"
	"offprint/events/stream"
	"offprint/schema"
)

// maxBatch and maxBatchBytes bound the events of one commit, and the memory
// that it takes.
const (
	maxBatch      = 1000
	maxBatchBytes = 16 << 20
)

// Source is the log that a projector follows.
type Source interface {
	Follow(ctx context.Context, log events.Log, after uint64, fn func(stream.Message) error) error
}

// Store is what a projector reads and writes.
type Store interface {
	schema.Records
	schema.Writer
}

// Stats is counted while a projector runs; any goroutine may read it.
type Stats struct {
	Applied atomic.Uint64          // serial of the last committed event
	Events  atomic.Uint64          // events committed
	Orphans atomic.Uint64          // events about something unknown or deleted
	Parked  atomic.Uint64          // events that could not be folded
	Blocked atomic.Pointer[string] // why the projector stands still; nil while it runs
}

// Projector applies one log to a store. Two projectors of one log under one
// cursor cannot interleave: the one that loses a commit starts over from the
// store.
type Projector struct {
	log     events.Log
	source  Source
	store   Store
	engines Engines
	logger  *slog.Logger
	notify  func(schema.Notice) // called after each commit, in order
	halt    bool                // stop at a poison event instead of parking it

	Stats Stats

	// Owned by the goroutine in Run.
	state  *state
	docs   *docs
	parked []schema.Parked
	from   uint64 // cursor in the store
	at     uint64 // last event applied to the batch
	count  int
	size   int    // bytes of their data
	orphan uint64 // of them
	told   bool   // notify has heard where the projector begins
}

// New makes a projector. notify may be nil.
func New(log events.Log, source Source, store Store, engines Engines, logger *slog.Logger, notify func(schema.Notice)) *Projector {
	if notify == nil {
		notify = func(schema.Notice) {}
	}
	return &Projector{log: log, source: source, store: store, engines: engines, logger: logger, notify: notify,
		state: newState(store), docs: newDocs(engines)}
}

// Run follows the log until ctx ends. It returns an error only for an event of
// an unknown kind (*events.UnknownKindError): a newer server wrote it, and
// skipping it would make documents silently differ. Everything else is tried
// again.
func (p *Projector) Run(ctx context.Context) error {
	for pause := 10 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		from := p.Stats.Applied.Load()
		err := p.follow(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err == nil {
			err = errors.New("the log ended")
		}
		why := err.Error()
		p.Stats.Blocked.Store(&why)
		var unknown *events.UnknownKindError
		if errors.As(err, &unknown) {
			p.logger.Error("projector stops", "log", p.log, "error", err)
			return err
		}
		p.logger.Warn("projector starts over", "log", p.log, "error", err)
		if p.Stats.Applied.Load() > from {
			pause = 10 * time.Millisecond // it got on
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
	}
}

// follow runs from the stored cursor until something fails. What was not
// committed is forgotten: the events come again.
func (p *Projector) follow(ctx context.Context) error {
	cursor, err := p.store.Cursor(ctx, string(p.log))
	if err != nil {
		return fmt.Errorf("cursor %s: %w", p.log, err)
	}
	p.begin(ctx, cursor)
	p.Stats.Blocked.Store(nil)
	if before := p.Stats.Applied.Swap(cursor); !p.told || before != cursor {
		p.told = true // what was committed without a notice, or by another, is unknown
		p.notify(schema.Notice{Log: string(p.log), To: cursor, All: true})
	}
	return p.source.Follow(ctx, p.log, cursor, func(m stream.Message) error {
		if err := p.take(&m); err != nil {
			return err
		}
		if m.Pending == 0 || p.full() {
			return p.commit(ctx)
		}
		return nil
	})
}

// full also looks at the records, because one event may delete very many.
func (p *Projector) full() bool {
	return p.count >= maxBatch || p.size >= maxBatchBytes || len(p.state.dirty) >= 10*maxBatch
}

// HaltOnPoison makes the projector stop at an event that cannot be folded,
// instead of parking it. It is called before Run.
func (p *Projector) HaltOnPoison() { p.halt = true }

func (p *Projector) begin(ctx context.Context, cursor uint64) {
	p.state.reset(cursor == 0)
	p.docs.reset()
	p.state.ctx = ctx
	p.parked, p.from, p.at, p.count, p.size, p.orphan = nil, cursor, cursor, 0, 0, 0
}

// take applies one message to the batch, or parks it.
func (p *Projector) take(m *stream.Message) error {
	if m.Serial <= p.at {
		return nil // delivered twice
	}
	if m.Serial != p.at+1 {
		return fmt.Errorf("%s %d follows %d: events are missing", p.log, m.Serial, p.at)
	}
	err := m.Err
	if err == nil {
		err = p.safely(&m.Event)
	}
	var unknown *events.UnknownKindError
	switch {
	case err == nil:
	case errors.Is(err, errOrphan):
		p.orphan++
	case isStoreError(err):
		return err
	case errors.As(err, &unknown):
		return p.stopAt(m, "event of a newer version", unknown)
	case p.halt:
		return p.stopAt(m, "poison event", err)
	default:
		p.park(m, err)
	}
	p.at = m.Serial
	p.count++
	p.size += len(m.Data)
	p.state.size += len(m.Data)
	return nil
}

// stopAt commits what comes before m and gives the error to stop with.
func (p *Projector) stopAt(m *stream.Message, what string, err error) error {
	if err := p.commit(p.state.ctx); err != nil {
		return err
	}
	return fmt.Errorf("%s %s %d: %w", what, p.log, m.Serial, err)
}

// storeError marks errors of reading the store: the event is good and comes
// again.
type storeError struct{ error }

func (e storeError) Unwrap() error { return e.error }

func isStoreError(err error) bool {
	var s storeError
	return errors.As(err, &s) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// safely applies an event; a panic of the fold is an error of that event.
func (p *Projector) safely(e *events.Event) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("fold panicked: %v", r)
		}
	}()
	return p.apply(e)
}

func (p *Projector) park(m *stream.Message, err error) {
	p.logger.Error("event parked", "log", p.log, "serial", m.Serial, "id", m.Event.ID, "kind", m.Event.Kind, "error", err)
	row := schema.Parked{Log: string(p.log), Serial: m.Serial, ID: m.Event.ID, Kind: string(m.Event.Kind), Reason: err.Error()}
	if !m.Event.Time.IsZero() {
		row.Time = m.Event.Time.UnixMilli()
	}
	p.parked = append(p.parked, row)
}

// commit writes the batch. A crash before it loses nothing, because the events
// come again; a crash after it repeats nothing, because the cursor moved with
// it. After an error nothing is known: the commit may be in the store, or another
// projector's to the same serial, made of records as they were when it read
// them. What is in memory is then worth nothing, and the projector starts over.
func (p *Projector) commit(ctx context.Context) error {
	if p.at == p.from {
		return nil
	}
	b, n := p.batch()
	if err := p.store.Commit(ctx, b); err != nil {
		return fmt.Errorf("commit %s %d to %d: %w", p.log, p.from, p.at, err)
	}
	p.Stats.Events.Add(uint64(p.count))
	p.Stats.Orphans.Add(p.orphan)
	p.Stats.Parked.Add(uint64(len(p.parked)))
	p.Stats.Applied.Store(p.at)
	p.from, p.count, p.size, p.orphan, p.parked = p.at, 0, 0, 0, nil
	p.state.committed()
	p.docs.committed()
	p.notify(n)
	return nil
}
