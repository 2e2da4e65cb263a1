package ingest

import (
	"slices"
	"strconv"

	"offprint/events"
	"offprint/schema"
)

// maxConstraints is how many constraints a release may have.
const maxConstraints = 20

// newRelease is the command to create a release. constraints are in the order
// of the body's rows, with ids made for them.
type newRelease struct {
	id          string
	product     string
	pkg         string // id; "" without package
	version     string // as stored; "" if what was sent is none
	pre         string
	constraints []events.Constraint
	in          *input
}

// releaseState is what commands about a release are decided on: the state of
// its boundary. Versions and tags of drafts and yanked releases count.
type releaseState struct {
	pkg          *schema.Package // nil: the release has none, or it is gone
	versionTaken bool
	holder       *schema.Release // has the tag that the command wants; nil: nobody
	known        map[string]bool // which entitlements exist
}

func decideReleaseCreate(s stamp, state releaseState, cmd newRelease) (*events.Event, error) {
	in := cmd.in
	var p problems
	at, engine := s.time(), ""
	if state.pkg != nil {
		engine = state.pkg.Engine
		at = s.time(state.pkg.Base)
	}
	p.newVersion(cmd, state.versionTaken)
	p.releaseTexts(in, engine, at)
	if state.holder != nil {
		p.add("tag", "TAG_TAKEN", "already exists")
	}
	switch {
	case cmd.pkg != "" && state.pkg == nil:
		p.add("/data/relationships/package", "PACKAGE_NOT_FOUND", "must exist")
	case cmd.pkg != "" && state.pkg.Product != cmd.product:
		p.add("/data/relationships/package", "PACKAGE_NOT_ALLOWED", "must belong to the release's product")
	}
	p.newConstraints(cmd.constraints, state.known)
	meta, faults := metadata(in)
	if p = append(p, faults...); len(p) > 0 {
		return nil, p
	}
	base := events.Base{Product: cmd.product, Release: cmd.id, Version: cmd.version}
	if state.pkg != nil {
		base.Package, base.Key, base.Engine = state.pkg.ID, state.pkg.Key, engine
	}
	d := &events.ReleaseData{Base: base, Channel: in.text("channel"), Status: draft, Name: in.text("name"), Description: in.text("description"),
		Tag: in.text("tag"), Backdated: eventTime(in.moment("backdated")), Metadata: meta, Constraints: cmd.constraints}
	if in.text("status") == published {
		d.Status, d.Published = published, eventTime(at)
	}
	return s.event(at, events.ReleaseCreated, "releases/"+cmd.id, baseSubject(base), d), nil
}

func (p *problems) newVersion(cmd newRelease, taken bool) {
	p.word("version", cmd.in.text("version"))
	switch {
	case len(*p) > 0:
	case cmd.version == "":
		p.add("version", "VERSION_INVALID", "must be a semantic version: x.y.z, with a pre-release and build metadata if you like, and no leading v")
	case !fitsChannel(cmd.in.text("channel"), cmd.pre):
		p.add("version", "VERSION_CHANNEL_INVALID", "does not fit the channel: stable takes no pre-release, every other channel one that begins with its name")
	case taken:
		p.add("version", "VERSION_TAKEN", "already exists")
	}
}

// releaseTexts checks the attributes that can change later, too. at is the time
// of the event.
func (p *problems) releaseTexts(in *input, engine string, at int64) {
	p.name("name", in.text("name"))
	p.description("description", in.text("description"))
	p.tag(in.text("tag"), engine)
	if in.has("backdated") && !in.isNull("backdated") {
		switch when := in.moment("backdated"); {
		case when > at:
			p.add("backdated", "BACKDATED_INVALID", "must not be in the future")
		case when == 0: // the state keeps 0 for "none"
			p.add("backdated", "BACKDATED_INVALID", "must not be the epoch itself")
		}
	}
}

// newConstraints checks the constraints of a new release.
func (p *problems) newConstraints(list []events.Constraint, known map[string]bool) {
	const at = "/data/relationships/constraints"
	if len(list) > maxConstraints {
		p.add(at, "CONSTRAINTS_TOO_LONG", "is too long (maximum is 20 constraints)")
		return
	}
	seen := map[string]bool{}
	for i, k := range list {
		row := at + "/data/" + strconv.Itoa(i) + "/relationships/entitlement"
		switch {
		case !known[k.Entitlement]:
			p.add(row, "CONSTRAINTS_ENTITLEMENT_NOT_FOUND", "must exist")
		case seen[k.Entitlement]:
			p.add(row, "CONSTRAINTS_ENTITLEMENT_CONFLICT", "is named more than once")
		}
		seen[k.Entitlement] = true
	}
}

// decideReleaseUpdate: force moves the tag from the release that has it, in the
// same event.
func decideReleaseUpdate(s stamp, state releaseState, r schema.Release, in *input, force bool) (*events.Event, error) {
	var p problems
	var m moved
	at := s.time(r.Base)
	p.releaseTexts(in, state.engine(), at)
	from := ""
	if h := state.holder; h != nil && h.ID != r.ID {
		if from = h.ID; !force {
			p.add("tag", "TAG_TAKEN", "already exists")
		}
	}
	m.text(in, "name", r.Name)
	m.text(in, "description", r.Description)
	m.text(in, "tag", r.Tag)
	if in.has("backdated") && in.moment("backdated") != r.Backdated {
		m.put("backdated", eventTime(in.moment("backdated")), in.isNull("backdated"))
	}
	if p = append(p, m.metadata(in, r.Metadata)...); len(p) > 0 || m.set == nil {
		return nil, p.orNil()
	}
	return state.event(s, at, events.ReleaseUpdated, &r, &events.ReleaseSet{Base: state.base(&r), Set: m.set, TagTakenFrom: from}), nil
}

func decideReleaseDelete(s stamp, state releaseState, r schema.Release) (*events.Event, error) {
	return state.event(s, s.time(r.Base), events.ReleaseDeleted, &r, &events.ReleaseGone{Base: state.base(&r)}), nil
}

func decideConstraintsAttach(s stamp, state releaseState, r schema.Release, list []events.Constraint) (*events.Event, error) {
	if len(r.Constraints)+len(list) > maxConstraints {
		return nil, unprocessable("/data", "CONSTRAINTS_TOO_LONG", "is too long (maximum is 20 constraints)")
	}
	var p problems
	seen := constrainedBy(&r)
	for i, k := range list {
		switch {
		case !state.known[k.Entitlement]:
			p.add(row(i)+"/relationships/entitlement", "ENTITLEMENT_NOT_FOUND", "must exist")
		case slices.Contains(seen, k.Entitlement):
			p.add(row(i)+"/relationships/entitlement", "ENTITLEMENT_TAKEN", "already exists")
		}
		seen = append(seen, k.Entitlement)
	}
	if len(p) > 0 {
		return nil, p
	}
	return state.event(s, s.time(r.Base), events.ReleaseConstraintsAttached, &r,
		&events.ReleaseConstraints{Base: state.base(&r), Constraints: list}), nil
}

// decideConstraintsDetach: all or nothing.
func decideConstraintsDetach(s stamp, state releaseState, r schema.Release, links []link) (*events.Event, error) {
	var p problems
	var list []events.Constraint
	for i, l := range links {
		at := slices.IndexFunc(r.Constraints, func(k schema.Constraint) bool { return k.ID == l.id })
		if at < 0 {
			p.add(row(i), "CONSTRAINT_NOT_FOUND", "is not attached")
			continue
		}
		if k := (events.Constraint{ID: l.id, Entitlement: r.Constraints[at].Entitlement}); !slices.Contains(list, k) {
			list = append(list, k)
		}
	}
	if len(p) > 0 {
		return nil, p
	}
	return state.event(s, s.time(r.Base), events.ReleaseConstraintsDetached, &r,
		&events.ReleaseConstraints{Base: state.base(&r), Constraints: list}), nil
}

// engine is that of the release's package, "" without one.
func (s releaseState) engine() string {
	if s.pkg == nil {
		return ""
	}
	return s.pkg.Engine
}

// base has the base members of events about r.
func (s releaseState) base(r *schema.Release) events.Base {
	b := events.Base{Product: r.Product, Release: r.ID, Version: r.Version}
	if s.pkg != nil {
		b.Package, b.Key, b.Engine = s.pkg.ID, s.pkg.Key, s.pkg.Engine
	}
	return b
}

func (s releaseState) event(st stamp, at int64, kind events.Kind, r *schema.Release, d events.Payload) *events.Event {
	return st.event(at, kind, "releases/"+r.ID, baseSubject(s.base(r)), d)
}

// baseSubject is where events with these base members lie.
func baseSubject(b events.Base) events.Subject {
	return events.Subject{Product: b.Product, Package: b.Key}
}
