package rubygems

import (
	"time"

	"offprint/schema/principal"
	"offprint/serve"
)

const (
	textMedia  = "text/plain; charset=utf-8"
	bytesMedia = "application/octet-stream"
)

var infoForm = serve.Form{ID: 1, Media: textMedia, Local: true, Text: true, Make: func(_ *serve.Request, v *serve.View, _ string) ([]byte, error) {
	return historyOf(v).info(), nil
}}

// serveInfo answers the compact index of one gem.
func serveInfo(r *serve.Request, p *plan) *principal.Refusal {
	pkg, err := named(r, p.name)
	if err != nil {
		return r.Trouble(err)
	}
	if pkg == nil || !r.Rights.SeesPackage(pkg.Product.ID, pkg.Product.Strategy()) {
		return hidden(r)
	}
	gate, refusal := age(r)
	if refusal != nil {
		return refusal
	}
	d, refusal := document(r, p, pkg)
	if refusal != nil {
		return refusal
	}
	if d == nil {
		return hidden(r)
	}
	v := viewOf(r, d, pkg, gate)
	if historyOf(v).empty() {
		if dead := r.Dead(d, pkg.Product, nil); dead != nil {
			return dead
		}
		return hidden(r)
	}
	if p.cut != nil {
		r.SetAsOf(string(p.cut))
	}
	return ranged(r.AnswerPlain(v, &infoForm, ""))
}

// named finds a gem by its name, exactly, or by the package's id; nil if there
// is none. The room after the decoded path takes the folded name.
func named(r *serve.Request, name []byte) (*serve.Package, error) {
	at := len(r.Name)
	lookup := append(append(r.Name, Key...), '/')
	for _, c := range name {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		lookup = append(lookup, c)
	}
	pkg, err := r.Account.Package(lookup[at:])
	switch {
	case err != nil:
		return nil, err
	case pkg != nil && pkg.Key == string(name):
		return pkg, nil
	}
	id := serve.UUID(name)
	if id == "" {
		return nil, nil
	}
	if pkg, err = r.Account.PackageByID(id); pkg == nil || pkg.Engine != Key {
		return nil, err
	}
	return pkg, nil
}

// document gives a gem's index document, now or as of the plan's cut; nil if
// there is none.
func document(r *serve.Request, p *plan, pkg *serve.Package) (d *serve.Doc, refusal *principal.Refusal) {
	var err error
	if p.cut == nil {
		d, err = pkg.Index().Doc()
	} else {
		d, err = r.AsOf(pkg.Index(), string(p.cut))
	}
	switch {
	case err == serve.ErrCut:
		return nil, &badCut
	case err != nil:
		return nil, r.Trouble(err)
	}
	return d, nil
}

// viewOf gives the caller's view, without what is younger than the gate.
func viewOf(r *serve.Request, d *serve.Doc, pkg *serve.Package, gate int64) *serve.View {
	if gate == 0 {
		return r.View(d, pkg.Product)
	}
	x := d.Index.(*index)
	return r.AgedView(d, pkg.Product, gate, x.instants, func(f int) int64 { return x.gems[f].Available })
}

// age is the release-age gate of a request in milliseconds: the larger one of
// the account's, which binds consumers only, and the query's.
func age(r *serve.Request) (int64, *principal.Refusal) {
	gate := time.Duration(0)
	if !r.Staff() {
		gate = r.Account.MinAge
	}
	if len(r.Query) > 0 {
		if text := r.Param("min-age"); text != nil {
			asked, ok := serve.ParseAge(text)
			if !ok {
				return 0, &badAge
			}
			gate = max(gate, asked)
		}
	}
	return gate.Milliseconds(), nil
}
