package ingest

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/valyala/fasthttp"
	"github.com/valyala/fasthttp/fasthttputil"

	"offprint/events"
	"offprint/events/stream"
	"offprint/schema"
	"offprint/schema/principal"
	"offprint/schema/schematest"
)

// anyone is a book in which every credential stands for the same rights.
type anyone struct {
	rights  *schema.Rights
	refusal *principal.Refusal
}

func (b *anyone) Rights(context.Context, string, principal.Presented, int64) (*schema.Rights, *principal.Refusal, error) {
	return b.rights, b.refusal, nil
}

// site is an API over a memory store, reached through a real server.
type site struct {
	t      *testing.T
	api    *API
	book   *anyone
	log    *fakeLog
	store  *schematest.Memory
	serial map[events.Log]uint64
	dial   func() (net.Conn, error)
}

const (
	acme    = "5b1c2a74-0000-4000-8000-000000000000"
	relay   = "8c5e6f0a-0000-4000-8000-000000000001"
	tools   = "8c5e6f0a-0000-4000-8000-000000000002"
	appID   = "77aa0000-0000-4000-8000-000000000001"
	adminID = "00000000-0000-4000-8000-00000000000a"
)

func newSite(t *testing.T) *site {
	s := &site{t: t, store: schematest.NewMemory(), serial: map[events.Log]uint64{},
		book: &anyone{rights: &schema.Rights{Kind: schema.StaffCaller, Role: "admin", ID: adminID, Account: acme}}}
	progress := &Progress{}
	s.log = &fakeLog{done: progress.Advance}
	sealer, err := schema.NewSealer(make([]byte, schema.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	s.api = New(Config{OperatorToken: "oper-1", Now: func() time.Time { return time.UnixMilli(1_700_000_000_123) }}, s.store, s.log, progress, nil, sealer, nil)
	s.api.book = s.book
	base := func(id string, created int64) schema.Base {
		return schema.Base{ID: id, Account: acme, Created: created, Updated: created}
	}
	s.put(&schema.Account{Base: base(acme, 1), Slug: "acme", Name: "Acme", Status: "ACTIVE"},
		&schema.Product{Base: base(relay, 2), Name: "Relay", Code: "relay", Strategy: "LICENSED"},
		&schema.Product{Base: base(tools, 3), Name: "Tools", Code: "tools", Strategy: "OPEN"},
		&schema.Package{Base: base(appID, 4), Product: relay, Name: "App", Key: "@acme/app", Engine: "npm"},
		&schema.User{Base: base(adminID, 5), Role: "admin"})
	s.listen()
	return s
}

// put stores resources as if they had been projected.
func (s *site) put(list ...schema.Resource) {
	from := s.serial[events.Releases]
	b := schema.Batch{Cursor: string(events.Releases), From: from, To: from + 1}
	for _, r := range list {
		rec := r.Record()
		rec.Serial = from + 1
		b.Records = append(b.Records, rec)
	}
	s.commit(b)
}

func (s *site) commit(b schema.Batch) {
	if err := s.store.Commit(s.t.Context(), b); err != nil {
		s.t.Fatal(err)
	}
	s.serial[events.Releases] = b.To
}

func (s *site) listen() {
	ln := fasthttputil.NewInmemoryListener()
	srv := &fasthttp.Server{Handler: s.api.Serve, StreamRequestBody: true, DisablePreParseMultipartForm: true, NoDefaultServerHeader: true,
		Logger: log.New(io.Discard, "", 0)} // clients that go away are part of the tests
	go srv.Serve(ln) //nolint:errcheck // ends with the listener
	s.t.Cleanup(func() { ln.Close() })
	s.dial = ln.Dial
}

// send sends a request, as text before the body, and reads the answer.
func (s *site) send(head, body string) (*http.Response, string) {
	s.t.Helper()
	conn, err := s.dial()
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close()
	line, headers, _ := strings.Cut(head, "\n")
	text := line + " HTTP/1.1\r\nHost: 127.0.0.1\r\n"
	for h := range strings.SplitSeq(headers, "\n") {
		if h != "" {
			text += h + "\r\n"
		}
	}
	if !strings.Contains(text, "Transfer-Encoding") {
		text += "Content-Length: " + strconv.Itoa(len(body)) + "\r\n"
	}
	go io.WriteString(conn, text+"\r\n"+body) //nolint:errcheck // a refused body is not read
	req, _ := http.NewRequest(strings.Fields(head)[0], "http://x", nil)
	res, err := http.ReadResponse(bufio.NewReader(conn), req)
	if err != nil {
		s.t.Fatal(head, err)
	}
	defer res.Body.Close()
	out, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(head, err)
	}
	return res, string(out)
}

// firstError reads an error document: "CODE pointer-or-parameter".
func firstError(t *testing.T, body string) string {
	t.Helper()
	var doc struct {
		Meta   struct{ ID string }
		Errors []struct {
			Title, Detail, Code string
			Source              struct{ Pointer, Parameter string }
		}
	}
	if err := json.Unmarshal([]byte(body), &doc); err != nil || len(doc.Errors) == 0 || doc.Meta.ID == "" {
		t.Fatalf("not an error document: %q %v", body, err)
	}
	e := doc.Errors[0]
	if e.Title == "" || e.Detail == "" || e.Code == "" {
		t.Fatalf("an error without words: %s", body)
	}
	return strings.TrimSpace(e.Code + " " + e.Source.Pointer + e.Source.Parameter)
}

const auth = "\nAuthorization: Bearer admin-x"

// TestRefusals has the answers that need no write, in the order of the checks.
func TestRefusals(t *testing.T) {
	s := newSite(t)
	big := strings.Repeat(" ", maxBody+1)
	for _, tt := range []struct {
		name, head, body string
		status           int
		want             string
	}{
		{"unknown route", "GET /v1/nothing", "", 404, "NOT_FOUND"},
		{"unknown root", "GET /nothing", "", 404, "NOT_FOUND"},
		{"P7 two segments", "GET /v1/packages/@acme/app" + auth, "", 404, "NOT_FOUND"},
		{"P50", "PUT /v1/products", "", 405, "METHOD_NOT_ALLOWED"},
		{"unknown account", "GET /v1/accounts/none/products" + auth, "", 404, "NOT_FOUND"},
		{"P49", "GET /v1/products\nAccept: text/html" + auth, "", 400, "MIME_TYPE_INVALID"},
		{"Accept comes before the credential", "GET /v1/products\nAccept: text/html", "", 400, "MIME_TYPE_INVALID"},
		{"version", "GET /v1/products\nKeygen-Version: 2.0" + auth, "", 400, "INVALID_API_VERSION"},
		{"P9", "GET /v1/products\nKeygen-Environment: x" + auth, "", 400, "ENVIRONMENT_NOT_SUPPORTED"},
		{"no credential", "GET /v1/products", "", 401, "TOKEN_MISSING"},
		{"unknown thing", "GET /v1/products/none" + auth, "", 404, "NOT_FOUND"},
		{"P45 empty", "POST /v1/products" + auth, "", 400, "JSON_INVALID"},
		{"P45 null", "POST /v1/products" + auth, "null", 400, "PARAMETERS_INVALID /data"},
		{"P44 array", "POST /v1/products" + auth, `{"data":[]}`, 400, "PARAMETERS_INVALID /data"},
		{"P46 with length", "POST /v1/products" + auth, big, 413, "BODY_TOO_LARGE"},
		{"P46 chunked", "POST /v1/products\nTransfer-Encoding: chunked" + auth, "100001\r\n" + big + "\r\n0\r\n\r\n", 413, "BODY_TOO_LARGE"},
		{"P63", "POST /v1/products\nContent-Encoding: gzip" + auth, "{}", 415, "CONTENT_ENCODING_INVALID"},
		{"multipart", "POST /v1/products\nContent-Type: multipart/form-data; boundary=x" + auth, "{}", 415, "MEDIA_TYPE_INVALID"},
		{"P48", "GET /v1/products?limit=0" + auth, "", 400, "PARAMETERS_INVALID limit"},
		{"P47", "POST /v1/products" + auth, `{"data":{"type":"product","attributes":{"name":"x","metadata":[]}}}`, 400, "PARAMETERS_INVALID /data/attributes/metadata"},
		{"no such product", "POST /v1/packages" + auth, `{"data":{"type":"packages","attributes":{"name":"x","key":"x"},"relationships":{"product":{"data":{"type":"products","id":"` + testID + `"}}}}}`,
			422, "PRODUCT_NOT_FOUND /data/relationships/product"},
		{"operator only", "GET /v1/accounts" + auth, "", 403, "NOT_ALLOWED"},
		{"operator has no account's content", "GET /v1/products\nAuthorization: Basic dG9rZW46b3Blci0x", "", 200, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			res, body := s.send(tt.head, tt.body)
			if res.StatusCode != tt.status || tt.want != "" && firstError(t, body) != tt.want {
				t.Fatalf("%d %s", res.StatusCode, body)
			}
			if res.Header.Get("X-Request-Id") == "" || res.Header.Get("Keygen-Version") == "" {
				t.Errorf("headers %v", res.Header)
			}
			if tt.status == 401 && res.Header.Get("WWW-Authenticate") != `Bearer realm="offprint"` {
				t.Errorf("%v", res.Header)
			}
		})
	}
	if res, _ := s.send("PUT /v1/products", ""); res.Header.Get("Allow") != "GET, HEAD, POST" {
		t.Error(res.Header)
	}
	if res, body := s.send("OPTIONS /v1/products", ""); res.StatusCode != 204 || res.Header.Get("Allow") != "GET, HEAD, POST" || body != "" {
		t.Error(res.StatusCode, res.Header, body)
	}
}

// TestReads: the same resource by every root and name.
func TestReads(t *testing.T) {
	s := newSite(t)
	for _, path := range []string{"/v1/packages/" + appID, "//v1/packages/" + strings.ToUpper(appID), "/v1/packages/@ACME%2Fapp", "/v1/packages/%40acme%2fapp",
		"/acme/v1/packages/" + strings.ReplaceAll(appID, "-", ""), "/v1/accounts/ACME/packages/@acme%2Fapp", "/v1/accounts/" + acme + "/packages/@acme%2Fapp"} {
		res, body := s.send("GET "+path+auth, "")
		want := `{"data":{"id":"` + appID + `","type":"packages","attributes":{"name":"App","key":"@acme/app","engine":"npm","metadata":{},"created":"1970-01-01T00:00:00.004Z","updated":"1970-01-01T00:00:00.004Z"},` +
			`"relationships":{"account":{"data":{"type":"accounts","id":"` + acme + `"},"links":{"related":"/v1/accounts/` + acme + `"}},` +
			`"product":{"data":{"type":"products","id":"` + relay + `"},"links":{"related":"/v1/accounts/` + acme + `/products/` + relay + `"}}},` +
			`"links":{"self":"/v1/accounts/` + acme + `/packages/` + appID + `"}}}`
		if res.StatusCode != 200 || body != want {
			t.Errorf("%s: %d %s", path, res.StatusCode, body)
		}
		if res.Header.Get("Content-Type") != "application/vnd.api+json; charset=utf-8" || res.Header.Get("Keygen-Account") != acme {
			t.Errorf("%s: %v", path, res.Header)
		}
	}
	res, _ := s.send("GET /v1/ping\nAccept: application/json", "")
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "application/json; charset=utf-8" {
		t.Error(res.StatusCode, res.Header)
	}
	if res, body := s.send("HEAD /v1/ping", ""); res.StatusCode != 200 || body != "" || res.ContentLength != 20 {
		t.Error(res.StatusCode, body, res.ContentLength)
	}
}

// ids gives the ids of a list, and its links.
func (s *site) ids(path string) (ids []string, links map[string]any) {
	s.t.Helper()
	res, body := s.send("GET "+path+auth, "")
	var doc struct {
		Data  []struct{ ID string }
		Links map[string]any
	}
	if err := json.Unmarshal([]byte(body), &doc); err != nil || res.StatusCode != 200 {
		s.t.Fatal(path, res.StatusCode, body, err)
	}
	for _, d := range doc.Data {
		ids = append(ids, d.ID)
	}
	return ids, doc.Links
}

func TestLists(t *testing.T) {
	s := newSite(t)
	for _, tt := range []struct{ path, want string }{
		{"/v1/products", tools + " " + relay},
		{"/v1/products?order=asc", relay + " " + tools},
		{"/v1/products?limit=1", tools},
		{"/v1/products?page[number]=2&page[size]=1", relay},
		{"/v1/products?page[number]=3&page[size]=1", ""},
		{"/v1/products?page[cursor]=&page[size]=1", tools},
		{"/v1/products?page[cursor]=" + tools + "&page[size]=1", relay},
		{"/v1/packages?product=RELAY", appID},
		{"/v1/packages?product=tools", ""},
		{"/v1/packages?product=none", ""},
		{"/v1/packages?engine=npm", appID},
		{"/v1/packages?engine=pypi", ""},
		{"/v1/products/relay/packages", appID},
	} {
		if got, _ := s.ids(tt.path); strings.Join(got, " ") != tt.want {
			t.Errorf("%s: %s", tt.path, got)
		}
	}
	_, links := s.ids("/v1/products?page[size]=1&token=secret&x=y")
	at := "/v1/accounts/" + acme + "/products?x=y&page%5Bnumber%5D="
	meta, _ := links["meta"].(map[string]any)
	if links["self"] != at+"1&page%5Bsize%5D=1" || links["prev"] != nil || links["next"] != at+"2&page%5Bsize%5D=1" || links["last"] != at+"2&page%5Bsize%5D=1" ||
		meta["pages"] != 2.0 || meta["count"] != 2.0 {
		t.Error(links)
	}
}

// TestWhoSeesAndMayWhat: hidden is 404, visible but not permitted 403.
func TestWhoSeesAndMayWhat(t *testing.T) {
	s := newSite(t)
	product := &schema.Rights{Kind: schema.ProductCaller, ID: relay, Product: relay, Account: acme}
	license := &schema.Rights{Kind: schema.LicenseCaller, ID: "l", Account: acme, Grants: []schema.Grant{{License: "l", Product: relay}}}
	support := &schema.Rights{Kind: schema.StaffCaller, Role: "support", ID: adminID, Account: acme}
	create := func(id string) string {
		return `{"data":{"type":"packages","attributes":{"name":"x","key":"@acme/App"},"relationships":{"product":{"data":{"type":"products","id":"` + id + `"}}}}}`
	}
	for _, tt := range []struct {
		name   string
		rights *schema.Rights
		head   string
		body   string
		status int
		want   string
	}{
		{"A29 foreign OPEN product", product, "GET /v1/products/tools", "", 404, "NOT_FOUND"},
		{"own product", product, "GET /v1/products/relay", "", 200, ""},
		{"own product's deletion", product, "DELETE /v1/products/relay", "", 403, "NOT_ALLOWED"},
		{"P51 create for another product", product, "POST /v1/packages", create(tools), 403, "NOT_ALLOWED"},
		{"P51 edit another's", product, "PATCH /v1/products/tools", "{}", 404, "NOT_FOUND"},
		{"key taken", product, "POST /v1/packages", create(relay), 422, "KEY_TAKEN /data/attributes/key"},
		{"A50 license edits what it sees", license, "PATCH /v1/packages/@acme%2Fapp", "{}", 403, "NOT_ALLOWED"},
		{"license sees OPEN", license, "GET /v1/products/tools", "", 200, ""},
		{"license and policies", license, "GET /v1/policies/" + testID, "", 404, "NOT_FOUND"},
		{"A49 support edits", support, "PATCH /v1/packages/@acme%2Fapp", "{}", 403, "NOT_ALLOWED"},
		{"support reads", support, "GET /v1/packages/@acme%2Fapp", "", 200, ""},
		{"support and settings", support, "PATCH /v1/accounts/acme", "{}", 403, "NOT_ALLOWED"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s.book.rights = tt.rights
			res, body := s.send(tt.head+auth, tt.body)
			if res.StatusCode != tt.status || tt.want != "" && firstError(t, body) != tt.want {
				t.Errorf("%d %s", res.StatusCode, body)
			}
		})
	}
	if len(s.log.stored) != 0 {
		t.Error("something was appended")
	}
	for path, status := range map[string]int{"/v1/packages/@acme%2Fapp": 404, "/v1/packages": 200, "/v1/me": 401} {
		s.book.rights = schema.AnonymousRights(acme)
		if res, body := s.send("GET "+path, ""); res.StatusCode != status || path == "/v1/packages" && body != `{"data":[]}` {
			t.Errorf("anonymous %s: %d %s", path, res.StatusCode, body)
		}
	}
}

// TestP58DeleteTwice, with a projection of one kind.
func TestP58DeleteTwice(t *testing.T) {
	s := newSite(t)
	done := s.log.done
	s.log.done = func(log events.Log, serial uint64) {
		from := s.serial[events.Releases]
		s.commit(schema.Batch{Cursor: string(events.Releases), From: from, To: from + 1,
			Deleted: []schema.RecordKey{{Account: acme, Kind: schema.Packages, ID: appID}}})
		done(log, serial)
	}
	res, body := s.send("DELETE /v1/packages/@acme%2Fapp"+auth, "")
	if res.StatusCode != 204 || body != "" || res.Header.Get("X-Offprint-Serial") != "1" {
		t.Fatal(res.StatusCode, body, res.Header)
	}
	if got := outcome(&s.log.stored[0], nil); got != `releases.acme.`+relay+`.%40acme%2Fapp.package.deleted {"product":"`+relay+`","package":"`+appID+`","key":"@acme/app","engine":"npm"}` {
		t.Fatal(got)
	}
	if e := s.log.stored[0]; e.Actor != "users/"+adminID || e.RequestID != res.Header.Get("X-Request-Id") || e.Time.UnixMilli() != 1_700_000_000_123 {
		t.Fatal(e)
	}
	if res, body := s.send("DELETE /v1/packages/@acme%2Fapp"+auth, ""); res.StatusCode != 404 {
		t.Fatal(res.StatusCode, body)
	}
}

// TestP62CLINeverSees503: publishing-api.md section 9.
func TestP62CLINeverSees503(t *testing.T) {
	s := newSite(t)
	s.log.before = func(int) error { return stream.ErrUnavailable }
	for agent, want := range map[string]int{"curl/8": 503, "keygen/1.5 sdk/2.9.0 go/1.21 linux/amd64 cli/2.9.1": 409} {
		res, body := s.send("DELETE /v1/packages/@acme%2Fapp\nUser-Agent: "+agent+auth, "")
		if res.StatusCode != want || firstError(t, body) != "LOG_UNAVAILABLE" || res.Header.Get("Retry-After") == "" {
			t.Errorf("%s: %d %s %v", agent, res.StatusCode, body, res.Header)
		}
		if status := res.Header.Get("X-Offprint-Status"); want == 409 && status != "503" {
			t.Errorf("%s: %v", agent, res.Header)
		}
	}
}

// TestP2AccountOfAToken: two accounts on the server.
func TestP2AccountOfAToken(t *testing.T) {
	s := newSite(t)
	other := "5b1c2a74-0000-4000-8000-000000000002"
	s.put(&schema.Account{Base: schema.Base{ID: other, Account: other, Created: 9}, Slug: "other", Status: "INACTIVE"})
	if ids, _ := s.ids("/v1/products"); len(ids) != 2 { // the token's account
		t.Fatal(ids)
	}
	if res, body := s.send("GET /v1/products", ""); res.StatusCode != 404 {
		t.Fatal(res.StatusCode, body)
	}
	s.book.refusal = &principal.Refusal{Status: 401, Code: "TOKEN_INVALID", Title: "Unauthorized", Detail: "no"}
	if res, body := s.send("GET /v1/products"+auth, ""); res.StatusCode != 401 || firstError(t, body) != "TOKEN_INVALID" {
		t.Fatal(res.StatusCode, body)
	}
	if res, body := s.send("GET /v1/accounts/other/products"+auth, ""); res.StatusCode != 403 || firstError(t, body) != "ACCOUNT_INACTIVE" {
		t.Fatal(res.StatusCode, body)
	}
	res, body := s.send("GET /v1/accounts\nAuthorization: Bearer oper-1", "")
	if res.StatusCode != 200 || strings.Count(body, `"slug"`) != 2 {
		t.Fatal(res.StatusCode, body)
	}
}
