package projector

import (
	"cmp"

	"offprint/events"
	"offprint/schema"
)

func policyCreated(p *Projector, e *events.Event, d *events.PolicyData) error {
	p.state.put(&schema.Policy{Base: base(e, d.Policy, d.Metadata), Product: d.Product, Name: d.Name, Duration: d.Duration,
		ExpirationStrategy:     cmp.Or(d.ExpirationStrategy, "RESTRICT_ACCESS"),
		ExpirationBasis:        cmp.Or(d.ExpirationBasis, "FROM_CREATION"),
		RenewalBasis:           cmp.Or(d.RenewalBasis, "FROM_EXPIRY"),
		AuthenticationStrategy: cmp.Or(d.AuthenticationStrategy, "MIXED"),
		Entitlements:           merge(nil, d.Entitlements, true)})
	return nil
}

func policyUpdated(p *Projector, e *events.Event, d *events.PolicySet) error {
	return change(p, e, schema.Policies, d.Policy, func(x *schema.Policy) error {
		return fields{"name": &x.Name, "duration": &x.Duration, "expirationStrategy": &x.ExpirationStrategy,
			"expirationBasis": &x.ExpirationBasis, "renewalBasis": &x.RenewalBasis,
			"authenticationStrategy": &x.AuthenticationStrategy, "metadata": &x.Metadata}.apply(d.Set)
	})
}

// policyDeleted takes its licenses with it.
func policyDeleted(p *Projector, e *events.Event, d *events.PolicyGone) error {
	x, err := get[schema.Policy](p.state, e.AccountID, schema.Policies, d.Policy)
	if err != nil || x == nil {
		return orphaned(err)
	}
	licenses, err := p.state.list(schema.Query{Account: e.AccountID, Kind: schema.Licenses, Parent: &d.Policy},
		func(r schema.Resource) bool { return r.(*schema.License).Policy == d.Policy })
	if err != nil {
		return err
	}
	for _, id := range licenses {
		if err := p.dropLicense(e, id); err != nil {
			return err
		}
	}
	p.state.remove(keyOf(x))
	return nil
}

func policyGrants(p *Projector, e *events.Event, d *events.PolicyGrants) error {
	return change(p, e, schema.Policies, d.Policy, func(x *schema.Policy) error {
		x.Entitlements = merge(x.Entitlements, d.Entitlements, e.Kind == events.PolicyEntitlementsAttached)
		return nil
	})
}

func licenseCreated(p *Projector, e *events.Event, d *events.LicenseData) error {
	if x, err := get[schema.Policy](p.state, e.AccountID, schema.Policies, d.Policy); err != nil || x == nil {
		return orphaned(err)
	}
	l := &schema.License{Base: base(e, d.License, d.Metadata), Product: d.Product, Policy: d.Policy, Owner: d.Owner, Name: d.Name,
		KeyDigest: d.KeyDigest, KeyPrefix: d.KeyPrefix, Entitlements: merge(nil, d.Entitlements, true)}
	if !d.Expiry.IsZero() {
		l.Expiry = d.Expiry.UnixMilli()
	}
	p.state.put(l)
	return nil
}

func licenseUpdated(p *Projector, e *events.Event, d *events.LicenseSet) error {
	return change(p, e, schema.Licenses, d.License, func(l *schema.License) error {
		return fields{"name": &l.Name, "expiry": millis{&l.Expiry}, "metadata": &l.Metadata}.apply(d.Set)
	})
}

func licenseChanged(p *Projector, e *events.Event, d *events.LicenseChange) error {
	if e.Kind == events.LicenseRevoked {
		return p.dropLicense(e, d.License)
	}
	return change(p, e, schema.Licenses, d.License, func(l *schema.License) error {
		switch e.Kind {
		case events.LicenseSuspended:
			l.Suspended = true
		case events.LicenseReinstated:
			l.Suspended = false
		case events.LicenseRenewed:
			l.Expiry = d.Expiry.UnixMilli()
		}
		return nil
	})
}

func licenseGrants(p *Projector, e *events.Event, d *events.LicenseGrants) error {
	return change(p, e, schema.Licenses, d.License, func(l *schema.License) error {
		l.Entitlements = merge(l.Entitlements, d.Entitlements, e.Kind == events.LicenseEntitlementsAttached)
		return nil
	})
}

// dropLicense takes the license's tokens with it.
func (p *Projector) dropLicense(e *events.Event, id string) error {
	l, err := get[schema.License](p.state, e.AccountID, schema.Licenses, id)
	if err != nil || l == nil {
		return orphaned(err)
	}
	bearer := "licenses/" + id
	tokens, err := p.state.list(schema.Query{Account: e.AccountID, Kind: schema.Tokens, Parent: &bearer},
		func(r schema.Resource) bool { return r.(*schema.Token).Bearer == bearer })
	if err != nil {
		return err
	}
	for _, t := range tokens {
		p.state.remove(schema.RecordKey{Account: e.AccountID, Kind: schema.Tokens, ID: t})
	}
	p.state.remove(keyOf(l))
	return nil
}

func userCreated(p *Projector, e *events.Event, d *events.UserData) error {
	p.state.put(&schema.User{Base: base(e, d.User, d.Metadata), Email: d.Email, FirstName: d.FirstName, LastName: d.LastName,
		Role: d.Role, PasswordHash: d.PasswordHash})
	return nil
}

// tokenGenerated also serves regeneration, which keeps id and creation.
func tokenGenerated(p *Projector, e *events.Event, d *events.TokenData) error {
	t := &schema.Token{Base: base(e, d.Token, nil), Kind: d.Kind, Bearer: d.Bearer, Digest: d.TokenDigest, Prefix: d.TokenPrefix, Name: d.Name}
	if !d.Expiry.IsZero() {
		t.Expiry = d.Expiry.UnixMilli()
	}
	if e.Kind == events.TokenRegenerated {
		old, err := get[schema.Token](p.state, e.AccountID, schema.Tokens, d.Token)
		if err != nil || old == nil {
			return orphaned(err)
		}
		t.Created = old.Created
	}
	p.state.put(t)
	return nil
}

func tokenRevoked(p *Projector, e *events.Event, d *events.TokenGone) error {
	t, err := get[schema.Token](p.state, e.AccountID, schema.Tokens, d.Token)
	if err != nil || t == nil {
		return orphaned(err)
	}
	p.state.remove(keyOf(t))
	return nil
}
