package jsonapi

import (
	"github.com/Masterminds/semver/v3"

	"offprint/schema"
)

// version is a release's version, taken apart.
type version struct {
	Major      uint64  `json:"major"`
	Minor      uint64  `json:"minor"`
	Patch      uint64  `json:"patch"`
	Prerelease *string `json:"prerelease"`
	Build      *string `json:"build"`
}

// Release shows a release.
func Release(r *schema.Release) Resource {
	b := of(&r.Base, "releases")
	attributes := struct {
		Name        *string  `json:"name"`
		Description *string  `json:"description"`
		Channel     string   `json:"channel"`
		Status      string   `json:"status"`
		Tag         *string  `json:"tag"`
		Version     string   `json:"version"`
		Semver      *version `json:"semver"`
		stamps
		Published *string `json:"published"`
		Backdated *string `json:"backdated"`
		Yanked    *string `json:"yanked"`
	}{Text(r.Name), Text(r.Description), r.Channel, r.Status, Text(r.Tag), r.Version, nil, stampsOf(&r.Base),
		Time(r.Published), Time(r.Backdated), Time(r.Yanked)}
	if v, err := semver.StrictNewVersion(r.Version); err == nil {
		attributes.Semver = &version{v.Major(), v.Minor(), v.Patch(), Text(v.Prerelease()), Text(v.Metadata())}
	}
	return b.resource(attributes, b.direct("product", "products", r.Product), b.one("package", "packages", r.Package),
		b.many("entitlements"), b.many("constraints"), b.many("artifacts"), b.many("upgrade"))
}

// Constraint shows a constraint of r.
func Constraint(r *schema.Release, k schema.Constraint) Resource {
	release := of(&r.Base, "releases")
	b := builder{r.Account, "constraints", k.ID}
	x := b.resource(struct {
		Created *string `json:"created"`
		Updated *string `json:"updated"`
	}{Time(k.Created), Time(k.Created)}, b.direct("release", "releases", r.ID), b.direct("entitlement", "entitlements", k.Entitlement))
	x.Links = Links{{"self", release.path("constraints/" + k.ID)}}
	return x
}
