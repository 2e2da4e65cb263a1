package projector

import (
	"encoding/json"
	"testing"

	"offprint/schema"
)

// TestKeyOf: the short cut gives the key of the record.
func TestKeyOf(t *testing.T) {
	b := schema.Base{ID: "id", Account: "account"}
	for _, r := range []schema.Resource{&schema.Account{Base: b}, &schema.Product{Base: b}, &schema.Package{Base: b}, &schema.Release{Base: b},
		&schema.Artifact{Base: b}, &schema.Entitlement{Base: b}, &schema.Policy{Base: b}, &schema.License{Base: b}, &schema.User{Base: b}, &schema.Token{Base: b}} {
		if got, want := keyOf(r), r.Record().Key(); got != want {
			t.Errorf("key of a %T is %v, want %v", r, got, want)
		}
	}
}

// TestIDs: what was added is never lacking, and too many are nothing known.
func TestIDs(t *testing.T) {
	var none *ids
	key := schema.RecordKey{Account: "a", Kind: schema.Releases, ID: "r"}
	none.add(key)
	x := newIDs()
	if none.lacks(key) || !x.lacks(key) {
		t.Error("before")
	}
	x.add(key)
	if x.lacks(key) || !x.lacks(schema.RecordKey{Account: "a", Kind: schema.Artifacts, ID: "r"}) {
		t.Error("after")
	}
	x.set = nil
	x.add(key)
	if x.lacks(schema.RecordKey{}) {
		t.Error("too many")
	}
}

func TestBytesOf(t *testing.T) {
	for facts, want := range map[string]string{
		`{"artifact":"a","engine":null,"upload":{"sha256":"s","size":1},"upload":7}`: "s",
		`{"warnings":[{"upload":{"sha256":"no"}}]}`:                                  "",
		`{}`:                "",
		`[1]`:               "error",
		`null`:              "error",
		`{"upload":"text"}`: "error",
	} {
		got, err := bytesOf(json.RawMessage(facts))
		if err != nil {
			got = "error"
		}
		if got != want {
			t.Errorf("%s: %q, want %q, %v", facts, got, want, err)
		}
	}
}
