package rubygems

import (
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
	productID = "5b1c2a74-6a0e-4f0b-9d3a-2f6f6b7c8d91"
	policyID  = "5b1c2a74-6a0e-4f0b-9d3a-2f6f6b7c8d92"
	goldID    = "5b1c2a74-6a0e-4f0b-9d3a-2f6f6b7c8d93"
	plainKey  = "plain-key"
	goldKey   = "gold-key"
	testNow   = 1_800_000_000_000
)

// site is a server over a memory store with gems.
type site struct {
	*serve.Server
	store  *schematest.Memory
	serial uint64
	next   uint64 // serial of the next listing
}

// newSite has gems of some versions each; every fifth version of a gem needs an
// entitlement.
func newSite(t testing.TB, gems, versions int) *site {
	t.Helper()
	sealer, err := schema.NewSealer(make([]byte, schema.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	s := &site{store: schematest.NewMemory(), next: 100}
	s.Server = serve.New(serve.Config{Now: func() time.Time { return time.UnixMilli(testNow) }, Applied: func() uint64 { return s.serial }},
		s.store, principal.NewBook(s.store, sealer), sealer, nil, New())
	base := func(id string) schema.Base {
		return schema.Base{ID: id, Account: accountID, Created: 1_790_000_000_000, Updated: 1}
	}
	b := schema.Batch{Cursor: "releases", From: 0, To: 1}
	add := func(list ...schema.Resource) {
		for _, r := range list {
			rec := r.Record()
			rec.Serial = b.To
			b.Records = append(b.Records, rec)
		}
	}
	add(&schema.Account{Base: base(accountID), Slug: "acme", Name: "Acme", Status: "ACTIVE"},
		&schema.Product{Base: base(productID), Name: "Relay", Code: "relay", Strategy: "LICENSED"},
		&schema.Policy{Base: base(policyID), Product: productID, AuthenticationStrategy: "MIXED", ExpirationStrategy: "RESTRICT_ACCESS"},
		&schema.License{Base: base(accountID[:35] + "a"), Product: productID, Policy: policyID, KeyDigest: sealer.Hex(schema.LicenseSecret, plainKey)},
		&schema.License{Base: base(accountID[:35] + "b"), Product: productID, Policy: policyID, KeyDigest: sealer.Hex(schema.LicenseSecret, goldKey), Entitlements: []string{goldID}})
	for i := range gems {
		p := &schema.Package{Base: base(packageID(i)), Product: productID, Name: gemOf(i), Key: gemOf(i), Engine: Key}
		add(p)
		head := schema.Head{Account: accountID, Product: productID, Package: p.ID, Key: p.Key, Engine: Key, Created: 1, Changed: 1}
		b.Heads = append(b.Heads, schema.HeadRow{Doc: schema.EngineDoc(Key, p.ID), From: 1, Body: encode(t, head)})
	}
	for v := range versions {
		for i := range gems {
			var needs []string
			if v%5 == 4 {
				needs = []string{goldID}
			}
			s.list(t, &b, i, v, needs...)
		}
	}
	s.commit(t, b)
	return s
}

func packageID(i int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", i) }

func gemOf(i int) string { return fmt.Sprintf("acme-gem-%04d", i) }

func encode(t testing.TB, v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// list adds version 1.v.0 of gem i to a batch.
func (s *site) list(t testing.TB, b *schema.Batch, i, v int, needs ...string) {
	id := fmt.Sprintf("artifact-%d-%d", i, v)
	s.next++
	number := fmt.Sprintf("1.%d.0", v)
	attr := schema.GemAttr{Release: "r" + id, Artifact: id, Version: number, Filename: gemOf(i) + "-" + number + ".gem", Available: 10, Stored: s.next, Turns: []uint64{s.next},
		Line: number + " rack:< 4&>= 2.0|checksum:" + strings.Repeat("d8de9eb9", 8) + ",ruby:>= 3.1,created_at:2026-11-20T10:00:00Z"}
	rule := schema.Rule{Status: schema.Published, Public: true, Constraints: needs, Date: 10, Changed: s.next, ChangedAt: 10, Body: b.To, Attr: encode(t, attr)}
	doc := schema.EngineDoc(Key, packageID(i))
	b.Rules = append(b.Rules, schema.RuleRow{Doc: doc, Key: id, From: b.To, Rule: encode(t, rule)})
	b.Bodies = append(b.Bodies, schema.BodyRow{Doc: doc, Key: id, Serial: b.To, Data: []byte("\x04\bu")})
}

func (s *site) commit(t testing.TB, b schema.Batch) {
	t.Helper()
	if err := s.store.Commit(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	s.serial = b.To
}

// publish lists one more version of a gem and tells the server.
func (s *site) publish(t testing.TB, i, v int, needs ...string) {
	t.Helper()
	b := schema.Batch{Cursor: "releases", From: s.serial, To: s.serial + 1}
	s.list(t, &b, i, v, needs...)
	s.commit(t, b)
	s.Notice(schema.Notice{Log: "releases", From: b.From, To: b.To, Docs: []string{schema.EngineDoc(Key, packageID(i))}})
}

// get asks through the handler, without a network. headers are name, value, ….
func (s *site) get(path, key string, headers ...string) *fasthttp.RequestCtx {
	var req fasthttp.Request
	req.SetRequestURI("/rubygems/acme" + path)
	req.Header.SetHost("127.0.0.1:8080")
	if key != "" {
		req.Header.Set("Authorization", "License "+key)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	ctx := &fasthttp.RequestCtx{}
	ctx.Init(&req, nil, nil)
	s.Handle(ctx)
	return ctx
}
