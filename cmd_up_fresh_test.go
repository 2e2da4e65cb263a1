package main

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"offprint/events"
	"offprint/ingest"
)

// The process is fresh while it has applied the access log up to its end, and
// no longer than the bound after it last knew that.
func TestFreshness(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var end atomic.Uint64
		var away atomic.Bool
		progress := &ingest.Progress{}
		f := newFreshness(func(_ context.Context, log events.Log) (uint64, error) {
			if log != events.Access {
				t.Errorf("asked for the end of %s", log)
			}
			if away.Load() {
				return 0, errors.New("no answer")
			}
			return end.Load(), nil
		}, progress, time.Second)
		if f.fresh() {
			t.Error("fresh before anything is confirmed")
		}
		end.Store(3)
		stop := f.start()
		defer stop()
		is := func(want bool, when string) {
			t.Helper()
			if f.fresh() != want {
				t.Errorf("%s: fresh is %v, want %v", when, !want, want)
			}
		}
		time.Sleep(100 * time.Millisecond)
		is(false, "behind the end")
		progress.Advance(events.Access, 3)
		synctest.Wait()
		is(true, "at the end")

		end.Store(4) // somebody is suspended, and this process does not hear of it
		time.Sleep(500 * time.Millisecond)
		is(true, "within the bound")
		time.Sleep(time.Second)
		is(false, "an event behind for longer than the bound")
		progress.Advance(events.Access, 4)
		time.Sleep(confirmEvery)
		is(true, "caught up")

		away.Store(true)
		time.Sleep(700 * time.Millisecond)
		is(true, "log away, within the bound")
		time.Sleep(600 * time.Millisecond)
		is(false, "log away for longer than the bound")
		away.Store(false)
		time.Sleep(2 * confirmEvery)
		is(true, "log back")
	})
}

// What is confirmed is the instant before the question: a log that answers
// late does not make the knowledge younger.
func TestFreshnessCountsFromTheQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFreshness(func(context.Context, events.Log) (uint64, error) {
			time.Sleep(900 * time.Millisecond)
			return 0, nil
		}, &ingest.Progress{}, time.Second)
		f.confirm(t.Context())
		if age := f.age(); age != 900*time.Millisecond {
			t.Errorf("age %v, want 900ms", age)
		}
	})
}
