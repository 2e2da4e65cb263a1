//go:build !race

package raw

import (
	"testing"

	"github.com/valyala/fasthttp"
)

// warm gives a function that answers one request over and over, without a
// network.
func warm(t testing.TB, s *site, target string, headers ...string) (*fasthttp.RequestCtx, func()) {
	var req fasthttp.Request
	req.SetRequestURI(target)
	req.Header.SetHost("127.0.0.1:8080")
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	ctx := &fasthttp.RequestCtx{}
	ctx.Init(&req, nil, nil)
	answer := func() {
		if err := ctx.Response.CloseBodyStream(); err != nil {
			t.Fatal(err)
		}
		ctx.Response.Reset()
		s.Handle(ctx)
	}
	answer()
	return ctx, answer
}

// The race detector lets pools lose what they hold, so nothing here is counted
// under it.

// TestWarmAllocations: what a redirect and the bytes behind it may allocate. The
// path's own segments are all of the first, opening the file most of the second.
func TestWarmAllocations(t *testing.T) {
	s := acme(t)
	for _, tt := range []struct {
		target  string
		headers []string
		status  int
		most    float64
	}{
		{"/raw/acme/vault/stable/install.sh", as("key-plain"), 303, 6},
		{"/raw/acme/vault/stable/install.sh?auth=license:key-plain", nil, 303, 12},
		{canonical(sold, "install.sh"), as("key-plain"), 200, 20},
		{canonical(sold, "install.sh"), as("key-plain", "If-None-Match", "*"), 304, 12},
	} {
		ctx, answer := warm(t, s, tt.target, tt.headers...)
		if got := testing.AllocsPerRun(200, answer); ctx.Response.StatusCode() != tt.status || got > tt.most {
			t.Errorf("%s: %d with %v allocations, at most %v", tt.target, ctx.Response.StatusCode(), got, tt.most)
		}
	}
}

func BenchmarkRedirect(b *testing.B) {
	s := acme(b)
	_, answer := warm(b, s, "/raw/acme/vault/stable/install.sh", as("key-plain")...)
	b.ReportAllocs()
	for b.Loop() {
		answer()
	}
}

func BenchmarkBytes(b *testing.B) {
	s := acme(b)
	_, answer := warm(b, s, canonical(sold, "install.sh"), as("key-plain")...)
	b.ReportAllocs()
	for b.Loop() {
		answer()
	}
}
