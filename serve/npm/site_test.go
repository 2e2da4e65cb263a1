package npm

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"offprint/schema"
	"offprint/schema/principal"
	"offprint/schema/schematest"
	"offprint/serve"
)

const (
	accountID = "5b1c2a74-6a0e-4f0b-9d3a-2f6f6b7c8d90"
	productID = "8c5e6f0a-1d2b-4c3d-8e4f-5a6b7c8d9e0f"
	packageID = "77aa0000-0000-4000-8000-000000000001"
	licenseID = "11110000-0000-4000-8000-000000000001"
	policyID  = "22220000-0000-4000-8000-000000000001"
	userID    = "44440000-0000-4000-8000-000000000001"
	tokenID   = "55550000-0000-4000-8000-000000000001"
	goldID    = "33330000-0000-4000-8000-000000000001"

	plainKey = "AAAAAA-000000-000000-000000-000000-V3" // holds no entitlement
	goldKey  = "BBBBBB-000000-000000-000000-000000-V3"
	staff    = "admin-1"
	testNow  = 1_700_000_000_000
)

// site is a server over a memory store with one package.
type site struct {
	*serve.Server
	store  *schematest.Memory
	sealer *schema.Sealer
	book   *principal.Book
	serial uint64
}

func newSite(t testing.TB, versions int) *site {
	sealer, err := schema.NewSealer(make([]byte, schema.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	s := &site{store: schematest.NewMemory(), sealer: sealer}
	s.book = principal.NewBook(s.store, sealer)
	now := func() time.Time { return time.UnixMilli(testNow) }
	s.Server = serve.New(serve.Config{Now: now, Applied: func() uint64 { return s.serial }}, s.store, s.book, sealer, nil, New())
	base := func(id string) schema.Base {
		return schema.Base{ID: id, Account: accountID, Created: 1, Updated: 1}
	}
	b := s.batch()
	add := func(list ...schema.Resource) {
		for _, r := range list {
			rec := r.Record()
			rec.Serial = b.To
			b.Records = append(b.Records, rec)
		}
	}
	add(&schema.Account{Base: base(accountID), Slug: "acme", Name: "Acme", Status: "ACTIVE"},
		&schema.Product{Base: base(productID), Name: "Relay", Code: "relay", Strategy: "LICENSED"},
		&schema.Package{Base: base(packageID), Product: productID, Name: "App", Key: "@acme/app", Engine: "npm"},
		&schema.Policy{Base: base(policyID), Product: productID, AuthenticationStrategy: "MIXED", ExpirationStrategy: "RESTRICT_ACCESS"},
		&schema.License{Base: base(licenseID), Product: productID, Policy: policyID, KeyDigest: sealer.Hex(schema.LicenseSecret, plainKey)},
		&schema.License{Base: base(strings.Replace(licenseID, "1111", "1112", 1)), Product: productID, Policy: policyID,
			KeyDigest: sealer.Hex(schema.LicenseSecret, goldKey), Entitlements: []string{goldID}},
		&schema.User{Base: base(userID), Role: "admin"},
		&schema.Token{Base: base(tokenID), Kind: "admin-token", Bearer: "users/" + userID, Digest: sealer.Hex(schema.TokenSecret, staff)})
	doc := schema.EngineDoc("npm", packageID)
	head := schema.Head{Account: accountID, Product: productID, Package: packageID, Key: "@acme/app", Name: "App", Engine: "npm", Created: 1, Changed: b.To}
	b.Heads = append(b.Heads, schema.HeadRow{Doc: doc, From: b.To, Body: encode(t, head)})
	for i := range versions {
		s.release(t, &b, doc, version{v: fmt.Sprintf("1.%d.0", i)})
	}
	s.commit(t, b)
	return s
}

func (s *site) batch() schema.Batch {
	return schema.Batch{Cursor: "releases", From: s.serial, To: s.serial + 1}
}

func (s *site) commit(t testing.TB, b schema.Batch) {
	if err := s.store.Commit(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	s.serial = b.To
}

func encode(t testing.TB, v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// version is a release of the test package.
type version struct {
	v, tag string
	status schema.Status // "" is published
	needs  []string      // entitlements
	at     int64         // available, Unix milliseconds; 0 is 10
}

// release adds a release to a batch.
func (s *site) release(t testing.TB, b *schema.Batch, doc string, x version) {
	id := "release-" + x.v
	status, at := cmp.Or(x.status, schema.Published), cmp.Or(x.at, 10)
	rule := schema.Rule{Status: status, Public: status != schema.Draft, Constraints: x.needs, Date: 10, Changed: b.To, ChangedAt: at, Body: b.To,
		Attr: encode(t, schema.NPMAttr{Release: id, Version: x.v, Tag: x.tag, Available: at, Artifact: "artifact-" + x.v,
			Filename: "acme-app-" + x.v + ".tgz", SHA256: strings.Repeat("a", 64), Size: 3})}
	key := schema.NPMVersionKey(x.v)
	text := fmt.Sprintf(`{"name":"@acme/app","version":%q`, key)
	body := schema.NPMBody{
		Full:        schema.NPMObject{Open: []byte(text), Rest: []byte(`,"description":"An example package","dist":{"tarball":"`)},
		Abbreviated: schema.NPMObject{Open: []byte(text), Rest: []byte(`,"dist":{"tarball":"`)},
		Dist:        []byte(`/@acme/app/-/app-` + key + `.tgz","shasum":"2fad804340fa0a60441efb202330fde9510988d4"}}`),
	}
	body.Hoisted[0] = schema.NPMSpan{At: len(text) + len(`,"description":`), Len: len(`"An example package"`)}
	b.Rules = append(b.Rules, schema.RuleRow{Doc: doc, Key: id, From: b.To, Rule: encode(t, rule)})
	b.Bodies = append(b.Bodies, schema.BodyRow{Doc: doc, Key: id, Serial: b.To, Data: body.Append(nil)})
}

// publish commits releases and tells the server.
func (s *site) publish(t testing.TB, list ...version) {
	b := s.batch()
	doc := schema.EngineDoc("npm", packageID)
	for _, x := range list {
		s.release(t, &b, doc, x)
	}
	s.commit(t, b)
	s.Notice(schema.Notice{Log: "releases", From: b.From, To: b.To, Docs: []string{doc}})
}

// as are the headers of a caller.
func as(key string, more ...string) []string {
	if key == "" {
		return more
	}
	return append([]string{"Authorization", "License " + key}, more...)
}

// get asks through the handler, without a network. headers are name, value, ….
func (s *site) get(path string, headers ...string) *fasthttp.RequestCtx {
	return s.request("GET", path, nil, headers...)
}

func (s *site) ask(method, path string, headers ...string) *fasthttp.RequestCtx {
	return s.request(method, path, nil, headers...)
}

func (s *site) request(method, path string, body []byte, headers ...string) *fasthttp.RequestCtx {
	var req fasthttp.Request
	req.Header.SetMethod(method)
	req.SetRequestURI(path)
	req.Header.SetHost("127.0.0.1:8080")
	if body != nil {
		req.SetBodyStream(bytes.NewReader(body), len(body))
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i+1] != "" {
			req.Header.Set(headers[i], headers[i+1])
		}
	}
	ctx := &fasthttp.RequestCtx{}
	ctx.Init(&req, nil, nil)
	s.Handle(ctx)
	return ctx
}
