package ingest

import (
	"cmp"
	"slices"

	"offprint/schema"
)

// release finds a visible release by id, version or tag, narrowed by ?product=
// and ?package=. What is shaped like an id is tried as one first; of several
// that are called so, the oldest counts.
func (c *call) release(word string) (*schema.Release, error) {
	var q schema.Query
	for _, narrow := range []func(*schema.Query) (bool, error){c.productFilter, c.packageFilter} {
		known, err := narrow(&q)
		if err != nil {
			return nil, err
		}
		if !known {
			return nil, notFound("release", word)
		}
	}
	candidates, err := c.releasesCalled(word)
	if err != nil {
		return nil, err
	}
	refused := ""
	for i := range candidates {
		r := &candidates[i]
		if !selects(q.Product, r.Product) || !selects(q.Package, r.Package) {
			continue
		}
		strategy, err := c.strategy(r.Product)
		if err != nil {
			return nil, err
		}
		if c.seesRelease(r, strategy) {
			return r, nil
		}
		refused = cmp.Or(refused, c.deadFor(r, strategy))
	}
	if refused != "" {
		return nil, dead(refused)
	}
	return nil, notFound("release", word)
}

// selects says whether a filter admits a value; nil admits all.
func selects(filter *string, value string) bool { return filter == nil || *filter == value }

// releasesCalled gives the release with this id, then those with this version
// or tag, oldest first.
func (c *call) releasesCalled(word string) ([]schema.Release, error) {
	var out []schema.Release
	if id := uuidOf(word); id != "" {
		r, ok, err := load[schema.Release](c.ctx, c.api.store, c.account.ID, schema.Releases, id)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, r)
		}
	}
	versions, err := named[schema.Release](c.ctx, c.api.store, c.account.ID, schema.Releases, word)
	if err != nil {
		return nil, err
	}
	tags, err := c.releases(schema.Query{Tag: &word})
	if err != nil {
		return nil, err
	}
	called := append(versions, tags...)
	slices.SortStableFunc(called, func(a, b schema.Release) int {
		return cmp.Or(cmp.Compare(a.Created, b.Created), cmp.Compare(a.ID, b.ID))
	})
	return append(out, called...), nil
}
