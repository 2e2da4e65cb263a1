package ingest

import (
	"context"

	"offprint/events"
	"offprint/schema"
	"offprint/schema/jsonapi"
)

// entitlementRoutes: access.md section 11, entitlements.
var entitlementRoutes = []route{
	{method: "GET", pattern: "entitlements", handler: (*API).listEntitlements},
	{method: "POST", pattern: "entitlements", handler: (*API).createEntitlement},
	{method: "GET", pattern: "entitlements/{entitlement}", handler: (*API).showEntitlement},
	{method: "PATCH", pattern: "entitlements/{entitlement}", handler: (*API).updateEntitlement},
	{method: "DELETE", pattern: "entitlements/{entitlement}", handler: (*API).deleteEntitlement},
}

func entitlementShape(create bool) shape {
	return shape{resource: "entitlements", attributes: []field{
		{name: "name", kind: text, required: create}, {name: "code", kind: text, required: create}, {name: "metadata", kind: object},
	}}
}

func showEntitlement(r schema.Record) (jsonapi.Resource, error) {
	e, err := schema.Parse[schema.Entitlement](r)
	return jsonapi.Entitlement(&e), err
}

func (a *API) listEntitlements(c *call) (*answer, error) {
	return c.list(listing{query: schema.Query{Kind: schema.Entitlements}, show: showEntitlement,
		keep: func(r schema.Record) (bool, error) { return c.seesEntitlement(r.ID), nil }})
}

// listThese lists the entitlements with these ids.
func (c *call) listThese(ids []string) (*answer, error) {
	want := map[string]bool{}
	for _, id := range ids {
		want[id] = true
	}
	return c.list(listing{query: schema.Query{Kind: schema.Entitlements}, show: showEntitlement,
		keep: func(r schema.Record) (bool, error) { return want[r.ID], nil }})
}

func (a *API) showEntitlement(c *call) (*answer, error) {
	e, err := c.entitlement(c.params["entitlement"])
	if err != nil {
		return nil, err
	}
	return show(jsonapi.Entitlement(e)), nil
}

func (a *API) createEntitlement(c *call) (*answer, error) {
	if err := c.allow("entitlement.create", ""); err != nil {
		return nil, err
	}
	in, err := c.body(entitlementShape(true))
	if err != nil {
		return nil, err
	}
	s, id := c.stamp(), a.cfg.MakeID()
	serial, err := a.submit(c.ctx, s.boundary(events.EntitlementCreated, events.Subject{}), func(ctx context.Context, _ uint64) (*events.Event, error) {
		twins, err := named[schema.Entitlement](ctx, a.store, s.account, schema.Entitlements, fold(in.text("code")))
		if err != nil {
			return nil, err
		}
		return decideEntitlementCreate(s, id, twins, in)
	})
	if err != nil {
		return nil, err
	}
	e, err := schema.Get[schema.Entitlement](c.ctx, a.store, s.account, schema.Entitlements, id)
	if err != nil {
		return nil, err
	}
	return created(serial, jsonapi.Entitlement(&e)), nil
}

func (a *API) updateEntitlement(c *call) (*answer, error) {
	e, err := c.entitlement(c.params["entitlement"])
	if err != nil {
		return nil, err
	}
	if err := c.allow("entitlement.update", ""); err != nil {
		return nil, err
	}
	in, err := c.body(entitlementShape(false))
	if err != nil {
		return nil, err
	}
	s := c.stamp()
	serial, err := a.submit(c.ctx, s.boundary(events.EntitlementUpdated, events.Subject{}), func(ctx context.Context, _ uint64) (*events.Event, error) {
		twins, err := named[schema.Entitlement](ctx, a.store, s.account, schema.Entitlements, fold(in.text("code")))
		if err != nil {
			return nil, err
		}
		x, err := schema.Get[schema.Entitlement](ctx, a.store, s.account, schema.Entitlements, e.ID)
		if err != nil {
			return nil, err
		}
		return decideEntitlementUpdate(s, x, twins, in)
	})
	if err != nil {
		return nil, err
	}
	x, err := schema.Get[schema.Entitlement](c.ctx, a.store, s.account, schema.Entitlements, e.ID)
	if err != nil {
		return nil, err
	}
	return changed(serial, jsonapi.Entitlement(&x)), nil
}

// deleteEntitlement looks at the releases of the whole account. A constraint
// attached at the same instant stays, and nobody holds it (access.md A52).
func (a *API) deleteEntitlement(c *call) (*answer, error) {
	e, err := c.entitlement(c.params["entitlement"])
	if err != nil {
		return nil, err
	}
	if err := c.allow("entitlement.delete", ""); err != nil {
		return nil, err
	}
	s := c.stamp()
	serial, err := a.submit(c.ctx, s.boundary(events.EntitlementDeleted, events.Subject{}), func(ctx context.Context, _ uint64) (*events.Event, error) {
		x, err := schema.Get[schema.Entitlement](ctx, a.store, s.account, schema.Entitlements, e.ID)
		if err != nil {
			return nil, err
		}
		used, err := a.constrains(ctx, s.account, e.ID)
		if err != nil {
			return nil, err
		}
		return decideEntitlementDelete(s, x, used)
	})
	if err != nil {
		return nil, err
	}
	return gone(serial), nil
}

// constrains says whether a release is constrained by the entitlement.
func (a *API) constrains(ctx context.Context, account, id string) (used bool, err error) {
	var failed error
	err = a.store.List(ctx, schema.Query{Account: account, Kind: schema.Releases}, func(r schema.Record) bool {
		x, err := schema.Parse[schema.Release](r)
		failed = err
		for _, k := range x.Constraints {
			used = used || k.Entitlement == id
		}
		return err == nil && !used
	})
	if err == nil {
		err = failed
	}
	return used, err
}
