package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"offprint/events"
	"offprint/projector"
	"offprint/projector/logtest"
	"offprint/schema/sqlite"
)

// benchVersion3001 measures what a publication writes: the bytes that the five
// events of one more version add to the write-ahead log of SQLite, when the
// package is large, and when it has ten versions.
func benchVersion3001(b *testing.B, s scale, table *figures) {
	small, large := newLedger(b, 10), newLedger(b, s.large)
	var few, many []float64
	inTurn(s.rounds,
		func() { few = append(few, small.publishNext()) },
		func() { many = append(many, large.publishNext()) })
	table.compared(fmt.Sprintf("bytes written for version %d, and for version 11", s.large+1), "KB", many, few, "≤ 1.25")
}

// ledger is a store in a file with one package.
type ledger struct {
	t    testing.TB
	path string
	log  *logtest.Log
	shop *shop
	pkg  merchandise
	next int // version
}

func newLedger(t testing.TB, count int) *ledger {
	l := &ledger{t: t, path: filepath.Join(t.TempDir(), "offprint.db"), log: logtest.NewLog(), next: count}
	l.shop = newShop(func(e events.Event) { l.log.Put(e) }, nil)
	l.pkg = l.shop.pkg("relay")
	for _, version := range versions(0, count) {
		l.shop.publish(l.pkg, version)
	}
	l.apply(1000)
	return l
}

// publishNext publishes one version, one commit for each event, and gives the
// kilobytes that this wrote. The store is opened before and closed after it, so
// that the write-ahead log holds nothing else.
func (l *ledger) publishNext() float64 {
	l.shop.publish(l.pkg, versions(l.next, l.next+1)[0])
	l.next++
	return float64(l.apply(1)) / 1000
}

// apply brings the store to the end of the log and gives the length of its
// write-ahead log before that is emptied.
func (l *ledger) apply(perCommit uint64) int64 {
	l.t.Helper()
	store, err := sqlite.Open(l.t.Context(), l.path)
	if err != nil {
		l.t.Fatal(err)
	}
	at, err := store.Cursor(l.t.Context(), string(events.Releases))
	if err != nil {
		l.t.Fatal(err)
	}
	end, _ := l.log.End(l.t.Context(), events.Releases)
	for at < end {
		at = min(at+perCommit, end)
		if err := projector.CatchUp(l.t.Context(), events.Releases, l.log, store, projectorEngines(), at, nil, nil); err != nil {
			l.t.Fatal(err)
		}
	}
	info, err := os.Stat(l.path + "-wal")
	if err != nil {
		l.t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		l.t.Fatal(err)
	}
	return info.Size()
}
