package ingest

import (
	"context"

	"offprint/events"
	"offprint/schema"
	"offprint/schema/jsonapi"
)

func (a *API) createRelease(c *call) (*answer, error) {
	if err := c.allow("release.create", ""); err != nil {
		return nil, err
	}
	in, err := c.body(newReleaseShape)
	if err != nil {
		return nil, err
	}
	product, err := c.productOf(in, "release.create")
	if err != nil {
		return nil, err
	}
	cmd := newRelease{id: a.cfg.MakeID(), product: product.ID, pkg: in.link("package"), constraints: a.newConstraints(in.links["constraints"]), in: in}
	cmd.version, cmd.pre, _ = parseVersion(in.text("version"))
	where, err := a.place(c.ctx, c.account.ID, cmd.product, cmd.pkg)
	if err != nil {
		return nil, err
	}
	s := c.stamp()
	serial, err := a.submit(c.ctx, s.boundary(events.ReleaseCreated, where), func(ctx context.Context, _ uint64) (*events.Event, error) {
		state, err := a.readReleaseState(ctx, s.account, cmd.product, cmd.pkg, in.text("tag"))
		if err != nil {
			return nil, err
		}
		if state.versionTaken, err = a.versionTaken(ctx, s.account, cmd); err != nil {
			return nil, err
		}
		if state.known, err = a.knownEntitlements(ctx, s.account, entitlementsOf(cmd.constraints)); err != nil {
			return nil, err
		}
		return decideReleaseCreate(s, state, cmd)
	})
	if err != nil {
		return nil, err
	}
	r, err := schema.Get[schema.Release](c.ctx, a.store, s.account, schema.Releases, cmd.id)
	if err != nil {
		return nil, err
	}
	return created(serial, jsonapi.Release(&r)), nil
}

// newConstraints gives ids to the constraints of a body.
func (a *API) newConstraints(links []link) []events.Constraint {
	var out []events.Constraint
	for _, l := range links {
		out = append(out, events.Constraint{ID: a.cfg.MakeID(), Entitlement: l.parts["entitlement"]})
	}
	return out
}

func entitlementsOf(list []events.Constraint) []link {
	var out []link
	for _, k := range list {
		out = append(out, link{id: k.Entitlement})
	}
	return out
}

// place is where events about the releases of a package lie, or, for pkg "", of
// a product's releases without package. A package that is gone has no place of
// its own: its key may be another's by now.
func (a *API) place(ctx context.Context, account, product, pkg string) (events.Subject, error) {
	where := events.Subject{Product: product}
	if pkg == "" {
		return where, nil
	}
	p, ok, err := load[schema.Package](ctx, a.store, account, schema.Packages, pkg)
	if ok && p.Product == product {
		where.Package = p.Key
	}
	return where, err
}

// readReleaseState reads the state of a boundary; tag is the one that the
// command wants.
func (a *API) readReleaseState(ctx context.Context, account, product, pkg, tag string) (state releaseState, err error) {
	if pkg != "" {
		p, ok, err := load[schema.Package](ctx, a.store, account, schema.Packages, pkg)
		if err != nil {
			return state, err
		}
		if ok {
			state.pkg = &p
		}
	}
	if tag == "" {
		return state, nil
	}
	holders, err := all[schema.Release](ctx, a.store, schema.Query{Account: account, Kind: schema.Releases, Product: &product, Package: &pkg, Tag: &tag, Ascending: true})
	if len(holders) > 0 {
		state.holder = &holders[0]
	}
	return state, err
}

func (a *API) versionTaken(ctx context.Context, account string, cmd newRelease) (bool, error) {
	twins, err := named[schema.Release](ctx, a.store, account, schema.Releases, cmd.version)
	for _, t := range twins {
		if t.Product == cmd.product && t.Package == cmd.pkg {
			return true, nil
		}
	}
	return false, err
}
