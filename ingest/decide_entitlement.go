package ingest

import (
	"slices"
	"strconv"

	"offprint/events"
	"offprint/schema"
)

// decideEntitlementCreate: twins have the code already.
func decideEntitlementCreate(s stamp, id string, twins []schema.Entitlement, in *input) (*events.Event, error) {
	var p problems
	p.name("name", in.text("name"))
	p.code(in.text("code"), len(twins) > 0)
	meta, faults := metadata(in)
	if p = append(p, faults...); len(p) > 0 {
		return nil, p
	}
	return s.event(s.time(), events.EntitlementCreated, "entitlements/"+id, events.Subject{},
		&events.EntitlementData{Entitlement: id, Name: in.text("name"), Code: in.text("code"), Metadata: meta}), nil
}

func decideEntitlementUpdate(s stamp, x schema.Entitlement, twins []schema.Entitlement, in *input) (*events.Event, error) {
	var p problems
	var m moved
	p.name("name", in.text("name"))
	p.code(in.text("code"), slices.ContainsFunc(twins, func(t schema.Entitlement) bool { return t.ID != x.ID }))
	m.text(in, "name", x.Name)
	m.text(in, "code", x.Code)
	if p = append(p, m.metadata(in, x.Metadata)...); len(p) > 0 || m.set == nil {
		return nil, p.orNil()
	}
	return s.event(s.time(x.Base), events.EntitlementUpdated, "entitlements/"+x.ID, events.Subject{},
		&events.EntitlementSet{Entitlement: x.ID, Set: m.set}), nil
}

// decideEntitlementDelete: used says that a release is constrained by it, and
// deleting it would drop what the constraint protects.
func decideEntitlementDelete(s stamp, x schema.Entitlement, used bool) (*events.Event, error) {
	if used {
		return nil, unprocessable("/data", "ENTITLEMENT_IN_USE", "constrains a release")
	}
	return s.event(s.time(x.Base), events.EntitlementDeleted, "entitlements/"+x.ID, events.Subject{}, &events.EntitlementGone{Entitlement: x.ID}), nil
}

// attachFaults checks ids to be attached: known says which exist, have and
// policy hold what is granted already.
func attachFaults(links []link, known map[string]bool, have, policy []string) problems {
	var p problems
	seen := map[string]bool{}
	for i, l := range links {
		switch {
		case !known[l.id]:
			p.add(row(i), "ENTITLEMENT_NOT_FOUND", "must exist")
		case slices.Contains(policy, l.id):
			p.add(row(i), "ENTITLEMENT_CONFLICT", "already exists by the policy")
		case slices.Contains(have, l.id), seen[l.id]:
			p.add(row(i), "ENTITLEMENT_TAKEN", "already exists")
		}
		seen[l.id] = true
	}
	return p
}

// detachFaults checks ids to be detached: all or nothing.
func detachFaults(links []link, have []string) problems {
	var p problems
	for i, l := range links {
		if !slices.Contains(have, l.id) {
			p.add(row(i), "ENTITLEMENT_NOT_FOUND", "is not attached")
		}
	}
	return p
}

// row points at one item of a list of identifiers.
func row(i int) string { return "/data/" + strconv.Itoa(i) }

// linkIDs gives the ids, sorted, no duplicates.
func linkIDs(links []link) []string {
	var out []string
	for _, l := range links {
		out = append(out, l.id)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
