package npm

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/valyala/fasthttp"

	"offprint/schema"
)

// served is what the tests look at in a packument.
type served struct {
	Name     string
	Tags     map[string]string `json:"dist-tags"`
	Versions map[string]struct {
		Dist       struct{ Tarball string }
		Deprecated string
	}
	Time map[string]string
}

func parse(t *testing.T, ctx *fasthttp.RequestCtx) served {
	t.Helper()
	var d served
	if err := json.Unmarshal(ctx.Response.Body(), &d); err != nil || ctx.Response.StatusCode() != 200 {
		t.Fatalf("%d %s: %v", ctx.Response.StatusCode(), ctx.Response.Body(), err)
	}
	return d
}

func header(ctx *fasthttp.RequestCtx, name string) string {
	return string(ctx.Response.Header.Peek(name))
}

func TestN1Spellings(t *testing.T) {
	s := newSite(t, 2)
	want := s.get("/npm/acme/@acme/app", as(plainKey)...)
	for _, path := range []string{"/npm/acme/@acme%2fapp", "/npm/acme/@acme%2Fapp", "/npm/acme/%40acme/app", "/npm/acme/%40acme%2Fapp", "/npm/acme//@acme/app/"} {
		got := s.get(path, as(plainKey)...)
		if !bytes.Equal(got.Response.Body(), want.Response.Body()) || header(got, "ETag") != header(want, "ETag") || header(got, "ETag") == "" {
			t.Errorf("%s differs: %d", path, got.Response.StatusCode())
		}
	}
}

// TestNNames: rows 2, 3 and 4.
func TestN2N3N4Names(t *testing.T) {
	s := newSite(t, 1)
	for path, want := range map[string]int{
		"/npm/acme/@acme%252fapp": 404, "/npm/acme/@Acme/app": 404, "/npm/acme/a": 404,
		"/npm/acme/" + packageID: 200, "/npm/acme/" + strings.ToUpper(packageID): 200,
		"/npm/ACME/@acme/app": 200, "/npm/" + accountID + "/@acme/app": 200, "/v1/engines/npm/@acme/app": 200,
		"/npm/other/@acme/app": 404,
	} {
		ctx := s.get(path, as(plainKey)...)
		if ctx.Response.StatusCode() != want {
			t.Errorf("%s: %d, want %d", path, ctx.Response.StatusCode(), want)
		} else if want == 200 && parse(t, ctx).Name != "@acme/app" {
			t.Errorf("%s: name %s", path, parse(t, ctx).Name)
		}
	}
}

func TestN5N6N7Conditionals(t *testing.T) {
	s := newSite(t, 20)
	const path = "/npm/acme/@acme/app"
	short := header(s.get(path, as(plainKey, "Accept", mediaAbbreviated)...), "ETag")
	full := header(s.get(path, as(plainKey)...), "ETag")
	coded := header(s.get(path, as(plainKey, "Accept-Encoding", "gzip")...), "ETag")
	staffs := header(s.get(path, "Authorization", "Bearer "+staff), "ETag")
	for _, tt := range []struct {
		name, match, coding string
		want                int
	}{
		{"N5 the other form's", short, "", 200},
		{"N6 weak, in a list", `W/` + full + `, "other"`, "", 304},
		{"N6 later in a list", `"other", ` + full, "", 304},
		{"N6 any", "*", "", 304},
		{"N7 the coded one's", coded, "", 200},
		{"N7 the coded one's, coded", coded, "gzip", 304},
		{"equal view", staffs, "", 304},
		{"garbage", "nonsense", "", 200},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx := s.get(path, as(plainKey, "If-None-Match", tt.match, "Accept-Encoding", tt.coding)...)
			if got := ctx.Response.StatusCode(); got != tt.want {
				t.Fatalf("status %d", got)
			}
			for _, name := range []string{"ETag", "Cache-Control", "Vary", "X-Offprint-Serial"} {
				if header(ctx, name) == "" {
					t.Errorf("no %s", name)
				}
			}
			if tt.want == 304 && len(ctx.Response.Body()) > 0 {
				t.Error("304 with a body")
			}
		})
	}
}

func TestN9NotAcceptable(t *testing.T) {
	ctx := newSite(t, 1).get("/npm/acme/@acme/app", as(plainKey, "Accept", "text/html")...)
	if ctx.Response.StatusCode() != 406 || header(ctx, "Vary") != "Accept" {
		t.Error(ctx.Response.StatusCode(), header(ctx, "Vary"))
	}
}

// TestViews: rows 10 to 15, 28 and 40: versions and dist-tags by caller.
func TestN10ToN15Views(t *testing.T) {
	for _, tt := range []struct {
		name     string
		releases []version
		key      string // "" is staff
		versions string // "" is 404
		tags     string
	}{
		{"N10 only drafts, licensed", []version{{v: "1.0.0", status: schema.Draft}}, plainKey, "", ""},
		{"N10 only drafts, staff", []version{{v: "1.0.0", status: schema.Draft}}, "", "1.0.0", "latest=1.0.0"},
		{"N11 all constrained", []version{{v: "1.0.0", needs: []string{goldID}}}, plainKey, "", ""},
		{"N12 without", []version{{v: "1.0.0"}, {v: "1.1.0", needs: []string{goldID}}}, plainKey, "1.0.0", "latest=1.0.0"},
		{"N12 with", []version{{v: "1.0.0"}, {v: "1.1.0", needs: []string{goldID}}}, goldKey, "1.0.0 1.1.0", "latest=1.1.0"},
		{"N13", []version{{v: "2.0.0-beta.1"}, {v: "2.0.0-beta.3"}}, plainKey, "2.0.0-beta.1 2.0.0-beta.3", "latest=2.0.0-beta.3"},
		{"N14", []version{{v: "1.0.0", tag: "latest"}, {v: "1.2.0"}}, plainKey, "1.0.0 1.2.0", "latest=1.0.0"},
		{"N15", []version{{v: "1.0.0"}, {v: "1.1.0"}, {v: "2.0.0", tag: "latest", needs: []string{goldID}}}, plainKey, "1.0.0 1.1.0", "latest=1.1.0"},
		{"tag next", []version{{v: "1.0.0"}, {v: "1.1.0-rc.1", tag: "next"}}, plainKey, "1.0.0 1.1.0-rc.1", "latest=1.0.0 next=1.1.0-rc.1"},
		{"N28 yanked", []version{{v: "1.0.0"}, {v: "1.1.0", status: schema.Yanked}}, plainKey, "1.0.0", "latest=1.0.0"},
		{"N28 yanked, staff", []version{{v: "1.0.0"}, {v: "1.1.0", status: schema.Yanked}}, "", "1.0.0 1.1.0", "latest=1.0.0"},
		{"N40 order", []version{{v: "1.1.0"}, {v: "1.1.0-beta.1"}, {v: "1.0.0"}}, plainKey, "1.0.0 1.1.0-beta.1 1.1.0", "latest=1.1.0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newSite(t, 0)
			s.publish(t, tt.releases...)
			headers := as(tt.key)
			if tt.key == "" {
				headers = []string{"Authorization", "Bearer " + staff}
			}
			ctx := s.get("/npm/acme/@acme/app", headers...)
			tags := s.get("/npm/acme/-/package/@acme%2fapp/dist-tags", headers...)
			if tt.versions == "" {
				if ctx.Response.StatusCode() != 404 || tags.Response.StatusCode() != 404 {
					t.Fatal(ctx.Response.StatusCode(), tags.Response.StatusCode())
				}
				return
			}
			if got := ordered(t, ctx.Response.Body(), "versions"); got != tt.versions {
				t.Errorf("versions %q, want %q", got, tt.versions)
			}
			if got := pairs(t, tags.Response.Body()); got != tt.tags {
				t.Errorf("tags %q, want %q", got, tt.tags)
			}
		})
	}
}

// ordered gives the keys of a member of a document, in the order of the text.
func ordered(t *testing.T, body []byte, member string) string {
	t.Helper()
	var doc map[string]json.RawMessage
	if err := json.Unmarshal(body, &doc); err != nil {
		t.Fatal(err)
	}
	return keysOf(t, doc[member], false)
}

func pairs(t *testing.T, body []byte) string { return keysOf(t, body, true) }

func keysOf(t *testing.T, object []byte, values bool) string {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(object))
	_, _ = dec.Token()
	var out []string
	for dec.More() {
		k, err := dec.Token()
		if err != nil {
			t.Fatal(err)
		}
		var v any
		if err := dec.Decode(&v); err != nil {
			t.Fatal(err)
		}
		if values {
			out = append(out, k.(string)+"="+v.(string))
		} else {
			out = append(out, k.(string))
		}
	}
	return strings.Join(out, " ")
}

// TestN17HiddenReleaseLeavesNoTrace: publishing what a caller may not see moves
// nothing for it.
func TestN17HiddenReleaseLeavesNoTrace(t *testing.T) {
	s := newSite(t, 0)
	s.publish(t, version{v: "1.0.0"})
	before := s.get("/npm/acme/@acme/app", as(plainKey)...)
	s.publish(t, version{v: "1.1.0", needs: []string{goldID}, at: 20}, version{v: "1.2.0", status: schema.Draft, at: 30})
	after := s.get("/npm/acme/@acme/app", as(plainKey)...)
	for _, name := range []string{"ETag", "X-Offprint-Serial", "Content-Length"} {
		if header(before, name) != header(after, name) {
			t.Errorf("%s: %s, then %s", name, header(before, name), header(after, name))
		}
	}
	if !bytes.Equal(before.Response.Body(), after.Response.Body()) {
		t.Error("the body changed")
	}
	gold := s.get("/npm/acme/@acme/app", as(goldKey)...)
	if header(gold, "ETag") == header(after, "ETag") || header(gold, "X-Offprint-Serial") == header(after, "X-Offprint-Serial") {
		t.Error("who may see it sees nothing new")
	}
}

// TestRefusals: rows 31, 32 and 37, and section 4.
func TestN31N32N37Refusals(t *testing.T) {
	s := newSite(t, 1)
	for _, tt := range []struct {
		name, method, path string
		headers            []string
		status             int
		code, extra        string // extra: a header that must be there, "Name: value"
	}{
		{"N37 wrong token", "GET", "/npm/acme/@acme/app", []string{"Authorization", "Bearer nope"}, 401, "TOKEN_INVALID", `Www-Authenticate: Basic realm="offprint"`},
		{"wrong key", "GET", "/npm/acme/@acme/app", as("CCCCCC-0"), 401, "LICENSE_INVALID", `Www-Authenticate: Basic realm="offprint"`},
		{"token is a UUID", "GET", "/npm/acme/@acme/app", []string{"Authorization", "Bearer " + licenseID}, 401, "TOKEN_FORMAT_INVALID", ""},
		{"anonymous", "GET", "/npm/acme/@acme/app", nil, 401, "UNAUTHORIZED", `Www-Authenticate: Basic realm="offprint"`},
		{"anonymous, invented", "GET", "/npm/acme/nothing", nil, 401, "UNAUTHORIZED", ""},
		{"anonymous, not a name", "GET", "/npm/acme/%zz", nil, 401, "UNAUTHORIZED", ""},
		{"licensed, invented", "GET", "/npm/acme/nothing", as(plainKey), 404, "NOT_FOUND", ""},
		{"licensed, invented version", "GET", "/npm/acme/@acme/app/9.9.9", as(plainKey), 404, "NOT_FOUND", ""},
		{"N32 publish", "PUT", "/npm/acme/@acme%2fapp", as(plainKey), 405, "METHOD_NOT_ALLOWED", "Allow: GET, HEAD"},
		{"audit by GET", "GET", "/npm/acme/-/npm/v1/security/advisories/bulk", as(plainKey), 405, "METHOD_NOT_ALLOWED", "Allow: POST"},
		{"no account", "GET", "/npm/nobody/x", nil, 404, "NOT_FOUND", ""},
		{"no keys", "GET", "/npm/acme/-/npm/v1/keys", as(plainKey), 404, "NOT_FOUND", ""},
		{"whoami, anonymous", "GET", "/npm/acme/-/whoami", nil, 401, "UNAUTHORIZED", ""},
		{"min-age", "GET", "/npm/acme/@acme/app?min-age=soon", as(plainKey), 400, "PARAMETERS_INVALID", ""},
		{"search size", "GET", "/npm/acme/-/v1/search?size=251", as(plainKey), 400, "PARAMETERS_INVALID", ""},
		{"search from", "GET", "/npm/acme/-/v1/search?from=-1", as(plainKey), 400, "PARAMETERS_INVALID", ""},
		{"as of the future", "GET", "/npm/acme/as-of/99999/@acme%2fapp", as(plainKey), 400, "CUT_INVALID", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx := s.ask(tt.method, tt.path, tt.headers...)
			var body refusalBody
			if err := json.Unmarshal(ctx.Response.Body(), &body); err != nil {
				t.Fatal(err)
			}
			if ctx.Response.StatusCode() != tt.status || body.Code != tt.code || body.Error == "" || body.RequestID == "" {
				t.Errorf("%d %+v, want %d %s", ctx.Response.StatusCode(), body, tt.status, tt.code)
			}
			if header(ctx, "Cache-Control") != "no-store" || header(ctx, "X-Request-Id") != body.RequestID {
				t.Error(ctx.Response.Header.String())
			}
			if name, value, ok := strings.Cut(tt.extra, ": "); ok && header(ctx, name) != value {
				t.Errorf("%s: %q", name, header(ctx, name))
			}
		})
	}
}

// TestAnonymousRefusalsAreOne: A30 and 7: what is sold and what is invented get
// the same answer but for the request id.
func TestA30AnonymousRefusalsAreOne(t *testing.T) {
	s := newSite(t, 1)
	const id = "0193a000-0000-7000-8000-000000000000"
	var first []byte
	for _, path := range []string{"/npm/acme/@acme/app", "/npm/acme/nothing", "/npm/acme/@acme/app/1.0.0", "/npm/acme/@acme/app/9.9.9",
		"/npm/acme/-/package/nothing/dist-tags", "/npm/acme/%ff"} {
		ctx := s.get(path, "X-Request-Id", id)
		ctx.Response.Header.SetNoDefaultContentType(true)
		got := []byte(ctx.Response.String())
		if first == nil {
			first = got
		} else if !bytes.Equal(first, got) {
			t.Errorf("%s:\n%s\nwant\n%s", path, got, first)
		}
	}
}

func TestN31AuditTakesGzip(t *testing.T) {
	s := newSite(t, 1)
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, `{"x":["1.0.0"]}`)
	_ = w.Close()
	for path, want := range map[string]string{
		"/npm/acme/-/npm/v1/security/advisories/bulk": "{}",
		"/npm/acme/-/npm/v1/security/audits":          emptyAudit,
		"/npm/acme/-/npm/v1/security/audits/quick":    emptyAudit,
	} {
		ctx := s.request("POST", path, b.Bytes(), as(plainKey, "Content-Encoding", "gzip")...)
		if ctx.Response.StatusCode() != 200 || string(ctx.Response.Body()) != want {
			t.Errorf("%s: %d %s", path, ctx.Response.StatusCode(), ctx.Response.Body())
		}
	}
}

func TestN33TarballLinkKeepsTheOrigin(t *testing.T) {
	s := newSite(t, 1)
	for path, want := range map[string]string{
		"/npm/acme/@acme%2fapp":                      "http://127.0.0.1:8080/npm/acme/@acme/app/-/app-1.0.0.tgz",
		"/npm/ACME/@acme%2fapp":                      "http://127.0.0.1:8080/npm/ACME/@acme/app/-/app-1.0.0.tgz",
		"/v1/accounts/acme/engines/npm/" + packageID: "http://127.0.0.1:8080/v1/accounts/acme/engines/npm/@acme/app/-/app-1.0.0.tgz",
		"/v1/engines/npm/@acme%2fapp":                "http://127.0.0.1:8080/v1/engines/npm/@acme/app/-/app-1.0.0.tgz",
	} {
		for range 2 { // made, then from memory
			if got := parse(t, s.get(path, as(plainKey)...)).Versions["1.0.0"].Dist.Tarball; got != want {
				t.Errorf("%s: %s, want %s", path, got, want)
			}
		}
	}
}

func TestN38AsOf(t *testing.T) {
	s := newSite(t, 0)
	s.publish(t, version{v: "1.0.0"})
	at := s.serial
	s.publish(t, version{v: "1.1.0"})
	old := s.get("/npm/acme/as-of/2/@acme%2fapp", as(plainKey)...)
	if at != 2 {
		t.Fatal(at)
	}
	d := parse(t, old)
	if len(d.Versions) != 1 || d.Tags["latest"] != "1.0.0" || header(old, "X-Offprint-As-Of") != "2" {
		t.Errorf("%+v %s", d, old.Response.Header.String())
	}
	if got := d.Versions["1.0.0"].Dist.Tarball; got != "http://127.0.0.1:8080/npm/acme/as-of/2/@acme/app/-/app-1.0.0.tgz" {
		t.Error(got)
	}
	if got := s.get("/npm/acme/as-of/1.0.0", as(plainKey)...); got.Response.StatusCode() != 404 {
		t.Error(got.Response.StatusCode()) // version 1.0.0 of a package as-of, which is not there
	}
}

// TestMinAge: what is younger than the gate is left out; the larger gate counts.
func TestMinAge(t *testing.T) {
	s := newSite(t, 0)
	s.publish(t, version{v: "1.0.0", at: testNow - 3_600_000}, version{v: "1.1.0", at: testNow - 60_000})
	for query, want := range map[string]string{"": "1.0.0 1.1.0", "?min-age=59s": "1.0.0 1.1.0", "?min-age=1m": "1.0.0 1.1.0", "?min-age=61s": "1.0.0", "?min-age=1h": "1.0.0", "?min-age=2h": ""} {
		ctx := s.get("/npm/acme/@acme/app"+query, as(plainKey)...)
		if want == "" {
			if ctx.Response.StatusCode() != 404 {
				t.Errorf("%s: %d", query, ctx.Response.StatusCode())
			}
			continue
		}
		if got := ordered(t, ctx.Response.Body(), "versions"); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
}

func TestSearch(t *testing.T) {
	s := newSite(t, 1)
	for text, want := range map[string]int{"": 1, "app": 1, "EXAMPLE%20package": 1, "app+nothing": 0, "nothing": 0} {
		ctx := s.get("/npm/acme/-/v1/search?text="+text, as(plainKey)...)
		var found struct {
			Objects []struct {
				Package struct{ Name, Version string }
			}
			Total int
		}
		if err := json.Unmarshal(ctx.Response.Body(), &found); err != nil || found.Total != want || len(found.Objects) != want {
			t.Errorf("%q: %s %v", text, ctx.Response.Body(), err)
		}
	}
	if ctx := s.get("/npm/acme/-/v1/search"); ctx.Response.StatusCode() != 200 || !bytes.Contains(ctx.Response.Body(), []byte(`"total":0`)) {
		t.Errorf("anonymous: %d %s", ctx.Response.StatusCode(), ctx.Response.Body())
	}
}

func TestWhoami(t *testing.T) {
	s := newSite(t, 1)
	for _, tt := range []struct{ auth, want string }{
		{"License " + plainKey, `{"username":"license/` + licenseID + `"}`},
		{"Bearer " + staff, `{"username":"user/` + userID + `"}`},
	} {
		if got := string(s.get("/npm/acme/-/whoami", "Authorization", tt.auth).Response.Body()); got != tt.want {
			t.Errorf("%s, want %s", got, tt.want)
		}
	}
}

// TestTwoAuthorizationHeaders: also when the first one is blank.
func TestTwoAuthorizationHeaders(t *testing.T) {
	s := newSite(t, 1)
	for _, first := range []string{"", "License " + plainKey} {
		var req fasthttp.Request
		req.SetRequestURI("/npm/acme/@acme/app")
		req.Header.SetHost("127.0.0.1:8080")
		req.Header.Add("Authorization", first)
		req.Header.Add("Authorization", "License "+goldKey)
		ctx := &fasthttp.RequestCtx{}
		ctx.Init(&req, nil, nil)
		s.Handle(ctx)
		if ctx.Response.StatusCode() != 400 {
			t.Errorf("%q first: %d", first, ctx.Response.StatusCode())
		}
	}
}
