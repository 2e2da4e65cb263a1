package raw

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"offprint/schema/blobs"
	"offprint/schema/blobs/folder"
	"offprint/serve"
)

const scriptTag = `"sha256:97931a21b9eed9f3a31c3630f39be8f90f90d0ac42f016e6f2d28b61d05e548e"`

func TestR14Ranges(t *testing.T) {
	s := acme(t)
	s.publish(release{product: "relay", version: "0.1.0", files: []file{{name: "empty"}}})
	url := canonical(free, "install.sh")
	whole := s.get(url)
	for name, want := range map[string]string{
		"Content-Type": "application/x-sh", "Content-Length": "9", "Accept-Ranges": "bytes", "Etag": scriptTag,
		"Last-Modified": "Tue, 14 Nov 2023 21:56:40 GMT",
		"Repr-Digest": "sha-256=:l5MaIbnu2fOjHDYw85vo+Q+Q0KxC8Bbm8tKLYdBeVI4=:, " +
			"sha-512=:CX4Dt5crtXgdkp+zFSN9Zp3bMMpKlnvIphgSGz3Ow/UIrzV2v5MpZLDF8IwYSCdwhRWkhwaMJ89ZmY0j0neEPg==:",
		"Content-Disposition": `attachment; filename="install.sh"; filename*=UTF-8''install.sh`,
		"Cache-Control":       "public, max-age=0, must-revalidate", "X-Content-Type-Options": "nosniff",
		"Content-Security-Policy": "default-src 'none'; sandbox", "Vary": "Accept, Accept-Encoding, Authorization, Prefer",
		"Content-Range": "", "Content-Encoding": "", "Referrer-Policy": "",
	} {
		if got := whole.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	for _, tt := range []struct{ ask, condition, status, part, body string }{
		{"bytes=0-0", "", "206", "bytes 0-0/9", "o"},
		{"bytes=2-4", "", "206", "bytes 2-4/9", "fpr"},
		{"bytes=5-", "", "206", "bytes 5-8/9", "int\n"},
		{"bytes=5-99", "", "206", "bytes 5-8/9", "int\n"},
		{"bytes=-4", "", "206", "bytes 5-8/9", "int\n"},
		{"bytes=-99", "", "206", "bytes 0-8/9", script},
		{"bytes=9-", "", "416 RANGE_NOT_SATISFIABLE", "bytes */9", ""},
		{"bytes=9-12", "", "416 RANGE_NOT_SATISFIABLE", "bytes */9", ""},
		{"bytes=-0", "", "416 RANGE_NOT_SATISFIABLE", "bytes */9", ""},
		{"bytes=4-2", "", "200", "", script},
		{"bytes=a-b", "", "200", "", script},
		{"items=0-1", "", "200", "", script},
		{"bytes=0-0,4-5", "", "200", "", script},
		{"bytes=2-4", scriptTag, "206", "bytes 2-4/9", "fpr"},
		{"bytes=2-4", `"other"`, "200", "", script},
		{"bytes=2-4", "W/" + scriptTag, "200", "", script},
		{"bytes=2-4", "Tue, 14 Nov 2023 21:56:40 GMT", "206", "bytes 2-4/9", "fpr"},
		{"bytes=2-4", "Tue, 14 Nov 2023 21:56:41 GMT", "200", "", script},
		{"bytes=9-", `"other"`, "200", "", script},
	} {
		headers := []string{"Range", tt.ask}
		if tt.condition != "" {
			headers = append(headers, "If-Range", tt.condition)
		}
		a := s.get(url, headers...)
		if a.brief() != tt.status || a.Header.Get("Content-Range") != tt.part || a.StatusCode < 400 && a.body != tt.body {
			t.Errorf("%s %s: %s %q %q", tt.ask, tt.condition, a.brief(), a.Header.Get("Content-Range"), a.body)
		}
		if a.StatusCode < 400 && (a.Header.Get("Etag") != scriptTag || a.Header.Get("Repr-Digest") != whole.Header.Get("Repr-Digest")) {
			t.Errorf("%s: %v", tt.ask, a.Header)
		}
		if a.StatusCode == 416 && (a.Header.Get("Etag") != "" || a.Header.Get("Content-Disposition") != "") {
			t.Errorf("%s: %v", tt.ask, a.Header)
		}
	}
	for _, ask := range []string{"bytes=0-0", "bytes=-1", "bytes=5-"} {
		if a := s.get(canonical(release{product: "relay", version: "0.1.0"}, "empty"), "Range", ask); a.StatusCode != 200 || a.ContentLength != 0 {
			t.Errorf("empty file, %s: %s", ask, a.brief())
		}
	}
}

// TestR14ResumedDownload: a large file over TCP, cut and resumed as curl -C -
// does.
func TestR14ResumedDownload(t *testing.T) {
	s := acme(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.listen(l)
	var b strings.Builder
	for i := 0; b.Len() < 3<<20; i++ {
		fmt.Fprintf(&b, "%d\n", i)
	}
	large := release{product: "relay", version: "8.0.0", files: []file{{name: "large.bin", body: b.String()}}}
	s.publish(large)
	url := canonical(large, "large.bin")
	if a := s.get(url); a.body != b.String() {
		t.Fatalf("%s, %d bytes", a.brief(), len(a.body))
	}
	const cut = 1<<20 + 17
	a := s.get(url, "Range", fmt.Sprintf("bytes=%d-", cut))
	if a.StatusCode != 206 || b.String()[:cut]+a.body != b.String() {
		t.Errorf("rest: %s, %d bytes", a.brief(), len(a.body))
	}
	if a := s.get(url, "Range", fmt.Sprintf("bytes=%d-%d", cut, 2*cut)); a.body != b.String()[cut:2*cut+1] {
		t.Errorf("middle: %s, %d bytes", a.brief(), len(a.body))
	}
}

func TestR15Conditions(t *testing.T) {
	s := acme(t)
	url := canonical(free, "install.sh")
	const at, before, after = "Tue, 14 Nov 2023 21:56:40 GMT", "Tue, 14 Nov 2023 21:56:39 GMT", "Tue, 14 Nov 2023 21:56:41 GMT"
	for _, tt := range []struct {
		want    string
		headers []string
	}{
		{"304", []string{"If-None-Match", "*"}},
		{"304", []string{"If-None-Match", `"a", ` + scriptTag + `, "b"`}},
		{"304", []string{"If-None-Match", "W/" + scriptTag}},
		{"200", []string{"If-None-Match", `"a"`}},
		{"304", []string{"If-Modified-Since", at}},
		{"304", []string{"If-Modified-Since", after}},
		{"304", []string{"If-Modified-Since", "Tuesday, 14-Nov-23 21:56:40 GMT"}},
		{"304", []string{"If-Modified-Since", "Tue Nov 14 21:56:40 2023"}},
		{"200", []string{"If-Modified-Since", before}},
		{"200", []string{"If-Modified-Since", "yesterday"}},
		{"200", []string{"If-None-Match", `"a"`, "If-Modified-Since", at}},
		{"200", []string{"If-Match", scriptTag}},
		{"200", []string{"If-Match", "*"}},
		{"200", []string{"If-Match", `"a", ` + scriptTag}},
		{"412 PRECONDITION_FAILED", []string{"If-Match", "W/" + scriptTag}},
		{"412 PRECONDITION_FAILED", []string{"If-Match", `"a"`}},
		{"412 PRECONDITION_FAILED", []string{"If-Unmodified-Since", before}},
		{"200", []string{"If-Unmodified-Since", at}},
		{"200", []string{"If-Match", scriptTag, "If-Unmodified-Since", before}},
		{"412 PRECONDITION_FAILED", []string{"If-Match", `"a"`, "If-None-Match", "*"}},
		{"304", []string{"If-None-Match", "*", "Range", "bytes=0-0"}},
		{"412 PRECONDITION_FAILED", []string{"If-Match", `"a"`, "Range", "bytes=99-"}},
	} {
		a := s.get(url, tt.headers...)
		if a.brief() != tt.want {
			t.Errorf("%q: %s, want %s", tt.headers, a.brief(), tt.want)
		}
		if h := a.Header; a.StatusCode == 304 && (a.body != "" || h.Get("Etag") != scriptTag || h.Get("Last-Modified") != at || h.Get("Cache-Control") == "" || h.Get("Content-Disposition") != "") {
			t.Errorf("%q: %v", tt.headers, h)
		}
	}
	etag := s.get(canonical(gold, "gold.zip"), as("key-gold")...).Header.Get("Etag")
	if a := s.get(canonical(gold, "gold.zip"), as("key-gold", "If-None-Match", etag)...); a.StatusCode != 304 {
		t.Errorf("entitled: %s", a.brief())
	}
	for _, tag := range []string{etag, "*"} {
		if a := s.get(canonical(gold, "gold.zip"), as("key-plain", "If-None-Match", tag)...); a.brief() != "404 NOT_FOUND" {
			t.Errorf("not entitled: %s", a.brief())
		}
	}
}

func TestR16NameBehindTheID(t *testing.T) {
	s := acme(t)
	prefix := "/v1/accounts/acme/artifacts/" + free.file("dir/My App.dmg") + "/"
	for name, want := range map[string]string{"dir/My%20App.dmg": "200", "dir%2FMy%20App.dmg": "200", "My%20App.dmg": "200", "My%20App.dmg/": "200",
		"other.zip": "404 NOT_FOUND", "App.dmg": "404 NOT_FOUND", "my%20app.dmg": "404 NOT_FOUND", "x/My%20App.dmg": "404 NOT_FOUND",
		"dir//My%20App.dmg": "401 TOKEN_MISSING", "..": "401 TOKEN_MISSING", "%zz": "400 ENCODING_INVALID"} {
		if got := s.get(prefix + name); got.brief() != want {
			t.Errorf("%s: %s, want %s", name, got.brief(), want)
		}
	}
}

func TestR17Accept(t *testing.T) {
	s := acme(t)
	for _, accept := range []string{"text/html", "application/vnd.api+json", "image/png;q=0.1"} {
		if a := s.get(canonical(free, "install.sh"), "Accept", accept); a.body != script {
			t.Errorf("%s: %s", accept, a.brief())
		}
		for _, path := range []string{"artifacts/" + free.file("install.sh"), "artifacts/install.sh?product=relay", "releases/" + free.id() + "/artifacts/install.sh",
			"releases/stable/artifacts/" + free.file("install.sh") + "?product=relay"} {
			a := s.get("/v1/accounts/acme/"+path, "Accept", accept)
			if a.StatusCode != 303 || a.document(t).link("redirect") != local+canonical(free, "install.sh") || a.Header.Get("Location") != local+canonical(free, "install.sh") {
				t.Errorf("%s: %s %s", path, a.brief(), a.body)
			}
			if b := s.follow("GET", "/v1/accounts/acme/"+path, "Accept", accept); b.body != script {
				t.Errorf("%s: %s", path, b.brief())
			}
		}
	}
	for accept, want := range map[string]string{"application/json": "application/json; charset=utf-8", "application/json, */*": "application/vnd.api+json; charset=utf-8",
		"": "application/vnd.api+json; charset=utf-8", "text/plain": "application/vnd.api+json; charset=utf-8"} {
		a := s.get("/v1/accounts/acme/artifacts/"+free.file("install.sh"), "Accept", accept)
		if got := a.Header.Get("Content-Type"); got != want {
			t.Errorf("Accept %q: %s", accept, got)
		}
	}
}

// document is a JSON:API document of one artifact.
type document struct {
	Data struct {
		ID, Type   string
		Attributes map[string]any
		Links      map[string]string
	}
}

func (d document) link(name string) string { return d.Data.Links[name] }

func (a *reply) document(t *testing.T) (d document) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.body), &d); err != nil || d.Data.Type != "artifacts" {
		t.Fatalf("%s: %v in %s", a.brief(), err, a.body)
	}
	return d
}

func TestR18Prefer(t *testing.T) {
	s := acme(t)
	link := local + canonical(free, "install.sh")
	for _, url := range []string{canonical(free, "install.sh"), "/v1/accounts/acme/artifacts/" + free.file("install.sh")} {
		for _, tt := range []struct{ header, query, link string }{
			{"no-redirect", "", link},
			{"no-download", "", ""},
			{"", "no-redirect,x", link},
			{"", "x,%20no-download", ""},
			{"respond-async, NO-REDIRECT; a=b", "", link},
			{"no-redirect", "no-download", ""},
		} {
			a := s.get(url+"?prefer="+tt.query, "Prefer", tt.header)
			if d := a.document(t); a.StatusCode != 200 || d.link("redirect") != tt.link || a.Header.Get("Location") != tt.link || d.link("self") == "" {
				t.Errorf("%s %+v: %s %s", url, tt, a.brief(), a.body)
			}
		}
	}
	want := `{"data":{"id":"` + free.file("install.sh") + `","type":"artifacts","attributes":{"filename":"install.sh","filetype":"sh","filesize":9,"platform":null,"arch":null,"signature":null,"checksum":null,` +
		`"digests":{"sha256":"97931a21b9eed9f3a31c3630f39be8f90f90d0ac42f016e6f2d28b61d05e548e","sha512":"097e03b7972bb5781d929fb315237d669ddb30ca4a967bc8a618121b3dcec3f508af3576bf932964b0c5f08c184827708515a487068c27cf59998d23d277843e"},` +
		`"status":"UPLOADED","failureReason":null,"metadata":{},"created":"2023-11-14T21:56:40.000Z","updated":"2023-11-14T21:56:40.000Z"}`
	if a := s.get(canonical(free, "install.sh"), "Prefer", "no-download"); !strings.HasPrefix(a.body, want) {
		t.Errorf("document %s\nwant %s", a.body, want)
	}
	waiting := release{product: "vault", version: "7.0.0", files: []file{{name: "w", state: "WAITING"}}}
	s.publish(waiting)
	for _, wish := range []string{"", "no-redirect", "no-download"} {
		a := s.get("/v1/accounts/acme/artifacts/"+waiting.file("w"), as("admin", "Prefer", wish)...)
		if d := a.document(t); a.StatusCode != 200 || d.link("redirect") != "" || a.Header.Get("Location") != "" || d.Data.Attributes["status"] != "WAITING" {
			t.Errorf("waiting, %q: %s %s", wish, a.brief(), a.body)
		}
	}
}

func TestR21NothingThatABrowserRuns(t *testing.T) {
	s := acme(t)
	x := release{product: "relay", version: "3.0.0", files: []file{{name: "a.html", body: "<script>"}, {name: "b.svg", body: "<svg/>"}, {name: "c.js", body: "1"}, {name: "d", body: "d"}}}
	s.publish(x)
	for _, f := range x.files {
		h := s.get(canonical(x, f.name), "Accept", "text/html").Header
		if h.Get("Content-Type") != "application/octet-stream" || h.Get("X-Content-Type-Options") != "nosniff" || !strings.HasPrefix(h.Get("Content-Disposition"), "attachment;") {
			t.Errorf("%s: %v", f.name, h)
		}
	}
}

func TestR22NamesInHeaders(t *testing.T) {
	s := acme(t)
	x := release{product: "relay", version: "3.0.0", files: []file{{name: `dir/a"b\ü é.zip`, body: "x"}}}
	s.publish(x)
	a := s.follow("GET", "/raw/acme/relay/3.0.0/dir/a%22b%5C%C3%BC%20%C3%A9.zip")
	if got, want := a.Header.Get("Content-Disposition"), `attachment; filename="a_b__ _.zip"; filename*=UTF-8''a%22b%5C%C3%BC%20%C3%A9.zip`; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

// depot is an object store whose bytes clients fetch from another host.
type depot struct {
	blobs.Store
	host *httptest.Server
	life time.Duration
}

func (d *depot) Link(_ context.Context, sha256 string, life time.Duration) (string, error) {
	d.life = life
	return d.host.URL + "/" + sha256 + "?signature=1", nil
}

func TestR23ObjectStore(t *testing.T) {
	var d *depot
	s := newSite(t, func(s *site, _ *serve.Config) {
		d = &depot{Store: s.blobs, host: httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			blob, err := s.store1(r.URL.Path[1:])
			if err != nil {
				http.Error(w, err.Error(), 404)
				return
			}
			defer blob.Close()
			http.ServeContent(w, r, "", time.Time{}, blob)
		}))}
		t.Cleanup(d.host.Close)
		s.blobs = d
	})
	s.product("relay", "OPEN")
	s.publish(free)
	url := canonical(free, "install.sh")
	for _, headers := range [][]string{nil, {"Range", "bytes=2-4"}, {"Range", "bytes=99-"}} {
		a := s.get(url, headers...)
		if a.StatusCode != 302 || a.Header.Get("Cache-Control") != "no-store" || !strings.HasPrefix(a.Header.Get("Location"), d.host.URL) || a.body != "" {
			t.Errorf("%q: %s %v", headers, a.brief(), a.Header)
		}
	}
	if d.life != time.Minute {
		t.Errorf("links live %v", d.life)
	}
	if a := s.ask("HEAD", url); a.StatusCode != 200 || a.ContentLength != 9 || a.Header.Get("Etag") != scriptTag || a.Header.Get("Location") != "" {
		t.Errorf("HEAD: %d %v", a.StatusCode, a.Header)
	}
	if a := s.get(url, "If-None-Match", scriptTag); a.StatusCode != 304 {
		t.Errorf("condition: %s", a.brief())
	}
	req, err := http.NewRequest("GET", s.get(url).Header.Get("Location"), nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Range", "bytes=2-4")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != 206 {
		t.Errorf("range at the object store: %d", res.StatusCode)
	}
}

// store1 opens a blob of the store behind.
func (s *site) store1(sha256 string) (blobs.Blob, error) {
	return s.blobs.Open(context.Background(), sha256)
}

// TestLostBlobIsAnAlarm: bytes that the log promises and the store lacks.
func TestLostBlobIsAnAlarm(t *testing.T) {
	s := acme(t)
	x := release{product: "relay", version: "3.0.0", files: []file{{name: "x", body: "x"}}}
	s.publish(x)
	empty, err := folder.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	lost := newSite(t, func(s *site, _ *serve.Config) { s.blobs = hollow{empty, s.blobs} })
	lost.product("relay", "OPEN")
	lost.publish(x)
	for _, method := range []string{"GET", "HEAD"} {
		a := lost.ask(method, canonical(x, "x"))
		if a.StatusCode != 503 || a.Header.Get("Retry-After") == "" || a.Header.Get("Etag") != "" {
			t.Errorf("%s: %d %v", method, a.StatusCode, a.Header)
		}
	}
	if !strings.Contains(lost.log.String(), "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881") {
		t.Errorf("log: %s", lost.log.String())
	}
}

// hollow takes blobs and has none.
type hollow struct {
	blobs.Store
	into blobs.Store
}

func (h hollow) Create(ctx context.Context) (blobs.Writer, error) { return h.into.Create(ctx) }
