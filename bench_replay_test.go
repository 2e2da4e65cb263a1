package main

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"offprint/events"
	"offprint/events/stream"
	"offprint/projector"
	"offprint/schema"
	"offprint/schema/postgres"
	"offprint/schema/postgres/pgtest"
	"offprint/schema/sqlite"
)

// perPackage is how many releases a package of a long history has.
const perPackage = 100

// benchLong measures what grows with the length of the log.
func benchLong(b *testing.B, s scale, table *figures) {
	f := newDepot(b)
	began := time.Now()
	f.longHistory(s.releases)
	filled := time.Since(began)
	benchReplay(b, s, table, f)
	events := 5 * s.releases
	table.measured(fmt.Sprintf("  writing and importing that history (%d events)", events), show(float64(events)/filled.Seconds(), "/s"), "")
	benchStart(b, s, table, f)
}

// benchReplay measures a rebuild: the events of a long history, five for each
// release, from the log into an empty store. The baseline reads and decodes the
// same events and drops them. Both go through the log in parts, in turn.
func benchReplay(b *testing.B, s scale, table *figures, f *depot) {
	for _, into := range []struct {
		name string
		open func(b *testing.B) (schema.Store, error)
	}{
		{"SQLite", func(b *testing.B) (schema.Store, error) {
			return sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "offprint.db"))
		}},
		{"Postgres", func(b *testing.B) (schema.Store, error) {
			return postgres.Open(b.Context(), pgtest.Start(b, pgtest.Sync))
		}},
	} {
		done := false
		b.Run(into.name, func(b *testing.B) {
			b.ReportMetric(0, "ns/op")
			store, err := into.open(b)
			if err != nil {
				b.Fatal(err)
			}
			defer store.Close()
			f.withLog(func(ctx context.Context, log *stream.Log) {
				replay(b, s, table, into.name, log, store)
			})
			done = true
		})
		if !done {
			table.measured("replay into "+into.name, "not measured here", "")
		}
	}
}

// longHistory fills the folder with releases in packages of a hundred.
func (f *depot) longHistory(releases int) {
	f.fill(func(s *shop) {
		for i := range releases / perPackage {
			p := s.pkg(fmt.Sprintf("part-%d", i))
			for _, version := range versions(0, perPackage) {
				s.publish(p, version)
			}
		}
	})
}

func replay(b *testing.B, s scale, table *figures, name string, log *stream.Log, store schema.Store) {
	end, err := log.End(b.Context(), events.Releases)
	if err != nil {
		b.Fatal(err)
	}
	parts := uint64(max(5, s.rounds))
	var ours, baseline []float64
	var total time.Duration
	rate := func(from, to uint64, work func() error) (float64, time.Duration) {
		began := time.Now()
		if err := work(); err != nil {
			b.Fatal(err)
		}
		took := time.Since(began)
		return float64(to-from) / took.Seconds(), took
	}
	for part := range parts {
		from, to := end*part/parts, end*(part+1)/parts
		inTurn(1,
			func() {
				plain, _ := rate(from, to, func() error {
					return log.Read(b.Context(), events.Releases, from, to, func(m stream.Message) error { return m.Err })
				})
				baseline = append(baseline, plain)
			},
			func() {
				into, took := rate(from, to, func() error {
					return projector.CatchUp(b.Context(), events.Releases, log, store, projectorEngines(), to, nil, nil)
				})
				ours, total = append(ours, into), total+took
			})
	}
	table.compared(fmt.Sprintf("replay into %s, events (all of %d releases: %.1f s)", name, s.releases, total.Seconds()), "/s", ours, baseline, "")
}
