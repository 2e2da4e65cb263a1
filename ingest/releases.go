package ingest

import (
	"slices"

	"offprint/schema"
	"offprint/schema/jsonapi"
)

func (a *API) showRelease(c *call) (*answer, error) {
	r, err := c.release(c.params["release"])
	if err != nil {
		return nil, err
	}
	return show(jsonapi.Release(r)), nil
}

// listReleases also answers the sub-list of a product.
func (a *API) listReleases(c *call) (*answer, error) {
	l := listing{query: schema.Query{Kind: schema.Releases}, show: func(r schema.Record) (jsonapi.Resource, error) {
		x, err := schema.Parse[schema.Release](r)
		return jsonapi.Release(&x), err
	}}
	for _, narrow := range []func(*schema.Query) (bool, error){c.productFilter, c.packageFilter} {
		if known, err := narrow(&l.query); err != nil || !known {
			return emptyList(c, err)
		}
	}
	wanted, err := c.releaseFilter()
	if err != nil {
		return nil, err
	}
	strategies, err := c.strategies()
	if err != nil {
		return nil, err
	}
	l.keep = func(r schema.Record) (bool, error) {
		x, err := schema.Parse[schema.Release](r)
		return c.seesRelease(&x, strategies[x.Product]) && wanted(&x), err
	}
	return c.list(l)
}

// releaseFilter reads the filters that look into releases.
func (c *call) releaseFilter() (func(*schema.Release) bool, error) {
	channel, err := c.query.choice("channel", channels)
	if err != nil {
		return nil, err
	}
	status, err := c.query.choice("status", []string{draft, published, yanked})
	if err != nil {
		return nil, err
	}
	gone, err := c.query.choice("yanked", []string{"true", "false", "1", "0"})
	if err != nil {
		return nil, err
	}
	ofEngine, err := c.engineFilter()
	if err != nil {
		return nil, err
	}
	held, err := c.heldFilter()
	if err != nil {
		return nil, err
	}
	return func(r *schema.Release) bool {
		return (channel == "" || r.Channel == channel) && (status == "" || r.Status == status) &&
			(gone == "" || (r.Status == yanked) == (gone == "true" || gone == "1")) && ofEngine(r.Package) && held(r)
	}, nil
}

// choice reads a parameter that has only these values; "" if it is absent.
func (q query) choice(name string, values []string) (string, error) {
	v, found := q.look(name)
	if found && !slices.Contains(values, v) {
		return "", badQuery(name, "is invalid")
	}
	return v, nil
}

// engineFilter says of a package's id whether it is of the engine asked for; an
// empty ?engine= asks for what has none.
func (c *call) engineFilter() (func(pkg string) bool, error) {
	engine, filtered := c.query.look("engine")
	if !filtered {
		return func(string) bool { return true }, nil
	}
	packages, err := all[schema.Package](c.ctx, c.api.store, schema.Query{Account: c.account.ID, Kind: schema.Packages})
	engines := map[string]string{}
	for _, p := range packages {
		engines[p.ID] = p.Engine
	}
	return func(pkg string) bool { return engines[pkg] == engine }, err
}

// heldFilter keeps releases all of whose constraints are in ?entitlements[]=.
func (c *call) heldFilter() (func(*schema.Release) bool, error) {
	words := c.query.all("entitlements")
	if len(words) == 0 {
		return func(*schema.Release) bool { return true }, nil
	}
	held := map[string]bool{}
	for _, word := range words {
		e, err := c.entitlement(word)
		if err == nil {
			held[e.ID] = true
		} else if !isNotFound(err) {
			return nil, err
		}
	}
	return func(r *schema.Release) bool {
		return !slices.ContainsFunc(r.Constraints, func(k schema.Constraint) bool { return !held[k.Entitlement] })
	}, nil
}
