//go:build !race

package principal

import (
	"context"
	"strings"
	"testing"

	"offprint/schema"
)

// The race detector lets pools lose what they hold, so nothing here is counted
// under it.

func TestParseAllocatesNothing(t *testing.T) {
	buf := make([]byte, 0, 4200)
	for _, header := range []string{"Bearer t", "License k", basic("license:" + strings.Repeat("k", 100)), "Basic Og==", "Negotiate x",
		basic("license:" + strings.Repeat("k", 64<<10)), "Bearer " + someUUID} {
		headers := [][]byte{[]byte(header)}
		if n := testing.AllocsPerRun(100, func() { Parse(headers, nil, nil, false, buf) }); n != 0 {
			t.Errorf("%.40q: %v allocations", header, n)
		}
	}
}

func TestWarmRightsAllocateNothing(t *testing.T) {
	w := newWorld(t)
	l := w.license("acme", "K")
	w.put(l, &schema.Policy{Base: of("acme", "plan")}, w.token("acme", "T", "licenses/"+l.ID))
	for _, p := range []Presented{{}, presented("key K"), presented("token T")} {
		rights := func() { w.book.Rights(context.Background(), "acme", p, 1) }
		rights()
		if n := testing.AllocsPerRun(200, rights); n != 0 {
			t.Errorf("form %d: %v allocations", p.Form, n)
		}
	}
}

func BenchmarkWarmRights(b *testing.B) {
	w := newWorld(b)
	w.put(w.license("acme", "K"), &schema.Policy{Base: of("acme", "plan")})
	p := presented("key K")
	b.ReportAllocs()
	for b.Loop() {
		w.book.Rights(b.Context(), "acme", p, 1)
	}
}
