package projector

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"offprint/events"
	"offprint/events/stream"
	"offprint/projector/logtest"
	"offprint/schema"
	"offprint/schema/schematest"
)

// chunks is a log that says after every n messages that there are no more, so
// that a projector commits.
type chunks struct {
	*logtest.Log
	n uint64
}

func (c chunks) Follow(ctx context.Context, log events.Log, after uint64, fn func(stream.Message) error) error {
	return c.Log.Follow(ctx, log, after, func(m stream.Message) error {
		if m.Serial%c.n == 0 {
			m.Pending = 0
		}
		return fn(m)
	})
}

var errLost = errors.New("connection lost")

// until gives a context that ends when a projector says that it has committed
// the serial end.
func until(t testing.TB, end uint64) (context.Context, func(schema.Notice)) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx, func(n schema.Notice) {
		if n.To >= end {
			cancel()
		}
	}
}

// reached fails if the time ran out.
func reached(t testing.TB, s Store, log events.Log, end uint64) {
	t.Helper()
	if at, err := s.Cursor(context.Background(), string(log)); at != end || err != nil {
		t.Fatalf("%s is at %d of %d, %v", log, at, end, err)
	}
}

// TestFaults: every commit, lost or applied but reported lost, and then tried
// again by the same projector or by a new one: the store is the same as
// without.
func TestFaults(t *testing.T) {
	log := history(t, 400, 160)
	want := schematest.NewMemory()
	steps(t, log, want, log, nil)
	wanted := dump(t, want)
	source := chunks{log, 15}
	for _, applied := range []bool{false, true} {
		for _, restart := range []bool{false, true} {
			for bad := 1; ; bad++ {
				s := schematest.NewMemory()
				commits := 0
				s.Fault = func(string) (bool, error) {
					if commits++; commits == bad {
						return applied, errLost
					}
					return true, nil
				}
				for _, name := range logs {
					end, _ := log.End(t.Context(), name)
					runTo(t, source, s, name, end, restart)
				}
				same(t, fmt.Sprintf("commit %d, applied %v, restart %v", bad, applied, restart), dump(t, s), wanted)
				if commits < bad {
					break // there is no such commit
				}
			}
		}
	}
}

// runTo projects up to end: with one projector that tries again, or with a new
// one after each failure.
func runTo(t testing.TB, source Source, s Store, name events.Log, end uint64, restart bool) {
	t.Helper()
	ctx, notify := until(t, end)
	p := New(name, source, s, testEngines(), quiet(), notify)
	if !restart {
		if err := p.Run(ctx); err != nil {
			t.Fatal(err)
		}
	}
	for restart && ctx.Err() == nil {
		p := New(name, source, s, testEngines(), quiet(), notify)
		if err := p.follow(ctx); ctx.Err() == nil && !errors.Is(err, errLost) {
			t.Fatal(err)
		}
	}
	reached(t, s, name, end)
}

// TestLostAnswerStartsOver: a commit that was applied but reported lost is not
// done again, and what follows is as if the answer had come.
func TestLostAnswerStartsOver(t *testing.T) {
	log := history(t, 450, 100)
	end, _ := log.End(t.Context(), events.Releases)
	want, s := schematest.NewMemory(), schematest.NewMemory()
	runTo(t, chunks{log, 7}, want, events.Releases, end, false)
	lose := false
	s.Fault = func(string) (bool, error) {
		if lose = !lose; lose {
			return true, errLost
		}
		return true, nil
	}
	runTo(t, chunks{log, 7}, s, events.Releases, end, false)
	same(t, "lost answers", dump(t, s), dump(t, want))
}

// outrun is a store in which another projector commits the same events in the
// middle of a batch: after the first look for a release that is not there.
type outrun struct {
	*schematest.Memory
	other func()
}

func (s *outrun) Record(ctx context.Context, account string, kind schema.Kind, id string) (schema.Record, error) {
	rec, err := s.Memory.Record(ctx, account, kind, id)
	if kind == schema.Releases && errors.Is(err, schema.ErrNotFound) && s.other != nil {
		other := s.other
		s.other = nil
		other()
	}
	return rec, err
}

// TestOutrunByAnother: a projector that read some records before and some after
// the commit of another one to the same serial does not go on with them.
func TestOutrunByAnother(t *testing.T) {
	log := history(t, 451, 300)
	end, _ := log.End(t.Context(), events.Releases)
	want := schematest.NewMemory()
	runTo(t, chunks{log, 7}, want, events.Releases, end, false)
	for at := uint64(7); at+7 < end; at += 7 {
		s := &outrun{Memory: schematest.NewMemory()}
		runTo(t, chunks{log, 7}, s.Memory, events.Releases, at, false)
		s.other = func() {
			if err := CatchUp(t.Context(), events.Releases, log, s.Memory, testEngines(), at+7, nil, nil); err != nil {
				t.Fatal(err)
			}
		}
		runTo(t, chunks{log, 7}, s, events.Releases, end, false)
		same(t, fmt.Sprint("outrun at ", at), dump(t, s.Memory), dump(t, want))
	}
}

// TestManyFaults: half of all commits go wrong in one way or the other.
func TestManyFaults(t *testing.T) {
	for seed := range uint64(5) {
		log := history(t, 500+seed, 200)
		want := schematest.NewMemory()
		steps(t, log, want, log, nil)
		r := rand.New(rand.NewPCG(seed, 3))
		s := schematest.NewMemory()
		s.Fault = func(string) (bool, error) {
			if r.IntN(2) == 0 {
				return true, nil
			}
			return r.IntN(2) == 0, errLost
		}
		for _, name := range logs {
			end, _ := log.End(t.Context(), name)
			runTo(t, chunks{log, 3 + seed}, s, name, end, true)
		}
		same(t, fmt.Sprint("seed ", seed), dump(t, s), dump(t, want))
	}
}

// TestE29TwoProjectors under one cursor: each advances as far as it may, the
// loser of a commit goes on from where the other is, and the store is the same
// as that of one.
func TestE29TwoProjectors(t *testing.T) {
	log := history(t, 600, 400)
	want := schematest.NewMemory()
	steps(t, log, want, log, nil)
	s := schematest.NewMemory()
	for _, name := range logs {
		end, _ := log.End(t.Context(), name)
		var wg sync.WaitGroup
		for _, n := range []uint64{3, 4, 7} {
			wg.Go(func() {
				ctx, notify := until(t, end)
				if err := New(name, chunks{log, n}, s, testEngines(), quiet(), notify).Run(ctx); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		reached(t, s, name, end)
	}
	same(t, "two projectors", dump(t, s), dump(t, want))
}

// TestNoticesNameWhatChanged: what a commit changed is in its notice, or the
// notice says "all"; notices leave no serial out.
func TestNoticesNameWhatChanged(t *testing.T) {
	log := history(t, 700, 200)
	end, _ := log.End(t.Context(), events.Releases)
	s := schematest.NewMemory()
	ctx, done := until(t, end)
	docs, records := map[string]bool{}, map[schema.RecordKey]bool{}
	at := uint64(0)
	p := New(events.Releases, chunks{log, 5}, s, testEngines(), quiet(), func(n schema.Notice) {
		if n.All != (n.From == n.To) && n.To != 0 || n.From != at && !n.All {
			t.Errorf("%+v after %d", n, at)
		}
		at = n.To
		for _, d := range n.Docs {
			docs[d] = true
		}
		for _, k := range n.Records {
			records[k] = true
		}
		done(n)
	})
	if err := p.Run(ctx); err != nil {
		t.Fatal(err)
	}
	for _, row := range dump(t, s) {
		var table, key string
		fmt.Sscan(row, &table, &key)
		switch table {
		case "record":
			if k := schema.RecordKey(recordKey(entry{key: key})); !records[k] {
				t.Errorf("no notice of %v", k)
			}
		case "head", "rule":
			doc, _ := docOf(key)
			if !docs[doc] {
				t.Errorf("no notice of %s", doc)
			}
		}
	}
	if p.Stats.Events.Load() != end || p.Stats.Applied.Load() != end || p.Stats.Blocked.Load() != nil {
		t.Errorf("%d events, applied %d", p.Stats.Events.Load(), p.Stats.Applied.Load())
	}
}
