package oci

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"offprint/schema"
	"offprint/schema/blobs"
	"offprint/schema/principal"
	"offprint/schema/schematest"
	"offprint/serve"
)

// elsewhere is a store whose bytes clients fetch from another host.
type elsewhere struct{ blobs.Store }

// Link implements blobs.Linker.
func (elsewhere) Link(_ context.Context, sha256 string, _ time.Duration) (string, error) {
	return "https://store.example/" + sha256 + "?signed", nil
}

// TestBlobFromAnObjectStore: GET is one 307 that nobody may keep, HEAD is
// answered here.
func TestBlobFromAnObjectStore(t *testing.T) {
	const account, product, pkg = "5b1c2a74-6a0e-4f0b-9d3a-2f6f6b7c8d90", "8c5e6f0a-1d2b-4c3d-8e4f-5a6b7c8d9e0f", "77aa0000-0000-4000-8000-000000000001"
	digest := strings.Repeat("a", 64)
	encode := func(v any) []byte {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	base := func(id string) schema.Base { return schema.Base{ID: id, Account: account} }
	b := schema.Batch{Cursor: "releases", To: 1}
	for _, r := range []schema.Resource{&schema.Account{Base: base(account), Slug: "acme", Status: "ACTIVE"}, &schema.Product{Base: base(product), Strategy: "OPEN"},
		&schema.Package{Base: base(pkg), Product: product, Key: "relay", Engine: Key}} {
		b.Records = append(b.Records, r.Record())
	}
	doc := schema.EngineDoc(Key, pkg)
	b.Heads = []schema.HeadRow{{Doc: doc, From: 1, Body: encode(schema.Head{Account: account, Product: product, Package: pkg, Key: "relay", Engine: Key})}}
	b.Bodies = []schema.BodyRow{{Doc: doc, Key: "r", Serial: 1, Data: encode(schema.OCIInventory{Blobs: []schema.OCIBlob{{Digest: "sha256:" + digest, Size: 7}}})}}
	b.Rules = []schema.RuleRow{{Doc: doc, Key: "r", From: 1, Rule: encode(schema.Rule{Status: schema.Published, Public: true, Body: 1, Attr: encode(schema.OCIAttr{Release: "r", Version: "1.0.0"})})}}
	store := schematest.NewMemory()
	if err := store.Commit(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	_, sealer := server(t)
	s := serve.New(serve.Config{}, store, principal.NewBook(store, sealer), sealer, elsewhere{}, New(0))
	get := ask(s, "GET", "/v2/acme/relay/blobs/sha256:"+digest)
	h := &get.Response.Header
	if get.Response.StatusCode() != fasthttp.StatusTemporaryRedirect || string(h.Peek("Location")) != "https://store.example/"+digest+"?signed" ||
		string(h.Peek("Cache-Control")) != "no-store" || string(h.Peek("Docker-Content-Digest")) != "sha256:"+digest {
		t.Errorf("%s", get.Response.String())
	}
	head := ask(s, "HEAD", "/v2/acme/relay/blobs/sha256:"+digest)
	if head.Response.StatusCode() != 200 || head.Response.Header.ContentLength() != 7 {
		t.Errorf("%s", head.Response.String())
	}
}
