package ingest

import (
	"cmp"

	"offprint/schema"
)

// artifact finds a visible artifact by id or filename, narrowed by ?release=,
// ?product= and ?package=. Of several files of one name, that of the highest
// visible version counts, then the newest. Deleted ones are not found.
func (c *call) artifact(word string) (*schema.Artifact, error) {
	var q schema.Query
	for _, narrow := range []func(*schema.Query) (bool, error){c.productFilter, c.packageFilter} {
		known, err := narrow(&q)
		if err != nil {
			return nil, err
		}
		if !known {
			return nil, notFound("artifact", word)
		}
	}
	if within, given := c.query.look("release"); given {
		r, err := c.release(within)
		if err != nil {
			return nil, err
		}
		q.Release = &r.ID
	}
	candidates, err := c.artifactsCalled(word)
	if err != nil {
		return nil, err
	}
	var best *schema.Artifact
	version := ""
	for i := range candidates {
		a := &candidates[i]
		if a.Status == yanked || !selects(q.Product, a.Product) || !selects(q.Package, a.Package) || !selects(q.Release, a.Release) {
			continue
		}
		r, seen, err := c.releaseOf(a)
		if err != nil {
			return nil, err
		}
		if seen && a.ID == uuidOf(word) {
			return a, nil
		}
		if seen && (best == nil || cmp.Or(compareVersions(r.Version, version), cmp.Compare(a.Created, best.Created), cmp.Compare(a.ID, best.ID)) > 0) {
			best, version = a, r.Version
		}
	}
	if best == nil {
		return nil, notFound("artifact", word)
	}
	return best, nil
}

// artifactsCalled gives the artifact with this id, then those with this name.
func (c *call) artifactsCalled(word string) (out []schema.Artifact, err error) {
	if id := uuidOf(word); id != "" {
		a, ok, err := load[schema.Artifact](c.ctx, c.api.store, c.account.ID, schema.Artifacts, id)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, a)
		}
	}
	files, err := named[schema.Artifact](c.ctx, c.api.store, c.account.ID, schema.Artifacts, word)
	return append(out, files...), err
}

// releaseOf is the release of an artifact; seen says whether the caller sees
// the artifact.
func (c *call) releaseOf(a *schema.Artifact) (r schema.Release, seen bool, err error) {
	r, ok, err := load[schema.Release](c.ctx, c.api.store, c.account.ID, schema.Releases, a.Release)
	if err != nil || !ok {
		return r, false, err
	}
	strategy, err := c.strategy(r.Product)
	return r, err == nil && c.seesRelease(&r, strategy) && c.seesFile(a), err
}
