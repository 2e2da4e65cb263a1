package jsonapi

import (
	"encoding/json"

	"offprint/schema"
)

// Account shows an account.
func Account(a *schema.Account) Resource {
	settings := a.Settings
	if len(settings) == 0 {
		settings = json.RawMessage("{}")
	}
	b := builder{a.ID, "accounts", a.ID}
	links := Relationships{}
	for _, name := range []string{"products", "packages", "releases", "artifacts", "entitlements", "policies", "licenses", "tokens"} {
		links = append(links, Relationship{Name: name, Related: Path(a.ID, name)})
	}
	return Resource{ID: a.ID, Type: "accounts", Attributes: struct {
		Name     string          `json:"name"`
		Slug     string          `json:"slug"`
		Status   string          `json:"status"`
		Settings json.RawMessage `json:"settings"`
		Created  *string         `json:"created"`
		Updated  *string         `json:"updated"`
	}{a.Name, a.Slug, a.Status, settings, Time(a.Created), Time(a.Updated)},
		Relationships: links, Links: Links{{"self", Path(b.account, "")}}}
}

// Product shows a product; permissions are those of its own tokens.
func Product(p *schema.Product, permissions []string) Resource {
	platforms := p.Platforms
	if platforms == nil {
		platforms = []string{}
	}
	b := of(&p.Base, "products")
	return b.resource(struct {
		Name        string   `json:"name"`
		Code        *string  `json:"code"`
		Strategy    string   `json:"distributionStrategy"`
		URL         *string  `json:"url"`
		Platforms   []string `json:"platforms"`
		Permissions []string `json:"permissions"`
		stamps
	}{p.Name, Text(p.Code), p.Strategy, Text(p.URL), platforms, permissions, stampsOf(&p.Base)},
		b.many("packages"), b.many("releases"), b.many("artifacts"), b.many("policies"), b.many("licenses"), b.many("tokens"))
}

// Package shows a package.
func Package(p *schema.Package) Resource {
	b := of(&p.Base, "packages")
	return b.resource(struct {
		Name   string  `json:"name"`
		Key    string  `json:"key"`
		Engine *string `json:"engine"`
		stamps
	}{p.Name, p.Key, Text(p.Engine), stampsOf(&p.Base)}, b.direct("product", "products", p.Product))
}

// Entitlement shows an entitlement.
func Entitlement(e *schema.Entitlement) Resource {
	return of(&e.Base, "entitlements").resource(struct {
		Name string `json:"name"`
		Code string `json:"code"`
		stamps
	}{e.Name, e.Code, stampsOf(&e.Base)})
}

// Policy shows a policy.
func Policy(p *schema.Policy) Resource {
	var duration *int64
	if p.Duration != 0 {
		duration = &p.Duration
	}
	b := of(&p.Base, "policies")
	return b.resource(struct {
		Name                   string `json:"name"`
		Duration               *int64 `json:"duration"`
		ExpirationStrategy     string `json:"expirationStrategy"`
		ExpirationBasis        string `json:"expirationBasis"`
		RenewalBasis           string `json:"renewalBasis"`
		AuthenticationStrategy string `json:"authenticationStrategy"`
		stamps
	}{p.Name, duration, p.ExpirationStrategy, p.ExpirationBasis, p.RenewalBasis, p.AuthenticationStrategy, stampsOf(&p.Base)},
		b.direct("product", "products", p.Product), b.many("entitlements"), b.many("licenses"))
}

// soon is how long before its end a license is EXPIRING.
const soon = 3 * 24 * 3600 * 1000

// LicenseStatus is the first state that applies; now in Unix milliseconds.
func LicenseStatus(l *schema.License, ownerBanned bool, now int64) string {
	switch {
	case ownerBanned:
		return "BANNED"
	case l.Suspended:
		return "SUSPENDED"
	case l.Expiry != 0 && l.Expiry < now:
		return "EXPIRED"
	case l.Expiry != 0 && l.Expiry-now <= soon:
		return "EXPIRING"
	}
	return "ACTIVE"
}

// License shows a license. key is the clear key, shown once, else "".
func License(l *schema.License, key string, ownerBanned bool, now int64) Resource {
	b := of(&l.Base, "licenses")
	return b.resource(struct {
		Name      *string `json:"name"`
		Key       *string `json:"key"`
		KeyPrefix *string `json:"keyPrefix"`
		Status    string  `json:"status"`
		Expiry    *string `json:"expiry"`
		Suspended bool    `json:"suspended"`
		stamps
	}{Text(l.Name), Text(key), Text(l.KeyPrefix), LicenseStatus(l, ownerBanned, now), Time(l.Expiry), l.Suspended, stampsOf(&l.Base)},
		b.direct("product", "products", l.Product), b.direct("policy", "policies", l.Policy), b.direct("owner", "users", l.Owner),
		b.many("users"), b.many("entitlements"), b.many("tokens"))
}

// Token shows a token. secret is the clear text, shown once, else "".
func Token(t *schema.Token, secret string) Resource {
	kind, id := schema.BearerParts(t.Bearer)
	b := of(&t.Base, "tokens")
	attributes := struct {
		Kind     string  `json:"kind"`
		Token    *string `json:"token,omitempty"`
		Prefix   *string `json:"tokenPrefix"`
		Name     *string `json:"name"`
		Expiry   *string `json:"expiry"`
		LastUsed *string `json:"lastUsed"`
		Created  *string `json:"created"`
		Updated  *string `json:"updated"`
	}{Kind: t.Kind, Token: Text(secret), Prefix: Text(t.Prefix), Name: Text(t.Name), Expiry: Time(t.Expiry), Created: Time(t.Created), Updated: Time(t.Updated)}
	return b.resource(attributes, b.direct("bearer", string(kind), id))
}

// User shows a user.
func User(u *schema.User) Resource {
	status := "ACTIVE"
	if u.Banned {
		status = "BANNED"
	}
	b := of(&u.Base, "users")
	return b.resource(struct {
		Email     *string `json:"email"`
		FirstName *string `json:"firstName"`
		LastName  *string `json:"lastName"`
		Role      string  `json:"role"`
		Status    string  `json:"status"`
		stamps
	}{Text(u.Email), Text(u.FirstName), Text(u.LastName), u.Role, status, stampsOf(&u.Base)}, b.many("tokens"))
}
