package jsonapi

import (
	"testing"

	"offprint/schema"
)

// TestArtifactDocument: the example of raw-and-engines.md section 5.2.
func TestArtifactDocument(t *testing.T) {
	size := int64(9)
	a := &schema.Artifact{Base: schema.Base{ID: "x", Account: "a", Created: 1, Updated: 2}, Release: "r", Filename: "dir/My App.sh", Filetype: "sh", Filesize: &size,
		Status: "UPLOADED", SHA256: "97", SHA512: "09"}
	got, err := Marshal(Document{Data: Artifact(a, "https://dist.example.com/x?grant=g1&a=<b>")})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"data":{"id":"x","type":"artifacts","attributes":{"filename":"dir/My App.sh","filetype":"sh","filesize":9,"platform":null,"arch":null,"signature":null,"checksum":null,` +
		`"digests":{"sha256":"97","sha512":"09"},"status":"UPLOADED","failureReason":null,"metadata":{},"created":"1970-01-01T00:00:00.001Z","updated":"1970-01-01T00:00:00.002Z"},` +
		`"relationships":{"account":{"data":{"type":"accounts","id":"a"},"links":{"related":"/v1/accounts/a"}},"release":{"data":{"type":"releases","id":"r"},"links":{"related":"/v1/accounts/a/releases/r"}}},` +
		`"links":{"self":"/v1/accounts/a/artifacts/x","related":"/v1/accounts/a/artifacts/x/dir/My%20App.sh","redirect":"https://dist.example.com/x?grant=g1&a=<b>"}}}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	a.Status, a.FailureReason = "FAILED", "SIZE_MISMATCH: no"
	if r := Artifact(a, ""); r.Links.get("redirect") != "" {
		t.Error(r.Links)
	}
}

// TestReleaseDocument: the example of publishing-api.md section 4.
func TestReleaseDocument(t *testing.T) {
	r := &schema.Release{Base: schema.Base{ID: "r", Account: "a", Created: 1, Updated: 2}, Product: "p", Version: "1.2.3-beta.1+b5", Channel: "beta", Status: "DRAFT", Tag: "next"}
	got, err := Marshal(Release(r))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"id":"r","type":"releases","attributes":{"name":null,"description":null,"channel":"beta","status":"DRAFT","tag":"next","version":"1.2.3-beta.1+b5",` +
		`"semver":{"major":1,"minor":2,"patch":3,"prerelease":"beta.1","build":"b5"},"metadata":{},"created":"1970-01-01T00:00:00.001Z","updated":"1970-01-01T00:00:00.002Z",` +
		`"published":null,"backdated":null,"yanked":null},` +
		`"relationships":{"account":{"data":{"type":"accounts","id":"a"},"links":{"related":"/v1/accounts/a"}},"product":{"data":{"type":"products","id":"p"},"links":{"related":"/v1/accounts/a/products/p"}},` +
		`"package":{"data":null,"links":{"related":"/v1/accounts/a/releases/r/package"}},"entitlements":{"links":{"related":"/v1/accounts/a/releases/r/entitlements"}},` +
		`"constraints":{"links":{"related":"/v1/accounts/a/releases/r/constraints"}},"artifacts":{"links":{"related":"/v1/accounts/a/releases/r/artifacts"}},` +
		`"upgrade":{"links":{"related":"/v1/accounts/a/releases/r/upgrade"}}},"links":{"self":"/v1/accounts/a/releases/r"}}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
