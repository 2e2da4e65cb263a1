package ingest

import (
	"context"
	"errors"
	"slices"

	"offprint/schema"
)

// load reads one resource by id; ok is false if there is none.
func load[T any](ctx context.Context, store schema.Records, account string, kind schema.Kind, id string) (x T, ok bool, err error) {
	x, err = schema.Get[T](ctx, store, account, kind, id)
	if errors.Is(err, schema.ErrNotFound) {
		return x, false, nil
	}
	return x, err == nil, err
}

// named gives the resources of a kind with a name, oldest first.
func named[T any](ctx context.Context, store schema.Records, account string, kind schema.Kind, name string) ([]T, error) {
	if name == "" {
		return nil, nil
	}
	records, err := store.Find(ctx, account, kind, name)
	if err != nil {
		return nil, err
	}
	out := make([]T, len(records))
	for i, r := range records {
		if out[i], err = schema.Parse[T](r); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// find looks a resource up by id, if word looks like one, then by name (already
// folded as the kind wants it), among those that see admits; the oldest wins.
func find[T any](c *call, kind schema.Kind, noun, word, name string, see func(*T) bool) (*T, error) {
	if id := uuidOf(word); id != "" {
		x, ok, err := load[T](c.ctx, c.api.store, c.account.ID, kind, id)
		if err != nil {
			return nil, err
		}
		if ok && see(&x) {
			return &x, nil
		}
	}
	all, err := named[T](c.ctx, c.api.store, c.account.ID, kind, name)
	if err != nil {
		return nil, err
	}
	for i := range all {
		if see(&all[i]) {
			return &all[i], nil
		}
	}
	return nil, notFound(noun, word)
}

// strategy is the distribution strategy of a product; "CLOSED" if the product
// is gone, which shows nothing to consumers.
func (c *call) strategy(product string) (string, error) {
	p, ok, err := load[schema.Product](c.ctx, c.api.store, c.account.ID, schema.Products, product)
	if err != nil || !ok {
		return "CLOSED", err
	}
	return p.Strategy, nil
}

// strategies gives those of all products of the account, for lists. Staff and
// products need none.
func (c *call) strategies() (map[string]string, error) {
	out := map[string]string{}
	if c.rights.Kind == schema.StaffCaller || c.rights.Kind == schema.ProductCaller {
		return out, nil
	}
	var failed error
	err := c.api.store.List(c.ctx, schema.Query{Account: c.account.ID, Kind: schema.Products}, func(r schema.Record) bool {
		p, err := schema.Parse[schema.Product](r)
		out[p.ID], failed = p.Strategy, err
		return err == nil
	})
	return out, errors.Join(err, failed)
}

// seesProduct: staff, the product itself, and those who may know of its
// packages.
func (c *call) seesProduct(p *schema.Product) bool { return c.rights.SeesPackage(p.ID, p.Strategy) }

// product finds a visible product by id or code.
func (c *call) product(word string) (*schema.Product, error) {
	return find(c, schema.Products, "product", word, fold(word), c.seesProduct)
}

// pkg finds a visible package by id or key.
func (c *call) pkg(word string) (*schema.Package, error) {
	var failed error
	p, err := find(c, schema.Packages, "package", word, fold(word), func(p *schema.Package) bool {
		strategy, err := c.strategy(p.Product)
		failed = errors.Join(failed, err)
		return c.rights.SeesPackage(p.Product, strategy)
	})
	if failed != nil {
		return nil, failed
	}
	return p, err
}

// entitlement finds an entitlement by id or code, among all for staff and
// products, among those held for others.
func (c *call) entitlement(word string) (*schema.Entitlement, error) {
	return find(c, schema.Entitlements, "entitlement", word, fold(word),
		func(e *schema.Entitlement) bool { return c.seesEntitlement(e.ID) })
}

func (c *call) seesEntitlement(id string) bool {
	if c.rights.Kind == schema.StaffCaller || c.rights.Kind == schema.ProductCaller {
		return true
	}
	for _, g := range c.rights.Grants {
		if slices.Contains(g.Entitlements, id) {
			return true
		}
	}
	return false
}

// policy finds a policy by id.
func (c *call) policy(word string) (*schema.Policy, error) {
	return find(c, schema.Policies, "policy", word, "", c.seesPolicy)
}

func (c *call) seesPolicy(p *schema.Policy) bool { return c.rights.Privileged(p.Product) }

// license finds a license by id or key.
func (c *call) license(word string) (*schema.License, error) {
	return find(c, schema.Licenses, "license", word, c.api.sealer.Hex(schema.LicenseSecret, word), c.seesLicense)
}

// seesLicense: staff, its product, itself, and its users.
func (c *call) seesLicense(l *schema.License) bool {
	if c.rights.Privileged(l.Product) {
		return true
	}
	for _, g := range c.rights.Grants {
		if g.License == l.ID {
			return true
		}
	}
	return c.rights.Kind == schema.LicenseCaller && c.rights.ID == l.ID
}

// all reads every resource that q selects, in its order.
func all[T any](ctx context.Context, store schema.Records, q schema.Query) (out []T, err error) {
	var failed error
	err = store.List(ctx, q, func(r schema.Record) bool {
		x, err := schema.Parse[T](r)
		if failed = err; err == nil {
			out = append(out, x)
		}
		return err == nil
	})
	return out, errors.Join(err, failed)
}
