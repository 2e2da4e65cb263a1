package npm

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"

	"offprint/schema"
	"offprint/schema/principal"
	"offprint/serve"
)

// Bounds of a page of a search.
const (
	defaultSize = 20
	maxSize     = 250
	maxText     = 512 // bytes of text that are looked at
)

// hit is a package that a search found.
type hit struct {
	pkg    *serve.Package
	latest schema.NPMRelease
}

// serveSearch looks through everything that the caller sees
// (https://github.com/npm/registry/blob/main/docs/REGISTRY-API.md#get-v1search).
func serveSearch(r *serve.Request, _ *plan) *principal.Refusal {
	size, okSize := number(r, "size", defaultSize, maxSize)
	from, okFrom := number(r, "from", 0, 1<<31-1)
	if !okSize || !okFrom {
		return &badPaging
	}
	gate, refusal := age(r)
	if refusal != nil {
		return refusal
	}
	text := bytes.ReplaceAll(r.Param("text"), []byte("+"), []byte(" ")) // npm sends a form; no name holds a plus
	hits, serial, changed, err := find(r, string(text[:min(len(text), maxText)]), gate)
	if err != nil {
		return r.Trouble(err)
	}
	page := hits[min(from, len(hits)):]
	entries := make([][]byte, 0, min(size, len(page)))
	for _, h := range page[:min(size, len(page))] {
		product := h.pkg.Product.State()
		head := schema.Head{Key: h.pkg.Key}
		entries = append(entries, schema.NPMSearchEntry(nil, head, h.latest, cmp.Or(product.Code, product.Name)))
	}
	return r.AnswerCoded(mediaFull, schema.NPMSearchResult(nil, entries, len(hits), changed), serial)
}

// number reads a bounded query parameter.
func number(r *serve.Request, name string, missing, most int) (int, bool) {
	text := r.Param(name)
	if text == nil {
		return missing, true
	}
	n, err := strconv.Atoi(string(text))
	return n, err == nil && n >= 0 && n <= most
}

// find gives the packages that match, by key, with the serial and time of the
// newest change of all that the caller sees.
func find(r *serve.Request, text string, gate int64) (hits []hit, serial uint64, changed int64, err error) {
	packages, err := r.Account.Packages(Key)
	if err != nil {
		return nil, 0, 0, err
	}
	slices.SortFunc(packages, func(a, b *serve.Package) int { return cmp.Compare(a.Key, b.Key) })
	for _, pkg := range packages {
		if !r.Rights.SeesPackage(pkg.Product.ID, pkg.Product.Strategy()) {
			continue
		}
		d, err := pkg.Index().Doc()
		if err != nil {
			return nil, 0, 0, err
		}
		if d == nil {
			continue
		}
		v := viewOf(r, d, pkg, gate)
		if len(v.Visible) == 0 {
			continue
		}
		latest, err := latestOf(r, v)
		if err != nil {
			return nil, 0, 0, err
		}
		serial, changed = max(serial, v.Serial), max(changed, v.ChangedAt)
		if schema.NPMSearchMatch(text, d.Head, latest) {
			hits = append(hits, hit{pkg, latest})
		}
	}
	return hits, serial, changed, nil
}

// latestOf gives the view's latest release with its body, which is kept.
func latestOf(r *serve.Request, v *serve.View) (schema.NPMRelease, error) {
	list := releases(v)
	i := schema.NPMLatest(list)
	if i < 0 {
		return schema.NPMRelease{}, nil
	}
	body, err := r.Bytes(v, &latestForm, "")
	list[i].Body = body
	return list[i], err
}

// makeLatest gives the stored body of the view's latest release.
func makeLatest(r *serve.Request, v *serve.View, _ string) ([]byte, error) {
	i := schema.NPMLatest(releases(v))
	bodies, err := v.Doc.Bodies(r.Context(), visible(v)[i:i+1])
	if err != nil {
		return nil, err
	}
	return bodies[0], nil
}
