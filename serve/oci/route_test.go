package oci

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"offprint/schema"
	"offprint/schema/principal"
	"offprint/schema/schematest"
	"offprint/serve"
)

// server has the engine and nothing else.
func server(t testing.TB) (*serve.Server, *schema.Sealer) {
	t.Helper()
	sealer, err := schema.NewSealer(make([]byte, schema.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	store := schematest.NewMemory()
	return serve.New(serve.Config{}, store, principal.NewBook(store, sealer), sealer, nil, New(0)), sealer
}

func ask(s *serve.Server, method, path string, headers ...string) *fasthttp.RequestCtx {
	var req fasthttp.Request
	req.Header.SetMethod(method)
	req.SetRequestURI(path)
	req.Header.SetHost("registry.example:8443")
	for i := 0; i < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	ctx := &fasthttp.RequestCtx{}
	ctx.Init(&req, nil, nil)
	s.Handle(ctx)
	return ctx
}

// TestSplit: names are deep, so a path is read from its right end.
func TestSplit(t *testing.T) {
	for path, want := range map[string]string{
		"/acme/relay/manifests/1.0.0":       "manifest acme/relay 1.0.0",
		"/tools/blobs/cli/blobs/sha256:abc": "blob tools/blobs/cli sha256:abc",
		"/a/manifests/b/tags/list":          "tags a/manifests/b list",
		"/a/tags/list/referrers/x":          "referrers a/tags/list x",
		"/tags/list":                        "",
		"/a/tags/other":                     "",
		"/a/manifests/":                     "",
		"/manifests/x":                      "",
		"/a/blobs/uploads/":                 "",
		"/a/blobs/uploads/1":                "",
		"/_catalog":                         "",
		"/":                                 "",
		"/a/manifests/manifests/manifests/manifests": "manifest a/manifests/manifests manifests",
	} {
		var p plan
		known, _ := p.split(&serve.Request{}, []byte(path))
		got := ""
		if known {
			got = map[kind]string{manifest: "manifest", blob: "blob", tags: "tags", referrers: "referrers"}[p.kind] + " " + string(p.name) + " " + string(p.ref)
		}
		if got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}

func FuzzRequests(f *testing.F) {
	for _, path := range []string{"/v2/", "/v2/token?scope=repository:a/b:pull", "/v2/a/b/tags/list?n=1&last=x", "/as-of/1/v2/a/b/manifests/c+d", "/v2/a%2Fb/blobs/sha256%3Aff", "/oci/a/b/referrers/x"} {
		f.Add("GET", path, "Bearer ofp1.e30.AAAA", "text/html;q=0.1, */*")
	}
	s, _ := server(f)
	f.Fuzz(func(t *testing.T, method, path, authorization, accept string) {
		ctx := ask(s, method, path, "Authorization", authorization, "Accept", accept)
		if status := ctx.Response.StatusCode(); status == fasthttp.StatusInternalServerError {
			t.Fatalf("%s %q: %s", method, path, ctx.Response.Body())
		}
	})
}

// FuzzNames: what the grammar takes is what ingest's expression takes.
func FuzzNames(f *testing.F) {
	for _, name := range []string{"a", "a/b", "a--b", "a__b", "a___b", "a..b", "a.-b", "-a", "a-", "", "/", "a//b", "A"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if got, want := schema.OCIName(name), nameForm.MatchString(name) && !strings.Contains(name, "\n"); got != want {
			t.Errorf("%q: %v", name, got)
		}
		if got, want := schema.OCITag(name), tagForm.MatchString(name) && !strings.Contains(name, "\n"); got != want {
			t.Errorf("tag %q: %v", name, got)
		}
		if got, want := schema.OCIDigest(name), digestForm.MatchString(name) && !strings.Contains(name, "\n"); got != want {
			t.Errorf("digest %q: %v", name, got)
		}
	})
}

// FuzzBearer: nothing that was not sealed here opens.
func FuzzBearer(f *testing.F) {
	_, sealer := server(f)
	now := time.UnixMilli(1_790_000_000_000)
	b := newBearer([]principal.Stub{{Account: "a", Form: principal.KeyForm, ID: "i", Sum: "s"}}, now, time.Minute)
	good := []byte(b.seal(sealer))
	f.Add(good)
	f.Add([]byte("ofp1.."))
	f.Add([]byte("ofp1.e30.e30"))
	f.Fuzz(func(t *testing.T, text []byte) {
		_, refusal := openBearer(sealer, text, now.UnixMilli())
		if (refusal == nil) != bytes.Equal(text, good) {
			t.Fatalf("%q: %v", text, refusal)
		}
	})
}

func TestBearer(t *testing.T) {
	_, sealer := server(t)
	now := time.UnixMilli(1_790_000_000_000)
	var stubs []principal.Stub
	for range 10 {
		stubs = append(stubs, principal.Stub{Account: strings.Repeat("a", 36), Form: principal.TokenForm, ID: strings.Repeat("i", 36), Sum: strings.Repeat("s", 16)})
	}
	b := newBearer(stubs, now, time.Minute)
	text := b.seal(sealer)
	if len(text) > maxBearer {
		t.Errorf("the token of a credential of ten accounts has %d bytes", len(text))
	}
	got, refusal := openBearer(sealer, []byte(text), now.Add(time.Minute).UnixMilli())
	if stub, ok := got.stub(stubs[0].Account); refusal != nil || !ok || stub != stubs[0] {
		t.Errorf("%+v %v", got, refusal)
	}
	payload, refusal := verified(sealer, []byte(text), make([]byte, maxBearer))
	if stub, why := read(payload, stubs[0].Account, now.UnixMilli()); refusal != nil || why != nil || stub != stubs[0] {
		t.Errorf("read: %+v %v", stub, why)
	}
	if _, why := read(payload, stubs[0].Account, now.Add(time.Minute+time.Millisecond).UnixMilli()); why != &tokenExpired {
		t.Errorf("read, expired: %v", why)
	}
	if _, why := read(payload, "another account", now.UnixMilli()); why != &tokenInvalid {
		t.Errorf("read, another account: %v", why)
	}
	if _, ok := got.stub("another account"); ok {
		t.Error("a token is good in another account")
	}
	if _, refusal := openBearer(sealer, []byte(text), now.Add(time.Minute+time.Millisecond).UnixMilli()); refusal != &tokenExpired {
		t.Errorf("%v", refusal)
	}
	other, _ := schema.NewSealer(bytes.Repeat([]byte{1}, schema.KeySize))
	if _, refusal := openBearer(other, []byte(text), now.UnixMilli()); refusal != &tokenInvalid {
		t.Errorf("another server's: %v", refusal)
	}
}

func TestO36Realm(t *testing.T) {
	s, _ := server(t)
	ctx := ask(s, "GET", "/v2/")
	if got := string(ctx.Response.Header.Peek("WWW-Authenticate")); got != `Bearer realm="http://registry.example:8443/v2/token",service="offprint"` {
		t.Error(got)
	}
	if ctx := ask(s, "GET", "/v2/", "Authorization", "Basic Og=="); ctx.Response.StatusCode() != 200 || string(ctx.Response.Body()) != "{}" {
		t.Errorf("empty Basic: %s", ctx.Response.String())
	}
	if ctx := ask(s, "GET", "/v2/", "Authorization", "Basic Og==", "Authorization", "Basic Og=="); ctx.Response.StatusCode() != 400 {
		t.Errorf("two credentials: %s", ctx.Response.String())
	}
	if ctx := ask(s, "GET", "/v2/%zz/tags/list"); ctx.Response.StatusCode() != 404 || !bytes.Contains(ctx.Response.Body(), []byte("NAME_INVALID")) {
		t.Errorf("%s", ctx.Response.String())
	}
}

func TestAcceptLines(t *testing.T) {
	const index = schema.OCIIndexType
	for _, tt := range []struct {
		lines []string
		want  bool
	}{
		{nil, true}, {[]string{""}, true}, {[]string{"text/html", index}, true}, {[]string{"text/html"}, false}, {[]string{index + ";q=0", "*/*"}, false},
		{[]string{"application/json"}, true}, {[]string{"application/*;q=0.1"}, true}, {[]string{"*/*;q=0"}, false}, {[]string{" " + strings.ToUpper(index) + " ; q=1"}, true},
	} {
		var req fasthttp.Request
		for _, line := range tt.lines {
			req.Header.Add("Accept", line)
		}
		ctx := &fasthttp.RequestCtx{}
		ctx.Init(&req, nil, nil)
		if got := accepts(&serve.Request{RequestCtx: ctx}, index); got != tt.want {
			t.Errorf("%q: %v", tt.lines, got)
		}
	}
}
