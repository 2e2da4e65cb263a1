package ingest

import (
	"context"

	"offprint/events"
	"offprint/schema"
	"offprint/schema/jsonapi"
)

// productRoutes: publishing-api.md section 4, products.
var productRoutes = []route{
	{method: "GET", pattern: "products", handler: (*API).listProducts},
	{method: "POST", pattern: "products", handler: (*API).createProduct},
	{method: "GET", pattern: "products/{product}", handler: (*API).showProduct},
	{method: "PATCH", pattern: "products/{product}", handler: (*API).updateProduct},
	{method: "DELETE", pattern: "products/{product}", handler: (*API).deleteProduct},
	{method: "GET", pattern: "products/{product}/packages", handler: (*API).listPackages},
	{method: "GET", pattern: "products/{product}/policies", handler: (*API).listPolicies},
	{method: "GET", pattern: "products/{product}/licenses", handler: (*API).listLicenses},
	{method: "GET", pattern: "products/{product}/tokens", handler: (*API).listTokens},
	{method: "POST", pattern: "products/{product}/tokens", handler: (*API).createProductToken},
}

func productShape(create bool) shape {
	return shape{resource: "products", attributes: []field{
		{name: "name", kind: text, required: create},
		{name: "code", kind: text, nullable: true},
		{name: "distributionStrategy", kind: text, enum: []string{"LICENSED", "OPEN", "CLOSED"}},
		{name: "url", kind: text, nullable: true},
		{name: "platforms", kind: textList, nullable: true},
		{name: "metadata", kind: object},
	}}
}

func showProduct(p *schema.Product) jsonapi.Resource { return jsonapi.Product(p, productPermissions) }

func (a *API) listProducts(c *call) (*answer, error) {
	return c.list(listing{
		query: schema.Query{Kind: schema.Products},
		keep: func(r schema.Record) (bool, error) {
			p, err := schema.Parse[schema.Product](r)
			return c.seesProduct(&p), err
		},
		show: func(r schema.Record) (jsonapi.Resource, error) {
			p, err := schema.Parse[schema.Product](r)
			return showProduct(&p), err
		},
	})
}

func (a *API) showProduct(c *call) (*answer, error) {
	p, err := c.product(c.params["product"])
	if err != nil {
		return nil, err
	}
	return show(showProduct(p)), nil
}

func (a *API) createProduct(c *call) (*answer, error) {
	if err := c.allow("product.create", ""); err != nil {
		return nil, err
	}
	in, err := c.body(productShape(true))
	if err != nil {
		return nil, err
	}
	s, id := c.stamp(), a.cfg.MakeID()
	serial, err := a.submit(c.ctx, s.boundary(events.ProductCreated, events.Subject{}), func(ctx context.Context, _ uint64) (*events.Event, error) {
		twins, err := named[schema.Product](ctx, a.store, s.account, schema.Products, fold(in.text("code")))
		if err != nil {
			return nil, err
		}
		return decideProductCreate(s, id, twins, in)
	})
	if err != nil {
		return nil, err
	}
	p, err := schema.Get[schema.Product](c.ctx, a.store, s.account, schema.Products, id)
	if err != nil {
		return nil, err
	}
	return created(serial, showProduct(&p)), nil
}

func (a *API) updateProduct(c *call) (*answer, error) {
	p, err := c.product(c.params["product"])
	if err != nil {
		return nil, err
	}
	if err := c.allow("product.update", p.ID); err != nil {
		return nil, err
	}
	in, err := c.body(productShape(false))
	if err != nil {
		return nil, err
	}
	s := c.stamp()
	serial, err := a.submit(c.ctx, s.boundary(events.ProductUpdated, events.Subject{}), func(ctx context.Context, _ uint64) (*events.Event, error) {
		twins, err := named[schema.Product](ctx, a.store, s.account, schema.Products, fold(in.text("code")))
		if err != nil {
			return nil, err
		}
		x, err := schema.Get[schema.Product](ctx, a.store, s.account, schema.Products, p.ID)
		if err != nil {
			return nil, err
		}
		return decideProductUpdate(s, x, twins, in)
	})
	if err != nil {
		return nil, err
	}
	x, err := schema.Get[schema.Product](c.ctx, a.store, s.account, schema.Products, p.ID)
	if err != nil {
		return nil, err
	}
	return changed(serial, showProduct(&x)), nil
}

func (a *API) deleteProduct(c *call) (*answer, error) {
	p, err := c.product(c.params["product"])
	if err != nil {
		return nil, err
	}
	if err := c.allow("product.delete", p.ID); err != nil {
		return nil, err
	}
	s := c.stamp()
	serial, err := a.submit(c.ctx, s.boundary(events.ProductDeleted, events.Subject{}), func(ctx context.Context, _ uint64) (*events.Event, error) {
		x, err := schema.Get[schema.Product](ctx, a.store, s.account, schema.Products, p.ID)
		if err != nil {
			return nil, err
		}
		return s.event(s.time(x.Base), events.ProductDeleted, "products/"+x.ID, events.Subject{},
			&events.ProductGone{Base: events.Base{Product: x.ID}}), nil
	})
	if err != nil {
		return nil, err
	}
	// The product is gone: what is left of it on the private log grants nothing
	// any more, so a failure or a crash from here on is harmless.
	if err := a.deleteRest(c, p.ID); err != nil {
		a.cfg.Logger.Warn("policies and tokens of a deleted product are left", "account", c.account.ID, "product", p.ID, "error", err)
	}
	return gone(serial), nil
}

// deleteRest deletes the policies of a product, with them their licenses, and
// revokes its tokens: one event each.
func (a *API) deleteRest(c *call, product string) error {
	policies, err := a.ids(c.ctx, schema.Query{Account: c.account.ID, Kind: schema.Policies, Product: &product})
	if err != nil {
		return err
	}
	for _, id := range policies {
		if _, err := a.dropPolicy(c, id); err != nil {
			return err
		}
	}
	bearer := "products/" + product
	tokens, err := a.ids(c.ctx, schema.Query{Account: c.account.ID, Kind: schema.Tokens, Parent: &bearer})
	if err != nil {
		return err
	}
	for _, id := range tokens {
		if _, err := a.dropToken(c, id); err != nil {
			return err
		}
	}
	return nil
}

// ids lists the ids of what q selects.
func (a *API) ids(ctx context.Context, q schema.Query) (out []string, err error) {
	err = a.store.List(ctx, q, func(r schema.Record) bool {
		out = append(out, r.ID)
		return true
	})
	return out, err
}
