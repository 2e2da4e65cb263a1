package ingest

import (
	"cmp"
	"slices"

	"offprint/events"
	"offprint/schema"
)

// applyAccess is apply for the private log; false if e is of the other.
func (f *folding) applyAccess(e events.Event, put func(schema.Resource), drop func(schema.Kind, string)) bool {
	switch d := e.Data.(type) {
	case *events.PolicyData:
		put(&schema.Policy{Base: born(e, d.Policy, d.Metadata), Product: d.Product, Name: d.Name, Duration: d.Duration,
			ExpirationStrategy: cmp.Or(d.ExpirationStrategy, "RESTRICT_ACCESS"), ExpirationBasis: cmp.Or(d.ExpirationBasis, "FROM_CREATION"),
			RenewalBasis: cmp.Or(d.RenewalBasis, "FROM_EXPIRY"), AuthenticationStrategy: cmp.Or(d.AuthenticationStrategy, "MIXED")})
	case *events.PolicySet:
		p := loaded[schema.Policy](f, e.AccountID, schema.Policies, d.Policy)
		set(f.t, d.Set, map[string]any{"name": &p.Name, "duration": &p.Duration, "expirationStrategy": &p.ExpirationStrategy})
		put(&p)
	case *events.PolicyGrants:
		p := loaded[schema.Policy](f, e.AccountID, schema.Policies, d.Policy)
		p.Entitlements = granted(p.Entitlements, d.Entitlements, e.Kind == events.PolicyEntitlementsAttached)
		put(&p)
	case *events.PolicyGone:
		drop(schema.Policies, d.Policy)
		for _, l := range listed[schema.License](f, schema.Query{Account: e.AccountID, Kind: schema.Licenses, Parent: &d.Policy}) {
			drop(schema.Licenses, l.ID)
		}
	case *events.LicenseData, *events.LicenseSet, *events.LicenseGrants, *events.LicenseChange:
		l := f.license(e)
		if e.Kind == events.LicenseRevoked {
			drop(schema.Licenses, l.ID)
			break
		}
		put(&l)
	case *events.UserData:
		put(&schema.User{Base: born(e, d.User, d.Metadata), Email: d.Email, Role: d.Role})
	case *events.TokenData:
		t := schema.Token{Base: born(e, d.Token, nil), Kind: d.Kind, Bearer: d.Bearer, Digest: d.TokenDigest, Prefix: d.TokenPrefix, Name: d.Name}
		if !d.Expiry.IsZero() {
			t.Expiry = d.Expiry.UnixMilli()
		}
		put(&t)
	case *events.TokenGone:
		drop(schema.Tokens, d.Token)
	default:
		return false
	}
	return true
}

func (f *folding) license(e events.Event) schema.License {
	get := func(id string) schema.License {
		l := loaded[schema.License](f, e.AccountID, schema.Licenses, id)
		l.Updated = e.Time.UnixMilli()
		return l
	}
	switch d := e.Data.(type) {
	case *events.LicenseData:
		l := schema.License{Base: born(e, d.License, d.Metadata), Product: d.Product, Policy: d.Policy, Owner: d.Owner, Name: d.Name,
			KeyDigest: d.KeyDigest, KeyPrefix: d.KeyPrefix, Entitlements: d.Entitlements}
		if !d.Expiry.IsZero() {
			l.Expiry = d.Expiry.UnixMilli()
		}
		return l
	case *events.LicenseSet:
		l := get(d.License)
		set(f.t, d.Set, map[string]any{"name": &l.Name, "metadata": &l.Metadata})
		if raw, ok := d.Set["expiry"]; ok {
			l.Expiry = millisOf(f.t, raw)
		}
		return l
	case *events.LicenseGrants:
		l := get(d.License)
		l.Entitlements = granted(l.Entitlements, d.Entitlements, e.Kind == events.LicenseEntitlementsAttached)
		return l
	}
	d := e.Data.(*events.LicenseChange)
	l := get(d.License)
	switch e.Kind {
	case events.LicenseSuspended, events.LicenseReinstated:
		l.Suspended = e.Kind == events.LicenseSuspended
	case events.LicenseRenewed:
		l.Expiry = d.Expiry.UnixMilli()
	}
	return l
}

// granted is the sorted union of two id sets, or what is left of the first.
func granted(have, more []string, attach bool) []string {
	have = slices.DeleteFunc(slices.Clone(have), func(id string) bool { return slices.Contains(more, id) })
	if attach {
		have = append(have, more...)
	}
	slices.Sort(have)
	return have
}

// dropProduct takes packages and releases with the product.
func (f *folding) dropProduct(account, id string, drop func(schema.Kind, string)) {
	drop(schema.Products, id)
	for _, p := range listed[schema.Package](f, schema.Query{Account: account, Kind: schema.Packages, Product: &id}) {
		drop(schema.Packages, p.ID)
	}
	for _, r := range listed[schema.Release](f, schema.Query{Account: account, Kind: schema.Releases, Product: &id}) {
		f.dropRelease(r, drop)
	}
}
