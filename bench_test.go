package main

import (
	"os"
	"testing"
	"time"
)

// BenchmarkFigures measures what the project promises, each figure beside its
// baseline of the same minutes, and prints one table at the end. Everything is
// real: the program as a process of its own, its log and store on the disk,
// requests over TCP. With -short it takes about a minute and says less.
//
//	go test -run '^$' -bench '^BenchmarkFigures$' -benchtime 1x .
func BenchmarkFigures(b *testing.B) {
	var table figures
	fsync := fsyncs(b)
	for _, part := range []struct {
		name    string
		measure func(b *testing.B, s scale, table *figures)
	}{
		{"Hot", benchHot},
		{"Gems", benchGems},
		{"Views", benchViews},
		{"FirstRead", benchFirstRead},
		{"Version3001", benchVersion3001},
		{"Publish", benchPublish},
		{"Access", benchAccess},
		{"Rest", benchRest},
		{"Long", benchLong},
		{"OCI", benchOCI},
	} {
		b.Run(part.name, func(b *testing.B) {
			b.ReportMetric(0, "ns/op") // says nothing here
			part.measure(b, scaleOf(), &table)
		})
	}
	table.print(os.Stdout, fsync)
}

// scale is how much a run measures.
type scale struct {
	rounds   int
	round    time.Duration // of load
	packages int           // of the many views
	licenses int
	large    int // versions of the large package
	publish  int // publications of each kind
	stored   int // licenses of which most are never used
	releases int // of the long history, in packages of a hundred
	starts   int
	blob     int   // bytes of a layer that is pulled
	layout   int64 // bytes of an image layout that is validated
}

func scaleOf() scale {
	if testing.Short() {
		return scale{rounds: 3, round: 500 * time.Millisecond, packages: 50, licenses: 500, large: 1000, publish: 20, stored: 20_000, releases: 2000, starts: 2, blob: 100 << 20, layout: 256 << 20}
	}
	return scale{rounds: 5, round: 3 * time.Second, packages: 1000, licenses: 10_000, large: 3000, publish: 150, stored: 1_000_000, releases: 100_000, starts: 5, blob: 100 << 20, layout: 2 << 30}
}

// fsyncs measures the disk: what one durable append of 1 KB takes.
func fsyncs(t testing.TB) (took []time.Duration) {
	f, err := os.Create(t.TempDir() + "/fsync")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for range 300 {
		began := time.Now()
		if _, err := f.Write(make([]byte, 1024)); err != nil {
			t.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			t.Fatal(err)
		}
		took = append(took, time.Since(began))
	}
	return took
}
