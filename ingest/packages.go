package ingest

import (
	"context"

	"offprint/events"
	"offprint/schema"
	"offprint/schema/jsonapi"
)

// packageRoutes: publishing-api.md section 4, packages.
var packageRoutes = []route{
	{method: "GET", pattern: "packages", handler: (*API).listPackages, auth: optional},
	{method: "POST", pattern: "packages", handler: (*API).createPackage},
	{method: "GET", pattern: "packages/{package}", handler: (*API).showPackage, auth: optional},
	{method: "PATCH", pattern: "packages/{package}", handler: (*API).updatePackage},
	{method: "DELETE", pattern: "packages/{package}", handler: (*API).deletePackage},
}

var engines = []string{"npm", "pypi", "rubygems", "oci", "tauri", "raw"}

var newPackageShape = shape{resource: "packages", attributes: []field{
	{name: "name", kind: text, required: true},
	{name: "key", kind: text, required: true},
	{name: "engine", kind: text, nullable: true, enum: engines},
	{name: "metadata", kind: object},
}, relationships: []relation{{name: "product", resource: "products", required: true}}}

var packageShape = shape{resource: "packages", attributes: []field{
	{name: "name", kind: text},
	{name: "key", kind: text},
	{name: "engine", kind: text, nullable: true, enum: engines},
	{name: "metadata", kind: object},
}}

// listPackages also answers the sub-list of a product.
func (a *API) listPackages(c *call) (*answer, error) {
	l := listing{query: schema.Query{Kind: schema.Packages}, show: func(r schema.Record) (jsonapi.Resource, error) {
		x, err := schema.Parse[schema.Package](r)
		return jsonapi.Package(&x), err
	}}
	known, err := c.productFilter(&l.query)
	if err != nil || !known {
		return emptyList(c, err)
	}
	strategies, err := c.strategies()
	if err != nil {
		return nil, err
	}
	engine, filtered := c.query.look("engine")
	l.keep = func(r schema.Record) (bool, error) {
		x, err := schema.Parse[schema.Package](r)
		return c.rights.SeesPackage(x.Product, strategies[x.Product]) && (!filtered || x.Engine == engine), err
	}
	return c.list(l)
}

func (a *API) showPackage(c *call) (*answer, error) {
	p, err := c.pkg(c.params["package"])
	if err != nil {
		return nil, err
	}
	return show(jsonapi.Package(p)), nil
}

func (a *API) createPackage(c *call) (*answer, error) {
	if err := c.allow("package.create", ""); err != nil {
		return nil, err
	}
	in, err := c.body(newPackageShape)
	if err != nil {
		return nil, err
	}
	product, err := c.productOf(in, "package.create")
	if err != nil {
		return nil, err
	}
	s, id := c.stamp(), a.cfg.MakeID()
	key, fault := packageKey(in.text("engine"), in.text("key"))
	if fault != nil {
		return nil, fault
	}
	where := events.Subject{Product: product.ID, Package: key}
	serial, err := a.submit(c.ctx, s.boundary(events.PackageCreated, where), func(ctx context.Context, _ uint64) (*events.Event, error) {
		twins, err := named[schema.Package](ctx, a.store, s.account, schema.Packages, fold(key))
		if err != nil {
			return nil, err
		}
		return decidePackageCreate(s, id, where, len(twins) > 0, in)
	})
	if err != nil {
		return nil, err
	}
	p, err := schema.Get[schema.Package](c.ctx, a.store, s.account, schema.Packages, id)
	if err != nil {
		return nil, err
	}
	return created(serial, jsonapi.Package(&p)), nil
}

func (a *API) updatePackage(c *call) (*answer, error) {
	p, err := c.pkg(c.params["package"])
	if err != nil {
		return nil, err
	}
	if err := c.allow("package.update", p.Product); err != nil {
		return nil, err
	}
	in, err := c.body(packageShape)
	if err != nil {
		return nil, err
	}
	serial, err := a.onPackage(c, events.PackageUpdated, p, func(s stamp, x schema.Package) (*events.Event, error) {
		return decidePackageUpdate(s, x, in)
	})
	if err != nil {
		return nil, err
	}
	x, err := schema.Get[schema.Package](c.ctx, a.store, c.account.ID, schema.Packages, p.ID)
	if err != nil {
		return nil, err
	}
	return changed(serial, jsonapi.Package(&x)), nil
}

func (a *API) deletePackage(c *call) (*answer, error) {
	p, err := c.pkg(c.params["package"])
	if err != nil {
		return nil, err
	}
	if err := c.allow("package.delete", p.Product); err != nil {
		return nil, err
	}
	serial, err := a.onPackage(c, events.PackageDeleted, p, func(s stamp, x schema.Package) (*events.Event, error) {
		return s.event(s.time(x.Base), events.PackageDeleted, "packages/"+x.ID, packageSubject(&x), &events.PackageGone{Base: packageBase(&x)}), nil
	})
	if err != nil {
		return nil, err
	}
	return gone(serial), nil
}

// onPackage submits one event about a package that exists.
func (a *API) onPackage(c *call, kind events.Kind, p *schema.Package, decide func(stamp, schema.Package) (*events.Event, error)) (uint64, error) {
	s := c.stamp()
	return a.submit(c.ctx, s.boundary(kind, packageSubject(p)), func(ctx context.Context, _ uint64) (*events.Event, error) {
		x, err := schema.Get[schema.Package](ctx, a.store, s.account, schema.Packages, p.ID)
		if err != nil {
			return nil, err
		}
		return decide(s, x)
	})
}

// packageSubject is where events about a package lie.
func packageSubject(p *schema.Package) events.Subject {
	return events.Subject{Product: p.Product, Package: p.Key}
}

// packageBase has the base members of events about a package.
func packageBase(p *schema.Package) events.Base {
	return events.Base{Product: p.Product, Package: p.ID, Key: p.Key, Engine: p.Engine}
}
