package ingest

import (
	"context"

	"offprint/events"
	"offprint/schema"
	"offprint/schema/jsonapi"
)

// policyRoutes: access.md section 11, policies.
var policyRoutes = []route{
	{method: "GET", pattern: "policies", handler: (*API).listPolicies},
	{method: "POST", pattern: "policies", handler: (*API).createPolicy},
	{method: "GET", pattern: "policies/{policy}", handler: (*API).showPolicy},
	{method: "PATCH", pattern: "policies/{policy}", handler: (*API).updatePolicy},
	{method: "DELETE", pattern: "policies/{policy}", handler: (*API).deletePolicy},
	{method: "GET", pattern: "policies/{policy}/licenses", handler: (*API).listLicenses},
	{method: "GET", pattern: "policies/{policy}/entitlements", handler: (*API).listPolicyEntitlements},
	{method: "POST", pattern: "policies/{policy}/entitlements", handler: (*API).attachToPolicy},
	{method: "DELETE", pattern: "policies/{policy}/entitlements", handler: (*API).detachFromPolicy},
}

func policyShape(create bool) shape {
	s := shape{resource: "policies", attributes: []field{
		{name: "name", kind: text, required: create},
		{name: "duration", kind: integer, nullable: true},
		{name: "expirationStrategy", kind: text, enum: []string{"RESTRICT_ACCESS", "REVOKE_ACCESS", "MAINTAIN_ACCESS", "ALLOW_ACCESS"}},
		{name: "expirationBasis", kind: text, enum: []string{"FROM_CREATION", "FROM_FIRST_DOWNLOAD"}},
		{name: "renewalBasis", kind: text, enum: []string{"FROM_EXPIRY", "FROM_NOW", "FROM_NOW_IF_EXPIRED"}},
		{name: "authenticationStrategy", kind: text, enum: []string{"MIXED", "TOKEN", "LICENSE", "NONE", "SESSION"}},
		{name: "metadata", kind: object},
	}}
	if create {
		s.relationships = []relation{{name: "product", resource: "products", required: true}}
	}
	return s
}

var entitlementLinks = relation{resource: "entitlements", many: true}

const maxGrants = 100 // entitlements per call

func (a *API) listPolicies(c *call) (*answer, error) {
	l := listing{query: schema.Query{Kind: schema.Policies}, show: func(r schema.Record) (jsonapi.Resource, error) {
		x, err := schema.Parse[schema.Policy](r)
		return jsonapi.Policy(&x), err
	}}
	known, err := c.productFilter(&l.query)
	if err != nil || !known {
		return emptyList(c, err)
	}
	l.keep = func(r schema.Record) (bool, error) { return c.rights.Privileged(r.Product), nil }
	return c.list(l)
}

func (a *API) showPolicy(c *call) (*answer, error) {
	p, err := c.policy(c.params["policy"])
	if err != nil {
		return nil, err
	}
	return show(jsonapi.Policy(p)), nil
}

func (a *API) createPolicy(c *call) (*answer, error) {
	if err := c.allow("policy.create", ""); err != nil {
		return nil, err
	}
	in, err := c.body(policyShape(true))
	if err != nil {
		return nil, err
	}
	product, err := c.productOf(in, "policy.create")
	if err != nil {
		return nil, err
	}
	s, id := c.stamp(), a.cfg.MakeID()
	serial, err := a.submit(c.ctx, s.boundary(events.PolicyCreated, events.Subject{ID: id}), func(context.Context, uint64) (*events.Event, error) {
		return decidePolicyCreate(s, id, product.ID, in)
	})
	if err != nil {
		return nil, err
	}
	p, err := schema.Get[schema.Policy](c.ctx, a.store, s.account, schema.Policies, id)
	if err != nil {
		return nil, err
	}
	return created(serial, jsonapi.Policy(&p)), nil
}

func (a *API) updatePolicy(c *call) (*answer, error) {
	p, err := c.writablePolicy("policy.update")
	if err != nil {
		return nil, err
	}
	in, err := c.body(policyShape(false))
	if err != nil {
		return nil, err
	}
	serial, err := a.onPolicy(c, events.PolicyUpdated, p.ID, func(s stamp, x schema.Policy) (*events.Event, error) {
		return decidePolicyUpdate(s, x, in)
	})
	if err != nil {
		return nil, err
	}
	x, err := schema.Get[schema.Policy](c.ctx, a.store, c.account.ID, schema.Policies, p.ID)
	if err != nil {
		return nil, err
	}
	return changed(serial, jsonapi.Policy(&x)), nil
}

func (a *API) deletePolicy(c *call) (*answer, error) {
	p, err := c.writablePolicy("policy.delete")
	if err != nil {
		return nil, err
	}
	serial, err := a.dropPolicy(c, p.ID)
	if err != nil {
		return nil, err
	}
	return gone(serial), nil
}

func (a *API) dropPolicy(c *call, id string) (uint64, error) {
	return a.onPolicy(c, events.PolicyDeleted, id, func(s stamp, x schema.Policy) (*events.Event, error) {
		return s.event(s.time(x.Base), events.PolicyDeleted, "policies/"+id, events.Subject{ID: id}, &events.PolicyGone{Policy: id}), nil
	})
}

func (a *API) listPolicyEntitlements(c *call) (*answer, error) {
	p, err := c.policy(c.params["policy"])
	if err != nil {
		return nil, err
	}
	return c.listThese(p.Entitlements)
}

func (a *API) attachToPolicy(c *call) (*answer, error) {
	return a.policyGrants(c, "policy.entitlements.attach", events.PolicyEntitlementsAttached)
}

func (a *API) detachFromPolicy(c *call) (*answer, error) {
	return a.policyGrants(c, "policy.entitlements.detach", events.PolicyEntitlementsDetached)
}

func (a *API) policyGrants(c *call, permission string, kind events.Kind) (*answer, error) {
	p, err := c.writablePolicy(permission)
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
	serial, err := a.onPolicy(c, kind, p.ID, func(s stamp, x schema.Policy) (*events.Event, error) {
		return decidePolicyGrants(s, kind, x, links, known)
	})
	if err != nil {
		return nil, err
	}
	return a.granted(c, kind == events.PolicyEntitlementsAttached, serial, links)
}

// granted answers an attach call with the entitlements, a detach call with 204.
func (a *API) granted(c *call, attached bool, serial uint64, links []link) (*answer, error) {
	if !attached {
		return gone(serial), nil
	}
	data := []jsonapi.Resource{}
	for _, l := range links {
		e, err := schema.Get[schema.Entitlement](c.ctx, a.store, c.account.ID, schema.Entitlements, l.id)
		if err != nil {
			return nil, err
		}
		data = append(data, jsonapi.Entitlement(&e))
	}
	return &answer{serial: serial, doc: jsonapi.Document{Data: data}}, nil
}

// knownEntitlements says which of the ids exist.
func (a *API) knownEntitlements(ctx context.Context, account string, links []link) (map[string]bool, error) {
	known := map[string]bool{}
	for _, l := range links {
		_, ok, err := load[schema.Entitlement](ctx, a.store, account, schema.Entitlements, l.id)
		if err != nil {
			return nil, err
		}
		known[l.id] = ok
	}
	return known, nil
}

// writablePolicy is the policy of the path, if the caller may do this to it.
func (c *call) writablePolicy(permission string) (*schema.Policy, error) {
	p, err := c.policy(c.params["policy"])
	if err != nil {
		return nil, err
	}
	return p, c.allow(permission, p.Product)
}

// onPolicy submits one event about a policy that exists.
func (a *API) onPolicy(c *call, kind events.Kind, id string, decide func(stamp, schema.Policy) (*events.Event, error)) (uint64, error) {
	s := c.stamp()
	return a.submit(c.ctx, s.boundary(kind, events.Subject{ID: id}), func(ctx context.Context, _ uint64) (*events.Event, error) {
		x, err := schema.Get[schema.Policy](ctx, a.store, s.account, schema.Policies, id)
		if err != nil {
			return nil, err
		}
		return decide(s, x)
	})
}
