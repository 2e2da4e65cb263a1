package ingest

import (
	"bytes"
	"slices"

	"offprint/events"
	"offprint/schema"
	"offprint/schema/jsonapi"
)

// onArtifact submits one event about the artifact of the path, if the caller
// may do this to it and it is not deleted, and gives its id.
func (a *API) onArtifact(c *call, x *schema.Artifact, kind events.Kind, decide func(stamp, artifactState, schema.Artifact) (*events.Event, error)) (uint64, error) {
	r := &schema.Release{Base: schema.Base{ID: x.Release}, Product: x.Product, Package: x.Package}
	return a.onArtifacts(c.ctx, c.stamp(), kind, r, func(s stamp, state artifactState) (*events.Event, error) {
		i := slices.IndexFunc(state.files, func(f schema.Artifact) bool { return f.ID == x.ID && f.Status != yanked })
		if i < 0 {
			return nil, notFound("artifact", c.params["artifact"])
		}
		return decide(s, state, state.files[i])
	})
}

// writableArtifact is the artifact of the path, if the caller may do this to it.
func (c *call) writableArtifact(permission string) (*schema.Artifact, error) {
	x, err := c.artifact(c.params["artifact"])
	if err != nil {
		return nil, err
	}
	return x, c.allow(permission, x.Product)
}

func (a *API) updateArtifact(c *call) (*answer, error) {
	x, err := c.writableArtifact("artifact.update")
	if err != nil {
		return nil, err
	}
	in, err := c.body(artifactShape)
	if err != nil {
		return nil, err
	}
	serial, err := a.onArtifact(c, x, events.ArtifactUpdated, func(s stamp, state artifactState, x schema.Artifact) (*events.Event, error) {
		return decideArtifactUpdate(s, state, x, in, a.cfg.MaxArtifact)
	})
	if err != nil {
		return nil, err
	}
	now, err := schema.Get[schema.Artifact](c.ctx, a.store, c.account.ID, schema.Artifacts, x.ID)
	if err != nil {
		return nil, err
	}
	return changed(serial, jsonapi.Artifact(&now, "")), nil
}

func (a *API) deleteArtifact(c *call) (*answer, error) {
	x, err := c.writableArtifact("artifact.delete")
	if err != nil {
		return nil, err
	}
	legal, err := c.takedown()
	if err != nil {
		return nil, err
	}
	serial, err := a.onArtifact(c, x, events.ArtifactDeleted, func(s stamp, state artifactState, x schema.Artifact) (*events.Event, error) {
		return decideArtifactDelete(s, state, x, legal)
	})
	if err != nil {
		return nil, err
	}
	return gone(serial), nil
}

// takedown reads meta.legal of a body that is usually empty: a removal for
// legal reasons, which is said to those who ask for the file. Administrators
// only.
func (c *call) takedown() (bool, error) {
	raw, err := c.read()
	if err != nil || len(bytes.TrimSpace(raw)) == 0 {
		return false, err
	}
	body, err := parseJSON(raw)
	if err != nil {
		return false, err
	}
	meta, _ := body.member("meta")
	legal, found := meta.member("legal")
	switch {
	case !found:
		return false, nil
	case legal.kind != isBool:
		return false, mismatchAt("/meta/legal", legal, "boolean")
	case legal.flag:
		return true, c.allow("artifact.takedown", "")
	}
	return false, nil
}
