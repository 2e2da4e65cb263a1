//go:build !race

package npm

import (
	"encoding/base64"
	"testing"

	"github.com/valyala/fasthttp"
)

// TestHotPathAllocatesNothing: a licensed packument, warm, by every form of the
// key, in identity and in a coding, and as a 304.
func TestHotPathAllocatesNothing(t *testing.T) {
	s := newSite(t, 50)
	etag := string(s.get("/npm/acme/@acme%2fapp", "Authorization", "License "+plainKey, "Accept-Encoding", "gzip").Response.Header.Peek("ETag"))
	for _, tt := range []struct {
		name    string
		path    string
		headers []string
		status  int
	}{
		{"license", "/npm/acme/@acme%2fapp", []string{"Authorization", "License " + plainKey}, 200},
		{"basic", "/npm/acme/@acme%2fapp", []string{"Authorization", "Basic " + base64.StdEncoding.EncodeToString([]byte("license:"+plainKey))}, 200},
		{"gzip", "/npm/acme/@acme%2fapp", []string{"Authorization", "License " + plainKey, "Accept-Encoding", "gzip, deflate"}, 200},
		{"abbreviated", "/npm/acme/@acme%2fapp", []string{"Authorization", "License " + plainKey, "Accept", "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*"}, 200},
		{"long form", "/v1/accounts/" + accountID + "/engines/npm/@acme/app", []string{"Authorization", "License " + plainKey}, 200},
		{"not modified", "/npm/acme/@acme%2fapp", []string{"Authorization", "License " + plainKey, "Accept-Encoding", "gzip", "If-None-Match", etag}, 304},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx := s.get(tt.path, tt.headers...)
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

func BenchmarkHotPackument(b *testing.B) {
	s := newSite(b, 50)
	ctx := s.get("/npm/acme/@acme%2fapp", "Authorization", "License "+plainKey, "Accept-Encoding", "gzip")
	if ctx.Response.StatusCode() != fasthttp.StatusOK {
		b.Fatal(ctx.Response.StatusCode())
	}
	b.ReportAllocs()
	for b.Loop() {
		ctx.Response.Reset()
		s.Handle(ctx)
	}
}
