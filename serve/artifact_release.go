package serve

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"offprint/schema"
	"offprint/schema/principal"
)

// findInRelease finds the release first: the oldest visible one called so, then
// the file in it.
func (p *artifactPath) findInRelease(r *Request) (found, *principal.Refusal) {
	word := p.release
	if !p.within {
		word = string(r.Param("release"))
	}
	q, err := r.qualifiers()
	if err != nil {
		return found{}, r.Trouble(err)
	}
	release, reason, err := r.release(word, &q)
	switch {
	case err != nil:
		return found{}, r.Trouble(err)
	case release == nil:
		return found{}, cmp.Or(reason, r.HiddenFile(p.name))
	}
	view, ok, err := r.fileViewAt(place{release.Product, release.Package})
	switch {
	case err != nil:
		return found{}, r.Trouble(err)
	case !ok:
		return found{}, r.HiddenFile(p.name)
	}
	f := found{FileView: view}
	sees := f.SeesOld
	if release.ID == UUID([]byte(word)) {
		sees = f.Sees
	}
	admitted := func(i int32) bool { f.at = i; return sees(i) && q.admit(&f) }
	among := f.files.byRelease[release.ID]
	at := f.find(among, p.name, admitted)
	if at < 0 {
		if file, digest, ok := sibling(p.name); ok {
			at, f.digest = f.find(among, file, admitted), digest
		}
	}
	if f.at = at; at < 0 {
		return f, cmp.Or(f.whyAmong(among, p.name), r.HiddenFile(p.name))
	}
	return f, nil
}

// release finds a visible release by id, else the oldest that has the word as
// version or tag. If only a license that counts for nothing would show one, the
// reason says so.
func (r *Request) release(word string, q *qualifiers) (best *schema.Release, reason *principal.Refusal, err error) {
	records, err := r.releasesCalled(word)
	if err != nil {
		return nil, nil, err
	}
	for _, rec := range records {
		x, err := schema.Parse[schema.Release](rec)
		if err != nil {
			return nil, nil, err
		}
		product, err := r.Account.ProductByID(x.Product)
		if err != nil {
			return nil, nil, err
		}
		if product == nil || !q.admitRelease(&x) {
			continue
		}
		rule := ruleOf(&x)
		if r.Allowed(&rule, product) {
			return &x, nil, nil
		}
		reason = cmp.Or(reason, r.dead(&rule, product))
	}
	return nil, reason, nil
}

func (r *Request) releasesCalled(word string) (list []schema.Record, err error) {
	ctx, store, account := r.Context(), r.Store(), r.Account.ID
	if word == "" || len(word) > maxFilename {
		return nil, nil
	}
	versions, err := store.Find(ctx, account, schema.Releases, word)
	if err != nil {
		return nil, err
	}
	err = store.List(ctx, schema.Query{Account: account, Kind: schema.Releases, Tag: &word}, func(rec schema.Record) bool {
		versions = append(versions, rec)
		return true
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(versions, func(a, b schema.Record) int {
		return cmp.Or(cmp.Compare(a.Created, b.Created), strings.Compare(a.ID, b.ID))
	})
	if id := UUID([]byte(word)); id != "" {
		rec, err := store.Record(ctx, account, schema.Releases, id)
		if err == nil {
			return append([]schema.Record{rec}, versions...), nil
		}
		if !errors.Is(err, schema.ErrNotFound) {
			return nil, err
		}
	}
	return versions, nil
}

// ruleOf is the rule of a release as such, whatever files it has.
func ruleOf(x *schema.Release) schema.Rule {
	rule := schema.Rule{Status: schema.Status(strings.ToLower(x.Status)), Date: cmp.Or(x.Backdated, x.Created)}
	for _, k := range x.Constraints {
		rule.Constraints = append(rule.Constraints, k.Entitlement)
	}
	slices.Sort(rule.Constraints)
	rule.Constraints = slices.Compact(rule.Constraints)
	return rule
}
