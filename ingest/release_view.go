package ingest

import (
	"slices"

	"offprint/schema"
)

// constrainedBy is C(R) of the access rules: the sorted entitlement ids that a
// release demands.
func constrainedBy(r *schema.Release) []string {
	var out []string
	for _, k := range r.Constraints {
		out = append(out, k.Entitlement)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// dateOf is d(R) of the access rules: never the publish time.
func dateOf(r *schema.Release) int64 {
	if r.Backdated != 0 {
		return r.Backdated
	}
	return r.Created
}

// seesRelease is see(caller, release) of the access rules; strategy is that of
// the release's product, and needed for consumers only.
func (c *call) seesRelease(r *schema.Release, strategy string) bool {
	if c.rights.Privileged(r.Product) {
		return true
	}
	return r.Status == published && dateOf(r) <= c.rights.Cut(r.Product, strategy, constrainedBy(r), c.now())
}

// deadFor gives the code of a suspended or banned license that would show the
// release to the caller if it were live, "" if there is none.
func (c *call) deadFor(r *schema.Release, strategy string) string {
	if r.Status != published {
		return ""
	}
	return c.rights.OnlyDead(r.Product, strategy, constrainedBy(r), dateOf(r))
}

// dead refuses what only a license would allow that counts for nothing now.
func dead(code string) *problem {
	detail := "The license is suspended"
	if code == "LICENSE_BANNED" {
		detail = "The owner of the license is banned"
	}
	return &problem{status: 403, code: code, detail: detail}
}

// releases reads the releases that q selects.
func (c *call) releases(q schema.Query) (out []schema.Release, err error) {
	q.Account, q.Kind = c.account.ID, schema.Releases
	return all[schema.Release](c.ctx, c.api.store, q)
}

// visibleReleases gives the channel of every release that q selects and the
// caller sees, by id.
func (c *call) visibleReleases(q schema.Query) (map[string]string, error) {
	strategies, err := c.strategies()
	if err != nil {
		return nil, err
	}
	list, err := c.releases(q)
	out := map[string]string{}
	for i := range list {
		if c.seesRelease(&list[i], strategies[list[i].Product]) {
			out[list[i].ID] = list[i].Channel
		}
	}
	return out, err
}
