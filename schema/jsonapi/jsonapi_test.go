package jsonapi

import (
	"encoding/json"
	"testing"

	"offprint/schema"
)

func TestMetadataKeysAreShownInCamelCase(t *testing.T) {
	for stored, want := range map[string]string{
		``: `{}`, `null`: `{}`, `{}`: `{}`,
		`{"my_key":1.10,"nested":{"a_b":[1,"x_y"]}}`: `{"myKey":1.10,"nested":{"aB":[1,"x_y"]}}`,
		`{"a_b":"c_d: \"e_f\":"}`:                    `{"aB":"c_d: \"e_f\":"}`,
		`{"<a>":"<b>"}`:                              `{"<a>":"<b>"}`,
	} {
		if got := string(Metadata(json.RawMessage(stored))); got != want {
			t.Errorf("%s: %s, want %s", stored, got, want)
		}
	}
}

func TestKeyStyles(t *testing.T) {
	for _, tt := range [][2]string{{"myKey", "my_key"}, {"tauriPubkey", "tauri_pubkey"}, {"a", "a"}, {"htmlPage", "html_page"}, {"über", "über"}} {
		if got := Snake(tt[0]); got != tt[1] {
			t.Errorf("snake %s: %s", tt[0], got)
		}
		if got := Camel(tt[1]); got != tt[0] {
			t.Errorf("camel %s: %s", tt[1], got)
		}
	}
	if got := Snake("HTMLPage"); got != "html_page" {
		t.Error(got)
	}
	if got := Snake("my_key"); got != "my_key" {
		t.Error(got)
	}
}

// TestLicenseDocument: the example of publishing-api.md section 4.
func TestLicenseDocument(t *testing.T) {
	l := &schema.License{Base: schema.Base{ID: "l", Account: "a", Created: 1, Updated: 2}, Product: "p", Policy: "y", Name: "Jane", KeyPrefix: "F50B6D"}
	got, err := Marshal(Document{Data: License(l, "", false, 3)})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"data":{"id":"l","type":"licenses","attributes":{"name":"Jane","key":null,"keyPrefix":"F50B6D","status":"ACTIVE","expiry":null,"suspended":false,"metadata":{},"created":"1970-01-01T00:00:00.001Z","updated":"1970-01-01T00:00:00.002Z"},` +
		`"relationships":{"account":{"data":{"type":"accounts","id":"a"},"links":{"related":"/v1/accounts/a"}},` +
		`"product":{"data":{"type":"products","id":"p"},"links":{"related":"/v1/accounts/a/products/p"}},` +
		`"policy":{"data":{"type":"policies","id":"y"},"links":{"related":"/v1/accounts/a/policies/y"}},` +
		`"owner":{"data":null},"users":{"links":{"related":"/v1/accounts/a/licenses/l/users"}},` +
		`"entitlements":{"links":{"related":"/v1/accounts/a/licenses/l/entitlements"}},"tokens":{"links":{"related":"/v1/accounts/a/licenses/l/tokens"}}},` +
		`"links":{"self":"/v1/accounts/a/licenses/l"}}}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestLicenseStatus(t *testing.T) {
	const now = 1_000_000_000_000
	for _, tt := range []struct {
		want   string
		banned bool
		l      schema.License
	}{
		{"BANNED", true, schema.License{Suspended: true}},
		{"SUSPENDED", false, schema.License{Suspended: true, Expiry: now - 1}},
		{"EXPIRED", false, schema.License{Expiry: now - 1}},
		{"EXPIRING", false, schema.License{Expiry: now}},
		{"EXPIRING", false, schema.License{Expiry: now + soon}},
		{"ACTIVE", false, schema.License{Expiry: now + soon + 1}},
		{"ACTIVE", false, schema.License{}},
	} {
		if got := LicenseStatus(&tt.l, tt.banned, now); got != tt.want {
			t.Errorf("%+v: %s", tt.l, got)
		}
	}
}
