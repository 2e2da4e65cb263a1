package projector

import (
	"cmp"
	"slices"

	"offprint/events"
	"offprint/schema"
)

// States of a release and of an artifact, as the publishing API shows them.
const (
	draft      = "DRAFT"
	published  = "PUBLISHED"
	yanked     = "YANKED"
	waiting    = "WAITING"
	processing = "PROCESSING"
	uploaded   = "UPLOADED"
	failed     = "FAILED"
)

func releaseCreated(p *Projector, e *events.Event, d *events.ReleaseData) error {
	if err := absent[schema.Release](p.state, e.AccountID, schema.Releases, d.Release); err != nil {
		return err
	}
	product, err := p.countRelease(e, d)
	if err != nil {
		return err
	}
	r := &schema.Release{Base: base(e, d.Release, d.Metadata), Product: product, Package: d.Package, Version: d.Version,
		Channel: d.Channel, Status: draft, Name: d.Name, Description: d.Description, Tag: d.Tag,
		CreatedAt: e.Serial, Changed: e.Serial, ChangedAt: e.Time.UnixMilli(), Constraints: constraints(d.Constraints, e)}
	if !d.Backdated.IsZero() {
		r.Backdated = d.Backdated.UnixMilli()
	}
	if d.Status == published {
		r.Status, r.Published, r.PublicBy, r.Turns = published, firstPublished(d.Published, e), e.Serial, []uint64{e.Serial}
	}
	p.state.put(r)
	return nil
}

// countRelease counts a new release with its package and gives the product
// that it belongs to.
func (p *Projector) countRelease(e *events.Event, d *events.ReleaseData) (product string, err error) {
	if d.Package == "" {
		x, err := get[schema.Product](p.state, e.AccountID, schema.Products, d.Product)
		if err != nil || x == nil {
			return "", orphaned(err)
		}
		return x.ID, nil
	}
	err = change(p, e, schema.Packages, d.Package, func(x *schema.Package) error {
		x.Releases++
		product = x.Product
		return nil
	})
	return product, err
}

func constraints(list []events.Constraint, e *events.Event) []schema.Constraint {
	var out []schema.Constraint
	for _, c := range list {
		out = append(out, schema.Constraint{ID: c.ID, Entitlement: c.Entitlement, Created: e.Time.UnixMilli()})
	}
	return out
}

func firstPublished(at events.Time, e *events.Event) int64 {
	if at.IsZero() {
		return e.Time.UnixMilli()
	}
	return at.UnixMilli()
}

// release changes a release; notice says that those who see it may notice. Who
// gains or loses it notices by its past rules, whatever notice says.
func (p *Projector) release(e *events.Event, id string, notice bool, edit func(*schema.Release) error) error {
	return change(p, e, schema.Releases, id, func(r *schema.Release) error {
		old := *r
		if err := edit(r); err != nil {
			return err
		}
		if notice {
			r.Changed, r.ChangedAt = e.Serial, e.Time.UnixMilli()
		}
		remember(&old, r, e)
		return nil
	})
}

// remember keeps the rule under which a release was public, if it changed, and
// says since when it is public under the present one.
func remember(old, r *schema.Release, e *events.Event) {
	if date(old) != date(r) || !slices.Equal(entitlements(old), entitlements(r)) {
		if old.PublicBy != 0 {
			r.Was = withPast(old, e)
		}
		r.PublicBy = 0
	}
	if (old.Status == published) != (r.Status == published) {
		r.Turns = append(slices.Clone(old.Turns), e.Serial)
	}
	switch {
	case r.Status == published:
		r.YankedBy = 0
		if r.PublicBy == 0 {
			r.PublicBy = e.Serial
		}
	case r.Status == yanked && r.YankedBy == 0:
		r.YankedBy = e.Serial
	}
}

// withPast adds the present rule of a release to those it had, with the event
// that ends it: those who saw the release by this rule notice the event, and
// their serial must never go back behind it.
func withPast(r *schema.Release, e *events.Event) []schema.Past {
	was := schema.Past{From: r.PublicBy, Until: cmp.Or(r.YankedBy, e.Serial),
		Epoch: schema.Epoch{Constraints: entitlements(r), Date: date(r), Changed: e.Serial, ChangedAt: e.Time.UnixMilli()}}
	var out []schema.Past
	for _, w := range r.Was {
		if w.Date == was.Date && slices.Equal(w.Constraints, was.Constraints) {
			was.From = min(was.From, w.From)
			continue
		}
		out = append(out, w)
	}
	return append(out, was)
}

func releaseUpdated(p *Projector, e *events.Event, d *events.ReleaseSet) error {
	_, tag := d.Set["tag"]
	if d.TagTakenFrom != "" {
		err := p.release(e, d.TagTakenFrom, true, func(r *schema.Release) error { r.Tag = ""; return nil })
		if err != nil && err != errOrphan {
			return err
		}
	}
	return p.release(e, d.Release, tag, func(r *schema.Release) error {
		return fields{"name": &r.Name, "description": &r.Description, "tag": &r.Tag, "backdated": millis{&r.Backdated},
			"metadata": &r.Metadata}.apply(d.Set)
	})
}

func releasePublished(p *Projector, e *events.Event, d *events.ReleasePublication) error {
	return p.release(e, d.Release, true, func(r *schema.Release) error {
		r.Status, r.Yanked, r.YankReason = published, 0, ""
		if r.Published == 0 {
			r.Published = firstPublished(d.Published, e)
		}
		return nil
	})
}

func releaseYanked(p *Projector, e *events.Event, d *events.ReleaseYank) error {
	return p.release(e, d.Release, true, func(r *schema.Release) error {
		r.Status, r.Yanked, r.YankReason = yanked, e.Time.UnixMilli(), d.Reason
		return nil
	})
}

func releaseDeleted(p *Projector, e *events.Event, d *events.ReleaseGone) error {
	return p.dropRelease(e, d.Release)
}

func (p *Projector) dropRelease(e *events.Event, id string) error {
	r, err := get[schema.Release](p.state, e.AccountID, schema.Releases, id)
	if err != nil || r == nil {
		return orphaned(err)
	}
	files, err := p.state.artifactIDs(e.AccountID, id)
	if err != nil {
		return err
	}
	for _, a := range files {
		p.state.remove(schema.RecordKey{Account: e.AccountID, Kind: schema.Artifacts, ID: a})
	}
	p.state.remove(keyOf(r))
	return nil
}

func constraintsAttached(p *Projector, e *events.Event, d *events.ReleaseConstraints) error {
	return p.release(e, d.Release, false, func(r *schema.Release) error {
		r.Constraints = append(slices.Clone(r.Constraints), constraints(d.Constraints, e)...)
		return nil
	})
}

func constraintsDetached(p *Projector, e *events.Event, d *events.ReleaseConstraints) error {
	return p.release(e, d.Release, false, func(r *schema.Release) error {
		r.Constraints = slices.DeleteFunc(slices.Clone(r.Constraints), func(c schema.Constraint) bool {
			return slices.ContainsFunc(d.Constraints, func(x events.Constraint) bool { return x.ID == c.ID })
		})
		return nil
	})
}

// date is the date by which licenses are judged: never the publish time.
func date(r *schema.Release) int64 {
	if r.Backdated != 0 {
		return r.Backdated
	}
	return r.Created
}

// entitlements gives the sorted set that a release is constrained by.
func entitlements(r *schema.Release) []string {
	var out []string
	for _, c := range r.Constraints {
		out = append(out, c.Entitlement)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
