package ingest

import (
	"slices"
	"strings"

	"offprint/schema"
)

// permissions is the table of access.md section 9: who may do what. "product"
// is the product's own token.
var permissions = map[string]string{
	"account.update": "admin",

	"product.read":   "admin developer sales support read-only product",
	"product.create": "admin developer",
	"product.update": "admin developer product",
	"product.delete": "admin developer",

	"package.create": "admin developer product",
	"package.update": "admin developer product",
	"package.delete": "admin developer product",

	"release.create":  "admin developer product",
	"release.update":  "admin developer product",
	"release.publish": "admin developer product",
	"release.yank":    "admin developer product",
	"release.delete":  "admin developer product",

	"release.constraints.attach": "admin developer product",
	"release.constraints.detach": "admin developer product",

	"artifact.create":   "admin developer product",
	"artifact.update":   "admin developer product",
	"artifact.delete":   "admin developer product",
	"artifact.takedown": "admin",

	"entitlement.create": "admin developer",
	"entitlement.update": "admin developer",
	"entitlement.delete": "admin developer",

	"policy.read":                "admin developer sales support read-only product",
	"policy.create":              "admin developer sales product",
	"policy.update":              "admin developer sales product",
	"policy.delete":              "admin developer sales product",
	"policy.entitlements.attach": "admin developer sales product",
	"policy.entitlements.detach": "admin developer sales product",

	"license.create":              "admin developer sales product",
	"license.update":              "admin developer sales product",
	"license.delete":              "admin developer sales product",
	"license.suspend":             "admin developer sales support product",
	"license.reinstate":           "admin developer sales support product",
	"license.renew":               "admin developer sales support product",
	"license.revoke":              "admin developer sales product",
	"license.entitlements.attach": "admin developer sales product",
	"license.entitlements.detach": "admin developer sales product",

	"product.tokens.generate": "admin developer",
	"license.tokens.generate": "admin developer sales product",
	"user.tokens.generate":    "admin",
}

// may says whether a caller with these rights has a permission on a thing of
// product ("" for what belongs to the account).
func may(r *schema.Rights, permission, product string) bool {
	role := ""
	switch {
	case r.Kind == schema.StaffCaller:
		role = r.Role
	case r.Kind == schema.ProductCaller && (product == "" || product == r.Product):
		role = "product"
	}
	return role != "" && slices.Contains(strings.Fields(permissions[permission]), role)
}

// allow is may as an error: 403 that names the permission.
func (c *call) allow(permission, product string) error {
	if may(c.rights, permission, product) {
		return nil
	}
	return denied(permission)
}

// productPermissions are those of a product's own token, sorted, as product
// documents show them.
var productPermissions = func() []string {
	var out []string
	for name, roles := range permissions {
		if slices.Contains(strings.Fields(roles), "product") {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}()
