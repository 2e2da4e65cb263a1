package logtest

import (
	"fmt"
	"time"

	"offprint/events"
)

var channels = []string{"stable", "rc", "beta"}

var tags = []string{"latest", "next", "lts"}

func (r *release) base() events.Base {
	b := r.pkg.base()
	b.Release, b.Version = r.id, r.version
	return b
}

func (w *World) putRelease(r *release, kind events.Kind, data events.Payload) bool {
	return w.put(r.pkg.product.account, kind, "releases/"+r.id, r.pkg.subject(), data)
}

func (w *World) createRelease() bool {
	p, ok := w.anyPkg()
	if !ok || len(p.releases) >= 8 {
		return false
	}
	p.made++
	channel, _ := some(w, channels)
	r := &release{pkg: p, id: w.id(), version: fmt.Sprintf("1.%d.%d", p.made/10, p.made%10), status: "DRAFT"}
	if channel != "stable" {
		r.version += "-" + channel + ".1"
	}
	d := &events.ReleaseData{Channel: channel, Status: r.status}
	for _, id := range subset(w, p.product.account.entitlements) {
		d.Constraints = append(d.Constraints, events.Constraint{ID: w.id(), Entitlement: id})
	}
	r.constraints = append(r.constraints, d.Constraints...)
	if w.chance(30) {
		d.Backdated = events.At(w.now.Add(-time.Duration(w.pick(1000)) * time.Hour))
	}
	if w.chance(30) {
		r.tag, d.Tag = w.freeTag(p)
	}
	if w.chance(30) {
		r.status, r.published = "PUBLISHED", w.now
		d.Status, d.Published = r.status, events.At(w.now)
	}
	d.Base = r.base()
	p.releases = append(p.releases, r)
	return w.putRelease(r, events.ReleaseCreated, d)
}

// freeTag gives a tag of no other release, twice, or nothing.
func (w *World) freeTag(p *pkg) (string, string) {
	tag, _ := some(w, tags)
	for _, r := range p.releases {
		if r.tag == tag {
			return "", ""
		}
	}
	return tag, tag
}

func (w *World) updateRelease() bool {
	r, ok := w.release()
	if !ok {
		return false
	}
	set := events.Set{}
	switch w.pick(4) {
	case 0:
		set.Put("name", fmt.Sprint("Release ", w.pick(9)))
		set.Put("description", "<b>&")
	case 1:
		set.Put("backdated", events.At(w.now.Add(-time.Duration(w.pick(1000))*time.Hour)))
	case 2:
		set.Put("backdated", nil)
		set.Put("metadata", map[string]int{"a": 1})
	case 3:
		r.tag = ""
		set.Put("tag", nil)
	}
	return w.putRelease(r, events.ReleaseUpdated, &events.ReleaseSet{Base: r.base(), Set: set})
}

// moveTag takes a tag from whichever release has it.
func (w *World) moveTag() bool {
	r, ok := w.release()
	if !ok {
		return false
	}
	d := &events.ReleaseSet{Base: r.base(), Set: events.Set{}}
	tag, _ := some(w, tags)
	for _, other := range r.pkg.releases {
		if other != r && other.tag == tag {
			other.tag, d.TagTakenFrom = "", other.id
		}
	}
	r.tag = tag
	d.Set.Put("tag", tag)
	return w.putRelease(r, events.ReleaseUpdated, d)
}

func (w *World) publish() bool {
	r, ok := w.release()
	if !ok || r.status == "PUBLISHED" {
		return false
	}
	d := &events.ReleasePublication{Base: r.base(), Channel: "stable", Tag: r.tag, Again: r.status == "YANKED"}
	if r.published.IsZero() {
		r.published = w.now
	}
	r.status, d.Published = "PUBLISHED", events.At(r.published)
	for _, f := range r.files {
		if f.state == "UPLOADED" {
			d.Artifacts = append(d.Artifacts, events.PublishedFile{ID: f.id, Filename: f.name, Size: f.size, SHA256: f.sha256})
		}
	}
	return w.putRelease(r, events.ReleasePublished, d)
}

func (w *World) yank() bool {
	r, ok := w.release()
	if !ok || r.status != "PUBLISHED" {
		return false
	}
	r.status = "YANKED"
	return w.putRelease(r, events.ReleaseYanked, &events.ReleaseYank{Base: r.base(), Reason: "broken"})
}

func (w *World) deleteRelease() bool {
	r, ok := w.release()
	if !ok || !w.chance(25) {
		return false
	}
	if !w.chance(10) {
		r.pkg.releases = remove(r.pkg.releases, r)
	}
	return w.putRelease(r, events.ReleaseDeleted, &events.ReleaseGone{Base: r.base()})
}

func (w *World) attach() bool {
	r, ok := w.release()
	if !ok {
		return false
	}
	var more []events.Constraint
	for _, id := range subset(w, r.pkg.product.account.entitlements) {
		has := false
		for _, c := range r.constraints {
			has = has || c.Entitlement == id
		}
		if !has {
			more = append(more, events.Constraint{ID: w.id(), Entitlement: id})
		}
	}
	r.constraints = append(r.constraints, more...)
	return len(more) > 0 && w.putRelease(r, events.ReleaseConstraintsAttached, &events.ReleaseConstraints{Base: r.base(), Constraints: more})
}

func (w *World) detach() bool {
	r, ok := w.release()
	if !ok || len(r.constraints) == 0 {
		return false
	}
	c, _ := some(w, r.constraints)
	r.constraints = remove(r.constraints, c)
	return w.putRelease(r, events.ReleaseConstraintsDetached, &events.ReleaseConstraints{Base: r.base(), Constraints: []events.Constraint{c}})
}
