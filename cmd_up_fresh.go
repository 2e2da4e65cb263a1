package main

import (
	"context"
	"sync/atomic"
	"time"

	"offprint/events"
	"offprint/ingest"
)

// confirmEvery is how often the end of the access log is asked for: more often
// than the bound, or the bound flaps.
const confirmEvery = 250 * time.Millisecond

// freshness knows since when this process has certainly applied every change
// of rights. A credential that was revoked must not be accepted longer than
// the bound, so a process that cannot confirm stops accepting any.
type freshness struct {
	end      func(ctx context.Context, log events.Log) (uint64, error)
	progress *ingest.Progress
	bound    time.Duration

	began     time.Time
	confirmed atomic.Int64 // nanoseconds since began, plus one; 0: never
}

func newFreshness(end func(context.Context, events.Log) (uint64, error), progress *ingest.Progress, bound time.Duration) *freshness {
	return &freshness{end: end, progress: progress, bound: bound, began: time.Now()}
}

// fresh says that the last confirmation is not older than the bound.
func (f *freshness) fresh() bool { return f.age() <= f.bound }

// age is how long ago all changes of rights were known to be applied.
func (f *freshness) age() time.Duration {
	at := f.confirmed.Load()
	if at == 0 {
		return 1 << 62
	}
	return time.Since(f.began) - time.Duration(at-1)
}

// start confirms until stop.
func (f *freshness) start() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { // ended by stop
		defer close(done)
		tick := time.NewTicker(confirmEvery)
		defer tick.Stop()
		for {
			f.confirm(ctx)
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	}()
	return func() { cancel(); <-done }
}

// confirm asks for the end of the access log and waits a moment until that is
// applied. What it confirms is the instant before it asked.
func (f *freshness) confirm(ctx context.Context) {
	at := time.Since(f.began)
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	end, err := f.end(ctx, events.Access)
	if err != nil || f.progress.Wait(ctx, events.Access, end) != nil {
		return
	}
	f.confirmed.Store(int64(at) + 1)
}
