package npm

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"offprint/schema"
	"offprint/schema/principal"
	"offprint/serve"
)

// index is what an index document is looked up by.
type index struct {
	attrs    []schema.NPMAttr // by fragment
	order    []int32          // fragments in the order of versions
	instants []int64          // since which the versions are available, ascending
}

// prepare implements serve.Engine.
func prepare(d *serve.Doc) (any, error) {
	x := &index{attrs: make([]schema.NPMAttr, len(d.Fragments))}
	list := make([]schema.NPMRelease, 0, len(d.Fragments))
	place := map[string]int32{} // by release id
	for i := range d.Fragments {
		rule := &d.Fragments[i].Rule
		if len(rule.Attr) == 0 {
			continue // a trace
		}
		if err := json.Unmarshal(rule.Attr, &x.attrs[i]); err != nil {
			return nil, fmt.Errorf("attributes of %s: %w", d.Fragments[i].Key, err)
		}
		list = append(list, schema.NPMRelease{Rule: rule, Attr: x.attrs[i]})
		place[x.attrs[i].Release] = int32(i)
		x.instants = append(x.instants, x.attrs[i].Available)
	}
	schema.SortNPM(list)
	for i := range list {
		x.order = append(x.order, place[list[i].Attr.Release])
	}
	slices.Sort(x.instants)
	return x, nil
}

// shown is a view in the order of versions.
type shown struct {
	fragments []int32
	files     map[string]int32 // names of tarballs -> fragment
}

// shownOf prepares a view once.
func shownOf(v *serve.View) *shown {
	return v.Prepared(func(v *serve.View) any {
		in := make(map[int32]bool, len(v.Visible))
		for _, i := range v.Visible {
			in[i] = true
		}
		x := v.Doc.Index.(*index)
		s := &shown{files: map[string]int32{}}
		var list []schema.NPMRelease
		for _, i := range x.order {
			if in[i] {
				s.fragments = append(s.fragments, i)
				list = append(list, schema.NPMRelease{Rule: &v.Doc.Fragments[i].Rule, Attr: x.attrs[i]})
			}
		}
		for name, i := range schema.NPMFiles(list, v.Doc.Head.Key) {
			s.files[name] = s.fragments[i]
		}
		return s
	}).(*shown)
}

// visible gives the view's fragments in the order of versions.
func visible(v *serve.View) []int32 { return shownOf(v).fragments }

// releases gives the view's versions without bodies.
func releases(v *serve.View) []schema.NPMRelease {
	attrs := v.Doc.Index.(*index).attrs
	fragments := visible(v)
	out := make([]schema.NPMRelease, len(fragments))
	for i, f := range fragments {
		out[i] = schema.NPMRelease{Rule: &v.Doc.Fragments[f].Rule, Attr: attrs[f]}
	}
	return out
}

// look finds the package of a plan and the caller's view of it. Unknown and
// hidden take the same way.
func look(r *serve.Request, p *plan) (*serve.Package, *serve.View, *principal.Refusal) {
	pkg, err := named(r, p)
	if err != nil {
		return nil, nil, r.Trouble(err)
	}
	if pkg == nil || !r.Rights.SeesPackage(pkg.Product.ID, pkg.Product.Strategy()) {
		return nil, nil, hidden(r)
	}
	gate, refusal := age(r)
	if refusal != nil {
		return nil, nil, refusal
	}
	d, refusal := document(r, p, pkg)
	if refusal != nil {
		return nil, nil, refusal
	}
	v := viewOf(r, d, pkg, gate)
	if len(v.Visible) == 0 {
		if dead := r.Dead(d, pkg.Product, nil); dead != nil {
			return nil, nil, dead
		}
		return nil, nil, hidden(r)
	}
	return pkg, v, nil
}

// viewOf gives the caller's view, without what is younger than the gate.
func viewOf(r *serve.Request, d *serve.Doc, pkg *serve.Package, gate int64) *serve.View {
	if gate == 0 {
		return r.View(d, pkg.Product)
	}
	x := d.Index.(*index)
	return r.AgedView(d, pkg.Product, gate, x.instants, func(f int) int64 { return x.attrs[f].Available })
}

// named finds the package that a plan names, by name or by id; nil if there is
// none.
func named(r *serve.Request, p *plan) (*serve.Package, error) {
	if len(p.lookup) == 0 {
		return nil, nil
	}
	pkg, err := r.Account.Package(p.lookup)
	if err != nil || pkg != nil {
		return pkg, err
	}
	id := serve.UUID(p.name())
	if id == "" {
		return nil, nil
	}
	if pkg, err = r.Account.PackageByID(id); pkg == nil || pkg.Engine != Key {
		return nil, err
	}
	return pkg, nil
}

// document gives the package's index document, now or as of the plan's cut.
func document(r *serve.Request, p *plan, pkg *serve.Package) (*serve.Doc, *principal.Refusal) {
	var d *serve.Doc
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
	case d == nil:
		return nil, hidden(r)
	}
	return d, nil
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
