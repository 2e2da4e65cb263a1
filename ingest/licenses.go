package ingest

import (
	"context"
	"slices"

	"offprint/events"
	"offprint/schema"
	"offprint/schema/jsonapi"
)

// licenseRoutes: access.md section 11, licenses.
var licenseRoutes = []route{
	{method: "GET", pattern: "licenses", handler: (*API).listLicenses},
	{method: "POST", pattern: "licenses", handler: (*API).createLicense},
	{method: "GET", pattern: "licenses/{license}", handler: (*API).showLicense},
	{method: "PATCH", pattern: "licenses/{license}", handler: (*API).updateLicense},
	{method: "DELETE", pattern: "licenses/{license}", handler: (*API).deleteLicense},
	{method: "POST", pattern: "licenses/{license}/actions/suspend", handler: (*API).suspendLicense},
	{method: "POST", pattern: "licenses/{license}/actions/reinstate", handler: (*API).reinstateLicense},
	{method: "POST", pattern: "licenses/{license}/actions/renew", handler: (*API).renewLicense},
	{method: "DELETE", pattern: "licenses/{license}/actions/revoke", handler: (*API).revokeLicense},
	{method: "GET", pattern: "licenses/{license}/entitlements", handler: (*API).listLicenseEntitlements},
	{method: "POST", pattern: "licenses/{license}/entitlements", handler: (*API).attachToLicense},
	{method: "DELETE", pattern: "licenses/{license}/entitlements", handler: (*API).detachFromLicense},
	{method: "GET", pattern: "licenses/{license}/users", handler: (*API).listLicenseUsers},
	{method: "GET", pattern: "licenses/{license}/policy", handler: (*API).showLicensePolicy},
	{method: "GET", pattern: "licenses/{license}/tokens", handler: (*API).listTokens},
	{method: "POST", pattern: "licenses/{license}/tokens", handler: (*API).createLicenseToken},
}

var newLicenseShape = shape{resource: "licenses", attributes: []field{
	{name: "name", kind: text, nullable: true},
	{name: "key", kind: text},
	{name: "expiry", kind: moment, nullable: true},
	{name: "metadata", kind: object},
}, relationships: []relation{
	{name: "policy", resource: "policies", required: true},
	{name: "owner", resource: "users", nullable: true},
	{name: "entitlements", resource: "entitlements", many: true},
}}

var licenseShape = shape{resource: "licenses", attributes: []field{
	{name: "name", kind: text, nullable: true},
	{name: "expiry", kind: moment, nullable: true},
	{name: "metadata", kind: object},
}}

// showing makes the resource object of a license; key is shown once.
func (c *call) showing(l *schema.License, key string) (jsonapi.Resource, error) {
	banned := false
	if l.Owner != "" {
		u, _, err := load[schema.User](c.ctx, c.api.store, c.account.ID, schema.Users, l.Owner)
		if err != nil {
			return jsonapi.Resource{}, err
		}
		banned = u.Banned
	}
	r := jsonapi.License(l, key, banned, c.now())
	if c.version <= "1.5" { // owner had another name then
		r.Relationships = append(r.Relationships, r.Relationships.Renamed("owner", "user"))
	}
	return r, nil
}

// showLicenseNow answers with a license as it is stored now.
func (c *call) showLicenseNow(id, key string, serial uint64) (*answer, error) {
	l, err := schema.Get[schema.License](c.ctx, c.api.store, c.account.ID, schema.Licenses, id)
	if err != nil {
		return nil, err
	}
	r, err := c.showing(&l, key)
	if err != nil {
		return nil, err
	}
	if key != "" {
		return created(serial, r), nil
	}
	return changed(serial, r), nil
}

// listLicenses also answers the sub-lists of products and policies.
func (a *API) listLicenses(c *call) (*answer, error) {
	l := listing{query: schema.Query{Kind: schema.Licenses}}
	known, err := c.productFilter(&l.query)
	if err != nil || !known {
		return emptyList(c, err)
	}
	word, given := c.params["policy"]
	if given {
		p, err := c.policy(word)
		if err != nil {
			return nil, err
		}
		l.query.Parent = &p.ID
	} else if word, given = c.query.look("policy"); given {
		id := uuidOf(word)
		l.query.Parent = &id
	}
	owner, owned := c.query.look("owner")
	l.keep = func(r schema.Record) (bool, error) {
		x, err := schema.Parse[schema.License](r)
		return c.seesLicense(&x) && (!owned || x.Owner == uuidOf(owner)), err
	}
	l.show = func(r schema.Record) (jsonapi.Resource, error) {
		x, err := schema.Parse[schema.License](r)
		if err != nil {
			return jsonapi.Resource{}, err
		}
		return c.showing(&x, "")
	}
	return c.list(l)
}

func (a *API) showLicense(c *call) (*answer, error) {
	l, err := c.license(c.params["license"])
	if err != nil {
		return nil, err
	}
	return c.showLicenseNow(l.ID, "", 0)
}

func (a *API) showLicensePolicy(c *call) (*answer, error) {
	l, err := c.license(c.params["license"])
	if err != nil {
		return nil, err
	}
	p, err := c.policy(l.Policy)
	if err != nil {
		return nil, err
	}
	return show(jsonapi.Policy(p)), nil
}

func (a *API) listLicenseUsers(c *call) (*answer, error) {
	l, err := c.license(c.params["license"])
	if err != nil {
		return nil, err
	}
	return c.list(listing{query: schema.Query{Kind: schema.Users},
		keep: func(r schema.Record) (bool, error) { return r.ID == l.Owner || slices.Contains(l.Users, r.ID), nil },
		show: func(r schema.Record) (jsonapi.Resource, error) {
			u, err := schema.Parse[schema.User](r)
			return jsonapi.User(&u), err
		}})
}

func (a *API) listLicenseEntitlements(c *call) (*answer, error) {
	l, err := c.license(c.params["license"])
	if err != nil {
		return nil, err
	}
	p, _, err := load[schema.Policy](c.ctx, a.store, c.account.ID, schema.Policies, l.Policy)
	if err != nil {
		return nil, err
	}
	return c.listThese(append(slices.Clone(p.Entitlements), l.Entitlements...))
}

func (a *API) createLicense(c *call) (*answer, error) {
	if err := c.allow("license.create", ""); err != nil {
		return nil, err
	}
	in, err := c.body(newLicenseShape)
	if err != nil {
		return nil, err
	}
	key := in.text("key")
	if key == "" {
		key = newLicenseKey(a.cfg.Secret)
	}
	cmd := newLicense{key: key, digest: a.sealer.Hex(schema.LicenseSecret, key), in: in}
	cmd.id = schema.CredentialID(c.account.ID, cmd.digest)
	s := c.stamp()
	serial, err := a.submit(c.ctx, s.boundary(events.LicenseCreated, events.Subject{ID: cmd.id}), func(ctx context.Context, last uint64) (*events.Event, error) {
		state := licenseState{taken: last > 0}
		if err := a.readForLicense(ctx, s.account, in, &state); err != nil {
			return nil, err
		}
		if c.rights.Kind == schema.ProductCaller && state.policy != nil && state.policy.Product != c.rights.Product {
			return nil, denied("license.create")
		}
		return decideLicenseCreate(s, state, cmd)
	})
	if err != nil {
		return nil, err
	}
	return c.showLicenseNow(cmd.id, key, serial)
}

// readForLicense reads what the body of a new license refers to.
func (a *API) readForLicense(ctx context.Context, account string, in *input, state *licenseState) error {
	p, ok, err := load[schema.Policy](ctx, a.store, account, schema.Policies, in.link("policy"))
	if err != nil {
		return err
	}
	if ok {
		state.policy = &p
	}
	if owner := in.link("owner"); owner != "" {
		if _, state.owner, err = load[schema.User](ctx, a.store, account, schema.Users, owner); err != nil {
			return err
		}
	}
	state.known, err = a.knownEntitlements(ctx, account, in.links["entitlements"])
	return err
}
