package oci

import (
	"github.com/valyala/fasthttp"

	"offprint/schema"
	"offprint/serve"
)

// view is the package of a request in the eyes of its caller.
type view struct {
	pkg   *serve.Package
	doc   *serve.Doc
	index *index
	view  *serve.View
	shown *shown
}

// look finds the package and the caller's view of it. What the caller may not
// know of and what does not exist take the same way.
func (p *plan) look(r *serve.Request) (*view, *refusal) {
	pkg, err := p.have, error(nil)
	if pkg == nil {
		pkg, err = p.find(r.Account)
	}
	if err != nil {
		return nil, translate(r.Trouble(err))
	}
	if pkg == nil || !r.Rights.SeesPackage(pkg.Product.ID, pkg.Product.Strategy()) {
		return nil, p.noPackage(r, pkg)
	}
	d, err := pkg.Index().Doc()
	if p.cut != nil && err == nil {
		d, err = r.AsOf(pkg.Index(), string(p.cut))
	}
	switch {
	case err == serve.ErrCut:
		return nil, &badCut
	case err != nil:
		return nil, translate(r.Trouble(err))
	case d == nil:
		return nil, p.noPackage(r, nil)
	}
	if p.cut != nil {
		r.SetAsOf(string(p.cut))
	}
	v := &view{pkg: pkg, doc: d, index: d.Index.(*index), view: r.View(d, pkg.Product)}
	v.shown = shownOf(v.view)
	return v, nil
}

// noPackage refuses a package that is not there, or is not there for the caller.
func (p *plan) noPackage(r *serve.Request, pkg *serve.Package) *refusal {
	if !r.Anonymous() {
		if pkg != nil {
			return denied("NO_ACCESS")
		}
		return &noName
	}
	gate, err := r.Account.Gate(Key)
	switch {
	case err != nil:
		return translate(r.Trouble(err))
	case gate:
		return p.login()
	}
	return &noName
}

// login asks for a credential, or for a better one.
func (p *plan) login() *refusal {
	if p.nobody {
		return &scope
	}
	return &login
}

// aged is the view without what is younger than the account's release-age gate:
// tags and versions of it are not there yet. Digests stay.
func (v *view) aged(r *serve.Request) (*serve.View, *shown) {
	gate := r.Account.MinAge.Milliseconds()
	if gate == 0 || r.Staff() {
		return v.view, v.shown
	}
	aged := r.AgedView(v.doc, v.pkg.Product, gate, v.index.instants, func(f int) int64 { return v.index.attrs[f].Available })
	return aged, shownOf(aged)
}

// hidden refuses what is not in the view. have gives the fragments that would
// answer, whoever may see them.
func (v *view) hidden(r *serve.Request, p *plan, unknown *refusal, have func(yield func(int32) bool)) *refusal {
	why := ""
	for i := range have {
		rule := &v.doc.Fragments[i].Rule
		if rule.Status != schema.Published || r.Allowed(rule, v.pkg.Product) {
			continue // a draft, a yanked one, or one that is too young
		}
		if r.Anonymous() {
			return p.login()
		}
		next := schema.OCIReason(r.Rights, v.pkg.Product.ID, v.pkg.Product.Strategy(), rule, r.Now)
		if why == "" || why == "ENTITLEMENT_REQUIRED" {
			why = next
		}
	}
	switch {
	case why != "":
		return denied(why)
	case r.Anonymous() && v.index.gated:
		return p.login()
	}
	return unknown
}

// holders are the fragments that hold a digest.
func holders(list []holder) func(yield func(int32) bool) {
	return func(yield func(int32) bool) {
		for i := range list {
			if !yield(list[i].fragment) {
				return
			}
		}
	}
}

// listed refuses lists to clients that send a stored credential only after a
// 401: without it somebody entitled would see the public half.
func (v *view) listed(r *serve.Request, p *plan) *refusal {
	if v.index.gated && r.Anonymous() && len(r.Request.Header.Peek(fasthttp.HeaderAuthorization)) == 0 {
		return p.login()
	}
	return nil
}
