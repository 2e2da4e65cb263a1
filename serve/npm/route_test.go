package npm

import (
	"testing"

	"github.com/valyala/fasthttp"

	"offprint/serve"
)

// routed is a plan as text: kind, name, argument, cut.
type routed struct {
	kind           kind
	name, arg, cut string
}

func plan4(t *testing.T, method, path string) (routed, string) {
	t.Helper()
	ctx := &fasthttp.RequestCtx{}
	ctx.Request.Header.SetMethod(method)
	r := &serve.Request{RequestCtx: ctx, Path: []byte(path)}
	var p plan
	if refusal := p.route(r); refusal != nil {
		return routed{}, refusal.Code
	}
	return routed{p.kind, string(p.name()), string(p.arg), string(p.cut)}, ""
}

func TestRoutes(t *testing.T) {
	for _, tt := range []struct {
		path string
		want routed
	}{
		{"/foo", routed{packument, "foo", "", ""}},
		{"/foo/", routed{packument, "foo", "", ""}},
		{"//foo", routed{packument, "foo", "", ""}},
		{"/@acme/x", routed{packument, "@acme/x", "", ""}},
		{"/@acme%2fx", routed{packument, "@acme/x", "", ""}},
		{"/@acme%2Fx", routed{packument, "@acme/x", "", ""}},
		{"/%40acme%2Fx", routed{packument, "@acme/x", "", ""}},
		{"/%40acme/x", routed{packument, "@acme/x", "", ""}},
		{"/@acme%252fx", routed{packument, "", "", ""}},
		{"/@acme", routed{packument, "", "", ""}},
		{"/@acme/..", routed{packument, "", "", ""}},
		{"/..", routed{packument, "", "", ""}},
		{"/_x", routed{packument, "", "", ""}},
		{"/@.a/x", routed{packument, "", "", ""}},
		{"/@_a/x", routed{packument, "@_a/x", "", ""}},
		{"/a", routed{packument, "a", "", ""}},
		{"/Foo", routed{packument, "Foo", "", ""}},
		{"/node_modules", routed{packument, "", "", ""}},
		{"/%zz", routed{packument, "", "", ""}},
		{"/a%ff", routed{packument, "", "", ""}},
		{"/foo/1.0.0", routed{versionDocument, "foo", "1.0.0", ""}},
		{"/@acme%2fx/latest", routed{versionDocument, "@acme/x", "latest", ""}},
		{"/foo/-/foo-1.0.0.tgz", routed{tarball, "foo", "foo-1.0.0.tgz", ""}},
		{"/@acme%2fx/-/x-1.1.0.tgz", routed{tarball, "@acme/x", "x-1.1.0.tgz", ""}},
		{"/@acme/x/-/dir/y.zip", routed{tarball, "@acme/x", "dir/y.zip", ""}},
		{"/foo/bar/baz", routed{packument, "", "", ""}},
		{"/-/package/@acme%2fx/dist-tags", routed{distTags, "@acme/x", "", ""}},
		{"/-/package/foo/dist-tags", routed{distTags, "foo", "", ""}},
		{"/", routed{ping, "", "", ""}},
		{"/-/ping", routed{ping, "", "", ""}},
		{"/-/whoami", routed{whoami, "", "", ""}},
		{"/-/v1/search", routed{search, "", "", ""}},
		{"/-/npm/v1/keys", routed{keys, "", "", ""}},
		{"/as-of/4711/@acme%2fx", routed{packument, "@acme/x", "", "4711"}},
		{"/as-of/2026-11-01T00:00:00Z/foo/1.0.0", routed{versionDocument, "foo", "1.0.0", "2026-11-01T00:00:00Z"}},
		{"/as-of/1.0.0", routed{versionDocument, "as-of", "1.0.0", ""}},
		{"/as-of/4711", routed{versionDocument, "as-of", "4711", ""}},
		{"/as-of/-/as-of-1.0.0.tgz", routed{tarball, "as-of", "as-of-1.0.0.tgz", ""}},
	} {
		if got, code := plan4(t, "GET", tt.path); got != tt.want || code != "" {
			t.Errorf("%s: %+v %s, want %+v", tt.path, got, code, tt.want)
		}
	}
}

func TestRefusedRoutes(t *testing.T) {
	for _, tt := range []struct{ method, path, code string }{
		{"GET", "/-/nothing", "NOT_FOUND"},
		{"PUT", "/-/nothing", "NOT_FOUND"},
		{"GET", "/-/package/foo", "NOT_FOUND"},
		{"PUT", "/@acme%2fx", "METHOD_NOT_ALLOWED"},
		{"DELETE", "/foo/-/foo-1.0.0.tgz", "METHOD_NOT_ALLOWED"},
		{"PUT", "/-/package/foo/dist-tags/latest", "METHOD_NOT_ALLOWED"},
		{"PUT", "/-/user/org.couchdb.user:jane", "METHOD_NOT_ALLOWED"},
		{"POST", "/-/v1/login", "METHOD_NOT_ALLOWED"},
		{"GET", "/-/npm/v1/security/advisories/bulk", "METHOD_NOT_ALLOWED"},
		{"GET", "/-/npm/v1/security/audits/quick", "METHOD_NOT_ALLOWED"},
		{"POST", "/foo", "METHOD_NOT_ALLOWED"},
	} {
		if _, code := plan4(t, tt.method, tt.path); code != tt.code {
			t.Errorf("%s %s: %q, want %s", tt.method, tt.path, code, tt.code)
		}
	}
}

func FuzzRoute(f *testing.F) {
	for _, s := range []string{"/foo", "/@acme%2fx/-/x-1.0.0.tgz", "/as-of/4711/@acme%2fx", "/-/package/@a%2fb/dist-tags", "/%zz", "//"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, path string) {
		ctx := &fasthttp.RequestCtx{}
		r := &serve.Request{RequestCtx: ctx, Path: []byte(path)}
		var p plan
		if p.route(r) != nil {
			return
		}
		if name := p.name(); len(name) > 0 && !validName(name) {
			t.Errorf("%q gives the name %q", path, name)
		}
	})
}

// TestN8ToN9Accept: which packument an Accept header gets.
func TestN8ToN9Accept(t *testing.T) {
	const install = "application/vnd.npm.install-v1+json"
	for _, tt := range []struct {
		accept string
		want   packumentForm
	}{
		{"", full},
		{"application/json", full},
		{"*/*", full}, {"*", full}, {"application/*", full},
		{install, abbreviated},
		{install + "; q=1.0, application/json; q=0.8, */*", abbreviated},
		{install + ";q=0.5, application/json;q=0.5", abbreviated},
		{install + ";q=0.4, application/json;q=0.5", full},
		{install + ";q=0.4, */*;q=0.9", full},
		{"N8 " + install, notAcceptable},
		{install + ";q=0, application/json", full},
		{install + ";q=0", notAcceptable},
		{"application/json;q=0, */*", notAcceptable},
		{"text/html", notAcceptable},
		{"text/html, */*;q=0.1", full},
		{"application/json; charset=utf-8", full},
		{"APPLICATION/JSON", full},
	} {
		ctx := &fasthttp.RequestCtx{}
		if tt.accept != "" {
			ctx.Request.Header.Set("Accept", tt.accept)
		}
		if got := formOf(&serve.Request{RequestCtx: ctx}); got != tt.want {
			t.Errorf("%q: %d, want %d", tt.accept, got, tt.want)
		}
	}
}
