package origin

import (
	"net/netip"
	"testing"

	"github.com/valyala/fasthttp"
)

// TestLinks: design.md section 4, one rule for links.
func TestLinks(t *testing.T) {
	proxy := []netip.Prefix{netip.MustParsePrefix("0.0.0.0/32")} // the address of a request without connection
	for _, tt := range []struct {
		public, domain, host, forwarded string
		trusted                         []netip.Prefix
		base, account                   string
	}{
		{"", "", "a.example:8080", "", nil, "http://a.example:8080", ""},
		{"https://pkg.example", "pkg.example", "pkg.example", "", nil, "https://pkg.example", ""},
		{"https://pkg.example", "pkg.example", "evil.example", "", nil, "https://pkg.example", ""},
		{"https://pkg.example", "pkg.example", "127.0.0.1:8080", "", nil, "http://127.0.0.1:8080", ""},
		{"https://pkg.example", "pkg.example", "[::1]:8080", "", nil, "http://[::1]:8080", ""},
		{"https://pkg.example", "pkg.example", "ACME.pkg.example", "", nil, "http://acme.pkg.example", "acme"},
		{"https://pkg.example", "pkg.example", "npm.pkg.pkg.example", "", nil, "http://npm.pkg.pkg.example", ""},
		{"", "", "inner:80", "outer.example", nil, "http://inner:80", ""},
		{"", "", "inner:80", "outer.example", proxy, "https://outer.example", ""},
	} {
		ctx := &fasthttp.RequestCtx{}
		ctx.Request.SetRequestURI("/v1/ping")
		ctx.Request.Header.SetHost(tt.host)
		if tt.forwarded != "" {
			ctx.Request.Header.Set("X-Forwarded-Host", tt.forwarded)
			ctx.Request.Header.Set("X-Forwarded-Proto", "https")
		}
		h := New(tt.public, tt.domain, tt.trusted)
		if got := h.Base(ctx); got != tt.base {
			t.Errorf("%s at %s: %s, want %s", tt.host, tt.public, got, tt.base)
		}
		if got := h.Account(ctx); got != tt.account {
			t.Errorf("%s: account %q", tt.host, got)
		}
		if got := string(h.AppendBase(nil, ctx)); got != tt.base {
			t.Errorf("%s at %s: %s appended, want %s", tt.host, tt.public, got, tt.base)
		}
	}
}
