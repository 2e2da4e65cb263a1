//go:build !race

package rubygems

import (
	"testing"
)

// TestHotPathAllocatesNothing: a licensed /info, /versions and /names, warm, as
// 200, 206 and 304.
func TestHotPathAllocatesNothing(t *testing.T) {
	s := newSite(t, 20, 20)
	etag := string(s.get("/info/acme-gem-0001", plainKey).Response.Header.Peek("ETag"))
	for _, tt := range []struct {
		name, path string
		headers    []string
		status     int
	}{
		{"info", "/info/acme-gem-0001", nil, 200},
		{"info, not modified", "/info/acme-gem-0001", []string{"If-None-Match", etag}, 304},
		{"info, the end", "/info/acme-gem-0001", []string{"Range", "bytes=100-"}, 206},
		{"versions", "/versions", nil, 200},
		{"versions, the end", "/versions", []string{"Range", "bytes=100-"}, 206},
		{"names", "/names", nil, 200},
		{"specs", "/specs.4.8.gz", nil, 200},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx := s.get(tt.path, plainKey, tt.headers...)
			if got := ctx.Response.StatusCode(); got != tt.status {
				t.Fatalf("status %d: %s", got, ctx.Response.Body())
			}
			allocs := testing.AllocsPerRun(200, func() {
				ctx.Response.Reset()
				s.Handle(ctx)
			})
			if allocs > 0 {
				t.Errorf("%v allocations", allocs)
			}
		})
	}
}

// TestAppendDoesNotGrow: /versions after the publication of one gem allocates as
// much with many gems as with few, but for the list of gems.
func TestAppendDoesNotGrow(t *testing.T) {
	cost := func(gems int) float64 {
		s := newSite(t, gems, 3)
		s.get("/versions", plainKey)
		v := 10
		return testing.AllocsPerRun(20, func() {
			s.publish(t, 1, v)
			v++
			s.get("/versions", plainKey)
		})
	}
	few, many := cost(10), cost(500)
	if many > few*1.5+50 {
		t.Errorf("%v allocations with 10 gems, %v with 500", few, many)
	}
}

func BenchmarkHotInfo(b *testing.B) {
	s := newSite(b, 20, 20)
	ctx := s.get("/info/acme-gem-0001", plainKey)
	b.ReportAllocs()
	for b.Loop() {
		ctx.Response.Reset()
		s.Handle(ctx)
	}
}

// BenchmarkVersions: 2,000 gems of 20 versions each.
func BenchmarkVersions(b *testing.B) {
	s := newSite(b, 2000, 20)
	s.get("/versions", goldKey) // loads the documents
	b.Run("new view of every gem", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			s := newSite(b, 2000, 20)
			s.get("/versions", goldKey)
			b.StartTimer()
			s.get("/versions", plainKey)
		}
	})
	b.Run("warm", func(b *testing.B) {
		ctx := s.get("/versions", plainKey)
		b.ReportAllocs()
		for b.Loop() {
			ctx.Response.Reset()
			s.Handle(ctx)
		}
	})
	b.Run("after a publication", func(b *testing.B) {
		v := 100
		for b.Loop() {
			b.StopTimer()
			s.publish(b, v%2000, v)
			v++
			b.StartTimer()
			s.get("/versions", plainKey)
		}
	})
}
