package projector

import (
	"offprint/events"
	"offprint/schema"
)

func accountCreated(p *Projector, e *events.Event, d *events.AccountData) error {
	if err := absent[schema.Account](p.state, "", schema.Accounts, d.Account); err != nil {
		return err
	}
	b := base(e, d.Account, nil)
	b.Account = d.Account
	status := d.Status
	if status == "" {
		status = "ACTIVE"
	}
	p.state.put(&schema.Account{Base: b, Slug: d.Slug, Name: d.Name, Status: status, Settings: d.Settings})
	return nil
}

func accountUpdated(p *Projector, e *events.Event, d *events.AccountSet) error {
	return change(p, e, schema.Accounts, d.Account, func(a *schema.Account) error {
		return fields{"name": &a.Name, "status": &a.Status, "settings": &a.Settings}.apply(d.Set)
	})
}

func productCreated(p *Projector, e *events.Event, d *events.ProductData) error {
	if err := absent[schema.Product](p.state, e.AccountID, schema.Products, d.Product); err != nil {
		return err
	}
	strategy := d.DistributionStrategy
	if strategy == "" {
		strategy = "LICENSED"
	}
	x := &schema.Product{Base: base(e, d.Product, d.Metadata), Name: d.Name, Code: d.Code, Strategy: strategy, URL: d.URL, Platforms: d.Platforms}
	p.state.put(x)
	p.docs.openProduct(e, x)
	return nil
}

func productUpdated(p *Projector, e *events.Event, d *events.ProductSet) error {
	return change(p, e, schema.Products, d.Product, func(x *schema.Product) error {
		err := fields{"name": &x.Name, "code": &x.Code, "distributionStrategy": &x.Strategy, "url": &x.URL,
			"platforms": &x.Platforms, "metadata": &x.Metadata}.apply(d.Set)
		if x.Strategy == "" {
			x.Strategy = "LICENSED"
		}
		return err
	})
}

// productDeleted takes packages and releases with it.
func productDeleted(p *Projector, e *events.Event, d *events.ProductGone) error {
	product, err := get[schema.Product](p.state, e.AccountID, schema.Products, d.Product)
	if err != nil || product == nil {
		return orphaned(err)
	}
	packages, err := p.state.list(schema.Query{Account: e.AccountID, Kind: schema.Packages, Product: &d.Product},
		func(r schema.Resource) bool { return r.(*schema.Package).Product == d.Product })
	if err != nil {
		return err
	}
	for _, id := range packages {
		if err := p.dropPackage(e, id); err != nil {
			return err
		}
	}
	none := ""
	if err := p.dropReleases(e, schema.Query{Account: e.AccountID, Kind: schema.Releases, Product: &d.Product, Package: &none},
		func(r *schema.Release) bool { return r.Product == d.Product && r.Package == "" }); err != nil {
		return err
	}
	p.docs.closeProduct(e, d.Product)
	p.state.remove(keyOf(product))
	return nil
}

func orphaned(err error) error {
	if err != nil {
		return err
	}
	return errOrphan
}

func entitlementCreated(p *Projector, e *events.Event, d *events.EntitlementData) error {
	p.state.put(&schema.Entitlement{Base: base(e, d.Entitlement, d.Metadata), Name: d.Name, Code: d.Code})
	return nil
}

func entitlementUpdated(p *Projector, e *events.Event, d *events.EntitlementSet) error {
	return change(p, e, schema.Entitlements, d.Entitlement, func(x *schema.Entitlement) error {
		return fields{"name": &x.Name, "code": &x.Code, "metadata": &x.Metadata}.apply(d.Set)
	})
}

// entitlementDeleted leaves constraints as they are: nobody holds them now.
func entitlementDeleted(p *Projector, e *events.Event, d *events.EntitlementGone) error {
	x, err := get[schema.Entitlement](p.state, e.AccountID, schema.Entitlements, d.Entitlement)
	if err != nil || x == nil {
		return orphaned(err)
	}
	p.state.remove(keyOf(x))
	return nil
}

func packageCreated(p *Projector, e *events.Event, d *events.PackageData) error {
	if err := absent[schema.Package](p.state, e.AccountID, schema.Packages, d.Package); err != nil {
		return err
	}
	x := &schema.Package{Base: base(e, d.Package, d.Metadata), Product: d.Product, Name: d.Name, Key: d.Key, Engine: d.Engine}
	p.state.put(x)
	p.docs.openPackage(e, x)
	return nil
}

func packageUpdated(p *Projector, e *events.Event, d *events.PackageSet) error {
	var old, next schema.Package
	err := change(p, e, schema.Packages, d.Package, func(x *schema.Package) error {
		old = *x
		err := fields{"name": &x.Name, "engine": &x.Engine, "metadata": &x.Metadata}.apply(d.Set)
		next = *x
		return err
	})
	if err != nil {
		return err
	}
	p.docs.closePackage(e, &old)
	p.docs.openPackage(e, &next)
	return nil
}

func packageDeleted(p *Projector, e *events.Event, d *events.PackageGone) error {
	return p.dropPackage(e, d.Package)
}

func (p *Projector) dropPackage(e *events.Event, id string) error {
	x, err := get[schema.Package](p.state, e.AccountID, schema.Packages, id)
	if err != nil || x == nil {
		return orphaned(err)
	}
	if err := p.dropReleases(e, schema.Query{Account: e.AccountID, Kind: schema.Releases, Package: &id},
		func(r *schema.Release) bool { return r.Package == id }); err != nil {
		return err
	}
	p.docs.closePackage(e, x)
	p.state.remove(keyOf(x))
	return nil
}

func (p *Projector) dropReleases(e *events.Event, q schema.Query, match func(*schema.Release) bool) error {
	ids, err := p.state.list(q, func(r schema.Resource) bool { return match(r.(*schema.Release)) })
	if err != nil {
		return err
	}
	q.Kind = schema.Artifacts
	if err := p.state.loadFiles(q, ids); err != nil {
		return err
	}
	for _, id := range ids {
		if err := p.dropRelease(e, id); err != nil {
			return err
		}
	}
	return nil
}
