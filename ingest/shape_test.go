package ingest

import (
	"strings"
	"testing"
)

var testShape = shape{resource: "policies", attributes: []field{
	{name: "name", kind: text, required: true},
	{name: "code", kind: text, nullable: true},
	{name: "count", kind: integer, nullable: true},
	{name: "color", kind: text, enum: []string{"RED"}},
	{name: "when", kind: moment},
	{name: "flag", kind: boolean},
	{name: "list", kind: textList},
	{name: "metadata", kind: object},
}, relationships: []relation{
	{name: "product", resource: "products", required: true},
	{name: "package", resource: "packages", nullable: true},
	{name: "constraints", resource: "constraints", many: true, parts: []relation{{name: "entitlement", resource: "entitlements", required: true}}},
}, meta: []field{{name: "force", kind: boolean}}}

const testID = "8c5e6f0a-1d2b-4c3d-8e4f-5a6b7c8d9e0f"

// TestStrictParameters: publishing-api.md section 2, with rows P8, P18, P20 and
// P43.
func TestStrictParameters(t *testing.T) {
	product := `"relationships":{"product":{"data":{"type":"product","id":"8C5E6F0A1D2B4C3D8E4F5A6B7C8D9E0F"}}`
	attributes := func(s string) string {
		return `{"data":{"type":"policies","attributes":{"name":"x",` + s + `},` + product + `}}}`
	}
	relations := func(s string) string {
		return `{"data":{"type":"policy","attributes":{"name":"x"},` + product + `,` + s + `}}}`
	}
	for _, tt := range []struct{ body, pointer, detail string }{
		{`{"data":{"type":"policies","id":"ignored","attributes":{"name":" x "},` + product + `}}}`, "", ""},
		{`null`, "/data", "type mismatch (received null expected object)"},
		{`{"data":[]}`, "/data", "type mismatch (received array expected object)"},
		{`{}`, "/data", "is missing"},
		{`{"data":{}}`, "/data/type", "is missing"},
		{`{"data":{"type":"users"}}`, "/data/type", "is invalid"},
		{`{"data":{"type":"policies"},"more":1}`, "/more", "unpermitted parameter"},
		{`{"data":{"type":"policies","x/y":1}}`, "/data/x~1y", "unpermitted parameter"},
		{`{"data":{"type":"policies","attributes":{}}}`, "/data/attributes/name", "is missing"},
		{`{"data":{"type":"policies","attributes":{"name":null}}}`, "/data/attributes/name", "cannot be null"},
		{`{"data":{"type":"policies","attributes":{"name":"  "}}}`, "/data/attributes/name", "cannot be blank"},
		{attributes(`"version":"1"`), "/data/attributes/version", "unpermitted parameter"},
		{attributes(`"code":null`), "", ""},
		{attributes(`"code":""`), "/data/attributes/code", "cannot be blank"},
		{attributes(`"color":null`), "", ""},
		{attributes(`"color":"BLUE"`), "/data/attributes/color", "is invalid"},
		{attributes(`"count":"12"`), "/data/attributes/count", "type mismatch (received string expected integer)"},
		{attributes(`"count":1.5`), "/data/attributes/count", "type mismatch (received float expected integer)"},
		{attributes(`"count":6e12`), "", ""},
		{attributes(`"name2":1`), "/data/attributes/name2", "unpermitted parameter"},
		{attributes(`"flag":1`), "/data/attributes/flag", "type mismatch (received integer expected boolean)"},
		{attributes(`"when":"soon"`), "/data/attributes/when", "type mismatch (received string expected time)"},
		{attributes(`"when":"2026-11-22T17:58:00+01:00"`), "", ""},
		{attributes(`"list":["a",1]`), "/data/attributes/list/1", "type mismatch (received integer expected string)"},
		{attributes(`"metadata":[]`), "/data/attributes/metadata", "type mismatch (received array expected object)"},
		{`{"data":{"type":"policies","attributes":{"name":"x"}}}`, "/data/relationships/product", "is missing"},
		{relations(`"package":{"data":null}`), "", ""},
		{relations(`"package":{}`), "/data/relationships/package/data", "is missing"},
		{relations(`"package":{"data":{"type":"packages"}}`), "/data/relationships/package/data/id", "is missing"},
		{relations(`"package":{"data":{"type":"packages","id":"app"}}`), "/data/relationships/package/data/id", "must be a valid UUID"},
		{relations(`"owner":{"data":null}`), "/data/relationships/owner", "unpermitted parameter"},
		{relations(`"constraints":{"data":[{"type":"constraints","relationships":{"entitlement":{"data":{"type":"entitlements","id":"NOPE"}}}}]}`),
			"/data/relationships/constraints/data/0/relationships/entitlement/data/id", "must be a valid UUID"},
		{relations(`"constraints":{"data":[{"type":"constraints","relationships":{"entitlement":{"data":{"type":"entitlement","id":"` + testID + `"}}}}]}`), "", ""},
		{`{"meta":{"force":"yes"},"data":{}}`, "/meta/force", "type mismatch (received string expected boolean)"},
	} {
		v, err := parseJSON([]byte(tt.body))
		if err != nil {
			t.Fatal(tt.body, err)
		}
		in, err := testShape.fit(v)
		if tt.pointer == "" {
			if err != nil || in.text("name") != "x" || in.link("product") != testID {
				t.Errorf("%s: %v", tt.body, err)
			}
			continue
		}
		list, _ := asProblems(err)
		if err == nil || list[0].code != "PARAMETERS_INVALID" || list[0].pointer != tt.pointer || list[0].detail != tt.detail {
			t.Errorf("%s: %v", tt.body, err)
		}
	}
}

// bodyOf fits a body for tests of decide functions.
func bodyOf(t *testing.T, s shape, attributes, relationships string) *input {
	t.Helper()
	v, err := parseJSON([]byte(`{"data":{"type":"` + s.resource + `","attributes":{` + attributes + `},"relationships":{` + relationships + `}}}`))
	if err != nil {
		t.Fatal(err)
	}
	in, err := s.fit(v)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// TestP47Metadata: bounds, and the two styles of keys.
func TestP47Metadata(t *testing.T) {
	many := func(n int) string {
		var b strings.Builder
		for i := range n {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(`"k` + strings.Repeat("x", i) + `":1`)
		}
		return b.String()
	}
	for _, tt := range []struct{ name, in, out, code string }{
		{"styles", `{"my_key":1,"otherKey":{"tauriPubkey":"P"}}`, `{"my_key":1,"other_key":{"tauri_pubkey":"P"}}`, ""},
		{"numbers keep their text", `{"n":1.10,"e":1e2}`, `{"n":1.10,"e":1e2}`, ""},
		{"list of scalars", `{"a":[1,"x",null]}`, `{"a":[1,"x",null]}`, ""},
		{"empty", `{}`, `{}`, ""},
		{"64 keys", `{` + many(64) + `}`, `{` + many(64) + `}`, ""},
		{"65 keys", `{` + many(65) + `}`, "", "METADATA_INVALID"},
		{"3 levels", `{"a":{"b":{"c":1}}}`, "", "METADATA_INVALID"},
		{"one key in two styles", `{"aB":1,"a_b":2}`, "", "METADATA_INVALID"},
		{"17 KiB", `{"a":"` + strings.Repeat("x", 17<<10) + `"}`, "", "METADATA_TOO_LONG"},
	} {
		got, faults := metadata(bodyOf(t, productShape(false), `"metadata":`+tt.in, ""))
		if string(got) != tt.out || codeOf(faults.orNil()) != tt.code {
			t.Errorf("%s: %.80s %v", tt.name, got, faults)
		}
	}
}
