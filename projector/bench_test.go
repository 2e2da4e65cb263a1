package projector_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"offprint/events"
	"offprint/events/stream"
	"offprint/projector"
	"offprint/projector/npm"
	"offprint/projector/raw"
	"offprint/schema"
	"offprint/schema/postgres"
	"offprint/schema/postgres/pgtest"
	"offprint/schema/schematest"
	"offprint/schema/sqlite"
)

// releases is how many releases the log of a benchmark has: OFFPRINT_RELEASES,
// else 2,000, or 200 with -short.
func releases(b *testing.B) int {
	if n, err := strconv.Atoi(os.Getenv("OFFPRINT_RELEASES")); err == nil && n > 0 {
		return n
	}
	if testing.Short() {
		return 200
	}
	return 2000
}

const releasesPerPackage = 100

// manifest is a package.json of the usual size.
var manifest = func() json.RawMessage {
	dependencies := map[string]string{}
	for i := range 20 {
		dependencies[fmt.Sprintf("@acme/dependency-%02d", i)] = "^1.2.3"
	}
	b, err := json.Marshal(map[string]any{"name": "app", "version": "0.0.0", "description": strings.Repeat("What it does. ", 20),
		"license": "MIT", "main": "index.js", "scripts": map[string]string{"test": "node --test", "build": "tsc"},
		"dependencies": dependencies, "devDependencies": dependencies, "engines": map[string]string{"node": ">=22"}})
	if err != nil {
		panic(err)
	}
	return b
}()

// fill makes a log in which so many npm releases are published, four events
// each, and gives its end.
func fill(b *testing.B, l *stream.Log, releases int) uint64 {
	b.Helper()
	var file bytes.Buffer
	serial := uint64(0)
	put := func(kind events.Kind, resource string, where events.Subject, data events.Payload) {
		serial++
		where.Log, where.Account, where.Kind = events.Releases, "acme", kind
		e := events.Event{ID: fmt.Sprintf("01a2046a-0000-7000-8000-%012d", serial), AccountID: "A", Kind: kind, Resource: resource,
			Time: time.UnixMilli(1_790_000_000_000 + int64(serial)).UTC(), Actor: "products/p1", Subject: where, Data: data, Serial: serial}
		file.Write(append(events.Line(e, events.Releases), '\n'))
	}
	put(events.AccountCreated, "accounts/A", events.Subject{}, &events.AccountData{Account: "A", Slug: "acme", Name: "Acme"})
	put(events.ProductCreated, "products/p1", events.Subject{}, &events.ProductData{Base: events.Base{Product: "p1"}, Name: "P"})
	for i := range releases {
		pkg := i / releasesPerPackage
		base := events.Base{Product: "p1", Package: fmt.Sprintf("package-%06d", pkg), Key: fmt.Sprintf("@acme/app-%d", pkg), Engine: "npm"}
		where := events.Subject{Product: "p1", Package: base.Key}
		if i%releasesPerPackage == 0 {
			put(events.PackageCreated, "packages/"+base.Package, where, &events.PackageData{Base: base, Name: base.Key})
		}
		base.Release, base.Version = fmt.Sprintf("release-%08d", i), fmt.Sprintf("1.%d.0", i%releasesPerPackage)
		put(events.ReleaseCreated, "releases/"+base.Release, where, &events.ReleaseData{Base: base, Channel: "stable", Status: "PUBLISHED"})
		base.Artifact, base.Filename = fmt.Sprintf("artifact-%08d", i), "app.tgz"
		resource := "artifacts/" + base.Artifact
		put(events.ArtifactCreated, resource, where, &events.ArtifactData{Base: base})
		sha := fmt.Sprintf("%064x", i)
		put(events.ArtifactStored, resource, where, &events.ArtifactBytes{Base: base, Size: 812, SHA256: sha, SHA512: sha + sha, SHA1: sha[:40], MD5: sha[:32]})
		put(events.ArtifactProcessed, resource, where, &events.ArtifactFacts{Base: base, Facts: fmt.Appendf(nil,
			`{"artifact":%q,"engine":"npm","upload":{"sha256":%q,"size":812},"warnings":[],"name":%q,"version":%q,"manifest":%s,"fileCount":7,"unpackedSize":4096}`,
			base.Artifact, sha, base.Key, base.Version, manifest)})
	}
	done, err := l.Import(b.Context(), &file, stream.ImportOptions{Partial: true, Spool: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	return done.Releases
}

func openLog(b *testing.B) *stream.Log {
	b.Helper()
	s, err := stream.Embed(b.TempDir(), "")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(s.Close)
	nc, err := s.Connect()
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(nc.Close)
	l, err := stream.Open(b.Context(), nc, 1)
	if err != nil {
		b.Fatal(err)
	}
	return l
}

// peak watches the heap until stop gives its greatest size in MB.
func peak() (stop func() float64) {
	var most atomic.Uint64
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	look := func() {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		most.Store(max(most.Load(), m.HeapInuse+m.StackInuse))
	}
	go func() {
		defer close(done)
		t := time.NewTicker(50 * time.Millisecond)
		defer t.Stop()
		for {
			look()
			select {
			case <-ctx.Done():
				return
			case <-t.C:
			}
		}
	}()
	return func() float64 { cancel(); <-done; look(); return float64(most.Load()) / (1 << 20) }
}

// BenchmarkReplay replays one log into an empty store, beside reading and
// decoding it alone. Reported are events a second and the greatest heap, the
// embedded log's included.
func BenchmarkReplay(b *testing.B) {
	log := openLog(b)
	end := fill(b, log, releases(b))
	engines := projector.NewEngines(npm.Engine(), raw.Engine())
	n := 0
	replay := func(open func(b *testing.B) schema.Store) func(b *testing.B) {
		return func(b *testing.B) {
			runtime.GC()
			stop, events, took := peak(), 0.0, time.Duration(0)
			for b.Loop() {
				b.StopTimer()
				s := open(b)
				b.StartTimer()
				began := time.Now()
				catchUp(b, log, s, engines, end)
				took += time.Since(began)
				events += float64(end)
				b.StopTimer()
				s.Close()
				b.StartTimer()
			}
			b.ReportMetric(events/took.Seconds(), "events/s")
			b.ReportMetric(stop(), "MB")
		}
	}
	b.Run("Read", func(b *testing.B) {
		for b.Loop() {
			if err := log.Read(b.Context(), events.Releases, 0, end, func(m stream.Message) error { return m.Err }); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(end)*float64(b.N)/b.Elapsed().Seconds(), "events/s")
	})
	b.Run("Memory", replay(func(*testing.B) schema.Store { return schematest.NewMemory() }))
	dir := b.TempDir()
	b.Run("SQLite", replay(func(b *testing.B) schema.Store {
		n++
		s, err := sqlite.Open(b.Context(), filepath.Join(dir, fmt.Sprint(n, ".db")))
		if err != nil {
			b.Fatal(err)
		}
		return s
	}))
	b.Run("Postgres", replay(func(b *testing.B) schema.Store {
		s, err := postgres.Open(b.Context(), pgtest.Start(b, pgtest.Sync))
		if err != nil {
			b.Fatal(err)
		}
		return s
	}))
}

func catchUp(b *testing.B, log projector.History, s projector.Store, engines projector.Engines, end uint64) {
	b.Helper()
	if err := projector.CatchUp(b.Context(), events.Releases, log, s, engines, end, nil, nil); err != nil {
		b.Fatal(err)
	}
	if at, err := s.Cursor(b.Context(), string(events.Releases)); at != end || err != nil {
		b.Fatal(at, err)
	}
}

// BenchmarkDeleteProduct deletes a product with all its releases, by one event.
func BenchmarkDeleteProduct(b *testing.B) {
	log := openLog(b)
	end := fill(b, log, releases(b))
	gone := events.Event{ID: "gone", AccountID: "A", Kind: events.ProductDeleted, Resource: "products/p1", Time: time.UnixMilli(1_800_000_000_000).UTC(),
		Subject: events.Subject{Log: events.Releases, Account: "acme", Kind: events.ProductDeleted},
		Data:    &events.ProductGone{Base: events.Base{Product: "p1"}}}
	last, err := log.Last(b.Context(), gone.Subject.Boundary())
	if err == nil {
		_, err = log.Append(b.Context(), gone, last)
	}
	if err != nil {
		b.Fatal(err)
	}
	engines := projector.NewEngines(npm.Engine(), raw.Engine())
	dir, n := b.TempDir(), 0
	for b.Loop() {
		b.StopTimer()
		n++
		s, err := sqlite.Open(b.Context(), filepath.Join(dir, fmt.Sprint(n, ".db")))
		if err != nil {
			b.Fatal(err)
		}
		catchUp(b, log, s, engines, end)
		b.StartTimer()
		catchUp(b, log, s, engines, end+1)
		b.StopTimer()
		s.Close()
		b.StartTimer()
	}
}
