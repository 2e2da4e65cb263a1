package serve

import (
	"fmt"
	"testing"

	"github.com/valyala/fasthttp"

	"offprint/schema/origin"
	"offprint/schema/schematest"
)

func testServer(t testing.TB, cfg Config) *Server {
	engine := func(key string) *Engine { return &Engine{Key: key, Serve: func(*Request) {}} }
	return New(cfg, schematest.NewMemory(), nil, sealer(t, 0), nil, engine("npm"), engine("raw"), engine("rubygems"))
}

// requestOf is a request as it comes in.
func requestOf(host, uri string) *fasthttp.RequestCtx {
	ctx := &fasthttp.RequestCtx{}
	ctx.Request.Header.SetRequestURI(uri)
	ctx.Request.Header.SetHost(host)
	return ctx
}

// TestRoutes: every form of an engine's URL, and what is none.
func TestRoutes(t *testing.T) {
	s := testServer(t, Config{Hosts: origin.New("", "example.com", nil)})
	names := map[urlForm]string{pathForm: "path", soleForm: "sole", shortForm: "short", hostForm: "host"}
	for _, tt := range []struct{ host, uri, want string }{
		{"h", "/npm/acme/foo", "npm short acme /foo ?"},
		{"h", "/npm/acme/", "npm short acme / ?"},
		{"h", "/npm/acme", ""},
		{"h", "/npm/", ""},
		{"h", "/npm//foo", ""},
		{"h", "/npm", ""},
		{"h", "//npm/acme/foo", "npm short acme /foo ?"},
		{"h", "/npm/acme/@a%2fb?x=/y?z", "npm short acme /@a%2fb ?x=/y?z"},
		{"h", "/npm/acme//foo", "npm short acme //foo ?"},
		{"h", "/cargo/acme/foo", ""},
		{"h", "/v1/accounts/acme/engines/npm/foo", "npm path acme /foo ?"},
		{"h", "/v1/accounts/acme/engines/npm/", "npm path acme / ?"},
		{"h", "/v1/accounts/acme/engines/npm", ""},
		{"h", "/v1/accounts/acme/engines/cargo/foo", ""},
		{"h", "/v1/accounts/acme/engines/", ""},
		{"h", "/v1/accounts/acme/products/npm/foo", ""},
		{"h", "/v1/engines/raw/p/r/f", "raw sole  /p/r/f ?"},
		{"h", "/v1/engines/raw", ""},
		{"h", "//v1/engines/raw/p", "raw sole  /p ?"},
		{"h", "/v1/", ""},
		{"h", "/", ""},
		{"h", "http://h/npm/acme/foo?x", "npm short acme /foo ?x"},
		{"h", "http://h", ""},
		{"npm.pkg.example.com", "/acme/foo", "npm host acme /foo ?"},
		{"NPM.pkg.example.com:8443", "/acme/foo", "npm host acme /foo ?"},
		{"npm.pkg.example.com", "/acme", ""},
		{"npm.pkg.example.com", "/v1/accounts/acme/artifacts/x/y", ""},
		{"raw.pkg.example.com", "/v1/engines/npm/foo", "npm sole  /foo ?"},
		{"cargo.pkg.example.com", "/npm/acme/foo", "npm short acme /foo ?"},
		{"acme.example.com", "/v1/engines/npm/foo", "npm sole  /foo ?"},
	} {
		var r target
		got := ""
		if s.route(requestOf(tt.host, tt.uri), &r) {
			got = fmt.Sprintf("%s %s %s %s ?%s", r.engine.Key, names[r.form], r.word, r.rest, r.query)
		}
		if got != tt.want {
			t.Errorf("%s%s: %q, want %q", tt.host, tt.uri, got, tt.want)
		}
	}
}

func FuzzRoute(f *testing.F) {
	for _, uri := range []string{"/npm/acme/foo", "/v1/accounts/a/engines/raw/x", "http://h", "//", "/v1/a", "/acme/v1/artifacts/x", "?"} {
		f.Add(uri)
	}
	s := testServer(f, Config{Hosts: origin.New("", "example.com", nil)})
	f.Fuzz(func(t *testing.T, uri string) {
		for _, host := range []string{"h", "npm.pkg.example.com"} {
			var r target
			if s.route(requestOf(host, uri), &r) && (r.engine == nil || len(r.rest) == 0 || r.rest[0] != '/' || r.form != soleForm && len(r.word) == 0) {
				t.Errorf("%s %q: %+v", host, uri, r)
			}
			if r = (target{}); true {
				r.take(requestOf(host, uri))
				if r.routeArtifact() && r.form != soleForm && len(r.word) == 0 {
					t.Errorf("%q: an artifact of no account: %+v", uri, r)
				}
			}
		}
	})
}

// baseOf numbers the prefix of a request to account acme.
func baseOf(s *Server, host, uri string) (baseID, string) {
	ctx := requestOf(host, uri)
	var r target
	if !s.route(ctx, &r) {
		return noBase, ""
	}
	q := requests.Get().(*Request)
	q.begin(s, ctx, &r)
	q.Account = &Account{ID: someID, Slug: "acme"}
	return q.baseID(), q.Prefix()
}

// TestBases: requests share a number exactly if they share a prefix.
func TestBases(t *testing.T) {
	s := testServer(t, Config{})
	byID, byPrefix := map[baseID]string{}, map[string]baseID{}
	for _, host := range []string{"h", "h:8080", "other"} {
		for _, uri := range []string{"/npm/acme/x", "/npm/" + someID + "/x", "/v1/accounts/acme/engines/npm/x", "/v1/accounts/" + someID + "/engines/npm/y", "/v1/engines/npm/x"} {
			base, prefix := baseOf(s, host, uri)
			if base == noBase || base == otherBase || byID[base] != "" && byID[base] != prefix || byPrefix[prefix] != 0 && byPrefix[prefix] != base {
				t.Errorf("%s%s: %d for %s", host, uri, base, prefix)
			}
			byID[base], byPrefix[prefix] = prefix, base
			if again, _ := baseOf(s, host, uri+"/z?q"); again != base {
				t.Errorf("%s%s: %d, then %d", host, uri, base, again)
			}
		}
	}
	if len(byID) != 15 {
		t.Errorf("%d numbers: %v", len(byID), byID)
	}
	if upper, prefix := baseOf(s, "h", "/npm/ACME/x"); upper != otherBase || prefix != "http://h/npm/ACME" {
		t.Errorf("another spelling: %d %s", upper, prefix)
	}
}

// TestHostsAreBounded: the Host header is the client's to choose.
func TestHostsAreBounded(t *testing.T) {
	s := testServer(t, Config{})
	first, _ := baseOf(s, "first", "/npm/acme/x")
	for i := range 3 * maxHosts {
		baseOf(s, fmt.Sprint("h", i), "/npm/acme/x")
	}
	if len((*s.bases.present.Load())) > maxHosts {
		t.Errorf("%d hosts", len((*s.bases.present.Load())))
	}
	if got, prefix := baseOf(s, "one-too-many", "/npm/acme/x"); got != otherBase || prefix != "http://one-too-many/npm/acme" {
		t.Errorf("a host too many: %d %s", got, prefix)
	}
	if got, _ := baseOf(s, "first", "/npm/acme/x"); got != first {
		t.Errorf("the first host: %d, was %d", got, first)
	}
}
