package ingest

import (
	"strings"
	"testing"

	"offprint/schema"
)

// TestPermissions: rows of access.md section 9.
func TestPermissions(t *testing.T) {
	roles := []string{"admin", "developer", "sales", "support", "read-only", "product", "user", "license"}
	for permission, want := range map[string]string{
		"product.create": "admin developer", "product.update": "admin developer product", "product.delete": "admin developer",
		"release.publish": "admin developer product", "artifact.create": "admin developer product", "entitlement.create": "admin developer",
		"policy.update": "admin developer sales product", "license.create": "admin developer sales product",
		"license.suspend": "admin developer sales support product", "license.revoke": "admin developer sales product",
		"product.tokens.generate": "admin developer", "license.tokens.generate": "admin developer sales product",
		"account.update": "admin", "nothing.known": "",
	} {
		var got []string
		for _, role := range roles {
			r := &schema.Rights{Kind: schema.StaffCaller, Role: role}
			switch role {
			case "product":
				r = &schema.Rights{Kind: schema.ProductCaller, Product: "p1"}
			case "user":
				r = &schema.Rights{Kind: schema.UserCaller, Role: "user"}
			case "license":
				r = &schema.Rights{Kind: schema.LicenseCaller}
			}
			if may(r, permission, "p1") {
				got = append(got, role)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %s, want %s", permission, got, want)
		}
	}
	if may(&schema.Rights{Kind: schema.ProductCaller, Product: "p1"}, "release.create", "p2") {
		t.Error("a product changes another's")
	}
}
