package ingest

import (
	"cmp"
	"slices"

	"offprint/events"
	"offprint/schema"
	"offprint/schema/jsonapi"
)

func (a *API) listConstraints(c *call) (*answer, error) {
	r, err := c.release(c.params["release"])
	if err != nil {
		return nil, err
	}
	list := slices.Clone(r.Constraints)
	slices.SortFunc(list, func(x, y schema.Constraint) int {
		return cmp.Or(cmp.Compare(x.Created, y.Created), cmp.Compare(x.ID, y.ID))
	})
	parts := make([]jsonapi.Resource, len(list))
	for i, k := range list {
		parts[i] = jsonapi.Constraint(r, k)
	}
	return c.listParts(parts)
}

func (a *API) showConstraint(c *call) (*answer, error) {
	r, err := c.release(c.params["release"])
	if err != nil {
		return nil, err
	}
	word := c.params["constraint"]
	id := uuidOf(word)
	for _, k := range r.Constraints {
		if id != "" && k.ID == id {
			return show(jsonapi.Constraint(r, k)), nil
		}
	}
	return nil, notFound("constraint", word)
}

// attachConstraints answers with what was attached.
func (a *API) attachConstraints(c *call) (*answer, error) {
	r, err := c.writableRelease("release.constraints.attach")
	if err != nil {
		return nil, err
	}
	links, err := c.linkage(constraintLinks, maxGrants)
	if err != nil {
		return nil, err
	}
	list := a.newConstraints(links)
	serial, err := a.onRelease(c, events.ReleaseConstraintsAttached, r, "", func(s stamp, state releaseState, x schema.Release) (*events.Event, error) {
		known, err := a.knownEntitlements(c.ctx, s.account, entitlementsOf(list))
		if err != nil {
			return nil, err
		}
		state.known = known
		return decideConstraintsAttach(s, state, x, list)
	})
	if err != nil {
		return nil, err
	}
	x, err := schema.Get[schema.Release](c.ctx, a.store, c.account.ID, schema.Releases, r.ID)
	if err != nil {
		return nil, err
	}
	data := []jsonapi.Resource{}
	for _, k := range x.Constraints {
		if slices.ContainsFunc(list, func(n events.Constraint) bool { return n.ID == k.ID }) {
			data = append(data, jsonapi.Constraint(&x, k))
		}
	}
	return &answer{serial: serial, doc: jsonapi.Document{Data: data}}, nil
}

func (a *API) detachConstraints(c *call) (*answer, error) {
	r, err := c.writableRelease("release.constraints.detach")
	if err != nil {
		return nil, err
	}
	links, err := c.linkage(relation{resource: "constraints", many: true}, maxGrants)
	if err != nil {
		return nil, err
	}
	serial, err := a.onRelease(c, events.ReleaseConstraintsDetached, r, "", func(s stamp, state releaseState, x schema.Release) (*events.Event, error) {
		return decideConstraintsDetach(s, state, x, links)
	})
	if err != nil {
		return nil, err
	}
	return gone(serial), nil
}
