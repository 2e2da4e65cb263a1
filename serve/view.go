package serve

import (
	"encoding/binary"
	"slices"
	"sync"
	"sync/atomic"

	"offprint/schema"
	"offprint/schema/principal"
)

// View is what a caller may see of a document. Callers with equal rights to it
// share one.
type View struct {
	variants  atomic.Pointer[table[Variant]] // by VariantKey
	Visible   []int32                        // indexes of fragments, in the document's order
	Doc       *Doc
	Past      []int32 // fragments that it showed, or could have shown, and no longer shows
	All       bool    // a privileged view: drafts and yanked releases included
	Serial    uint64  // of the newest event that changed this view
	ChangedAt int64   // Unix milliseconds

	mu    sync.Mutex // of writers of variants, and of index
	index any
}

// variant gives a variant that is there; nil if it is not. room is for the key.
func (v *View) variant(room []byte, key VariantKey) *Variant {
	return v.variants.Load().get(key.append(room))
}

// setVariant puts a variant in the place of key, or with nil takes out the one
// that is there.
func (v *View) setVariant(key VariantKey, x *Variant) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.variants.Store(v.variants.Load().with(key.append(nil), x))
}

// View gives the caller's view of a document of product. It allocates nothing
// if somebody with the same rights has asked before.
func (r *Request) View(d *Doc, product *Product) *View {
	strategy := product.Strategy()
	r.viewKey(d, strategy)
	return r.viewOf(d, strategy, nil)
}

// AgedView is View without what is younger than the release-age gate. available
// gives the instant since which a fragment is available, and instants has those
// of all fragments in ascending order. A gate of 0 is none.
func (r *Request) AgedView(d *Doc, product *Product, gate int64, instants []int64, available func(fragment int) int64) *View {
	if gate <= 0 {
		return r.View(d, product)
	}
	cut := r.Now - gate
	strategy := product.Strategy()
	r.viewKey(d, strategy)
	n, _ := slices.BinarySearch(instants, cut+1)
	r.key = binary.AppendUvarint(append(r.key, 'G'), uint64(n))
	return r.viewOf(d, strategy, func(fragment int) bool { return available(fragment) <= cut })
}

// viewKey names the view in r.key. What an old state shows depends on today's
// rules, too.
func (r *Request) viewKey(d *Doc, strategy string) {
	r.key = d.rules.ViewKey(r.key[:0], r.Rights, strategy, r.Now)
	if d.present != nil {
		r.key = d.present.rules.ViewKey(r.key, r.Rights, strategy, r.Now)
	}
}

// viewOf finds the view of r.key or makes it.
func (r *Request) viewOf(d *Doc, strategy string, old func(fragment int) bool) *View {
	if v := d.views.Load().get(r.key); v != nil {
		return v
	}
	v := d.selection(r.Rights, strategy, r.Now, old)
	d.mu.Lock()
	defer d.mu.Unlock()
	have := d.views.Load()
	if other := have.get(r.key); other != nil {
		return other
	}
	if have.len() >= maxViews { // rights are few; a flood of distinct ones must not fill the memory
		have = &table[View]{}
	}
	d.views.Store(have.with(r.key, v))
	return v
}

// maxViews bounds the views kept of one document.
const maxViews = 1024

func (d *Doc) selection(rights *schema.Rights, strategy string, now int64, old func(fragment int) bool) *View {
	s := d.rules.Select(d.Fragments, rights, strategy, now, false)
	v := &View{Doc: d, All: s.All, Serial: max(s.Serial, d.Head.Changed), ChangedAt: s.ChangedAt}
	v.variants.Store(&table[Variant]{})
	for _, list := range []struct {
		from []int
		into *[]int32
	}{{s.Visible, &v.Visible}, {s.Past, &v.Past}} {
		for _, i := range list.from {
			if (old == nil || old(i)) && d.admits(rights, strategy, now, i) {
				*list.into = append(*list.into, int32(i))
			}
		}
	}
	return v
}

// Prepared gives what the engine made of the view with prepare, which is called
// once, or a few times if many ask at once; it must be pure.
func (v *View) Prepared(prepare func(*View) any) any {
	v.mu.Lock()
	x := v.index
	v.mu.Unlock()
	if x != nil {
		return x
	}
	x = prepare(v)
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.index == nil {
		v.index = x
	}
	return v.index
}

// Allowed says whether the caller may see one fragment, whatever its view shows
// of other things: by the rule of status and rights alone.
func (r *Request) Allowed(rule *schema.Rule, product *Product) bool {
	if r.Rights.Privileged(product.ID) {
		return rule.Status != schema.Gone
	}
	return rule.Status == schema.Published && rule.Date <= r.Rights.Cut(product.ID, product.Strategy(), rule.Constraints, r.Now)
}

// Dead gives the refusal of a caller of whom only a suspended or banned license
// would allow one of the fragments that match; nil if that is not the reason.
func (r *Request) Dead(d *Doc, product *Product, match func(fragment int) bool) *principal.Refusal {
	strategy := product.Strategy()
	for i := range d.Fragments {
		rule := &d.Fragments[i].Rule
		if rule.Status != schema.Published || match != nil && !match(i) {
			continue
		}
		if code := r.Rights.OnlyDead(product.ID, strategy, rule.Constraints, rule.Date); code != "" {
			return deadRefusal(code)
		}
	}
	return nil
}
