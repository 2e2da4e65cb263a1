package ingest

import (
	"context"

	"offprint/events"
	"offprint/schema"
)

// writableLicense is the license of the path, if the caller may do this to it.
func (c *call) writableLicense(permission string) (*schema.License, error) {
	l, err := c.license(c.params["license"])
	if err != nil {
		return nil, err
	}
	return l, c.allow(permission, l.Product)
}

// onLicense submits one event about a license that exists.
func (a *API) onLicense(c *call, kind events.Kind, id string, decide func(stamp, schema.License, schema.Policy) (*events.Event, error)) (uint64, error) {
	s := c.stamp()
	return a.submit(c.ctx, s.boundary(kind, events.Subject{ID: id}), func(ctx context.Context, _ uint64) (*events.Event, error) {
		l, err := schema.Get[schema.License](ctx, a.store, s.account, schema.Licenses, id)
		if err != nil {
			return nil, err
		}
		p, err := schema.Get[schema.Policy](ctx, a.store, s.account, schema.Policies, l.Policy)
		if err != nil {
			return nil, err
		}
		return decide(s, l, p)
	})
}

// changeLicense is the frame of every call that changes a license and shows it.
func (a *API) changeLicense(c *call, permission string, kind events.Kind, decide func(stamp, schema.License, schema.Policy) (*events.Event, error)) (*answer, error) {
	l, err := c.writableLicense(permission)
	if err != nil {
		return nil, err
	}
	serial, err := a.onLicense(c, kind, l.ID, decide)
	if err != nil {
		return nil, err
	}
	if kind == events.LicenseRevoked {
		return gone(serial), nil
	}
	return c.showLicenseNow(l.ID, "", serial)
}

func (a *API) updateLicense(c *call) (*answer, error) {
	l, err := c.writableLicense("license.update")
	if err != nil {
		return nil, err
	}
	in, err := c.body(licenseShape)
	if err != nil {
		return nil, err
	}
	serial, err := a.onLicense(c, events.LicenseUpdated, l.ID, func(s stamp, l schema.License, _ schema.Policy) (*events.Event, error) {
		return decideLicenseUpdate(s, l, in)
	})
	if err != nil {
		return nil, err
	}
	return c.showLicenseNow(l.ID, "", serial)
}

func (a *API) suspendLicense(c *call) (*answer, error) {
	return a.changeLicense(c, "license.suspend", events.LicenseSuspended, decideSuspend)
}

func (a *API) reinstateLicense(c *call) (*answer, error) {
	return a.changeLicense(c, "license.reinstate", events.LicenseReinstated, decideReinstate)
}

func (a *API) renewLicense(c *call) (*answer, error) {
	return a.changeLicense(c, "license.renew", events.LicenseRenewed, decideRenew)
}

func (a *API) revokeLicense(c *call) (*answer, error) {
	return a.changeLicense(c, "license.revoke", events.LicenseRevoked, decideRevoke)
}

func (a *API) deleteLicense(c *call) (*answer, error) {
	return a.changeLicense(c, "license.delete", events.LicenseRevoked, decideRevoke)
}

func (a *API) attachToLicense(c *call) (*answer, error) {
	return a.licenseGrants(c, "license.entitlements.attach", events.LicenseEntitlementsAttached)
}

func (a *API) detachFromLicense(c *call) (*answer, error) {
	return a.licenseGrants(c, "license.entitlements.detach", events.LicenseEntitlementsDetached)
}

func (a *API) licenseGrants(c *call, permission string, kind events.Kind) (*answer, error) {
	l, err := c.writableLicense(permission)
	if err != nil {
		return nil, err
	}
	links, err := c.linkage(entitlementLinks, maxGrants)
	if err != nil {
		return nil, err
	}
	known, err := a.knownEntitlements(c.ctx, c.account.ID, links)
	if err != nil {
		return nil, err
	}
	serial, err := a.onLicense(c, kind, l.ID, func(s stamp, l schema.License, p schema.Policy) (*events.Event, error) {
		return decideLicenseGrants(s, kind, l, p, links, known)
	})
	if err != nil {
		return nil, err
	}
	return a.granted(c, kind == events.LicenseEntitlementsAttached, serial, links)
}
