package ingest

import (
	"context"

	"offprint/events"
	"offprint/schema"
	"offprint/schema/jsonapi"
)

// writableRelease is the release of the path, if the caller may do this to it.
func (c *call) writableRelease(permission string) (*schema.Release, error) {
	r, err := c.release(c.params["release"])
	if err != nil {
		return nil, err
	}
	return r, c.allow(permission, r.Product)
}

// onRelease submits one event about a release that exists; tag is the one that
// the command wants.
func (a *API) onRelease(c *call, kind events.Kind, r *schema.Release, tag string, decide func(stamp, releaseState, schema.Release) (*events.Event, error)) (uint64, error) {
	s := c.stamp()
	where, err := a.place(c.ctx, s.account, r.Product, r.Package)
	if err != nil {
		return 0, err
	}
	return a.submit(c.ctx, s.boundary(kind, where), func(ctx context.Context, _ uint64) (*events.Event, error) {
		x, err := schema.Get[schema.Release](ctx, a.store, s.account, schema.Releases, r.ID)
		if err != nil {
			return nil, err
		}
		state, err := a.readReleaseState(ctx, s.account, x.Product, x.Package, tag)
		if err != nil {
			return nil, err
		}
		return decide(s, state, x)
	})
}

// showReleaseNow answers a write with the release as it is stored now.
func (c *call) showReleaseNow(id string, serial uint64) (*answer, error) {
	r, err := schema.Get[schema.Release](c.ctx, c.api.store, c.account.ID, schema.Releases, id)
	if err != nil {
		return nil, err
	}
	return changed(serial, jsonapi.Release(&r)), nil
}

func (a *API) updateRelease(c *call) (*answer, error) {
	r, err := c.writableRelease("release.update")
	if err != nil {
		return nil, err
	}
	in, err := c.body(releaseShape)
	if err != nil {
		return nil, err
	}
	serial, err := a.onRelease(c, events.ReleaseUpdated, r, in.text("tag"), func(s stamp, state releaseState, x schema.Release) (*events.Event, error) {
		return decideReleaseUpdate(s, state, x, in, in.meta["force"].flag)
	})
	if err != nil {
		return nil, err
	}
	return c.showReleaseNow(r.ID, serial)
}

func (a *API) deleteRelease(c *call) (*answer, error) {
	r, err := c.writableRelease("release.delete")
	if err != nil {
		return nil, err
	}
	serial, err := a.onRelease(c, events.ReleaseDeleted, r, "", decideReleaseDelete)
	if err != nil {
		return nil, err
	}
	return gone(serial), nil
}

// publishRelease reads no body. It answers when the files that were being
// validated have settled.
func (a *API) publishRelease(c *call) (*answer, error) {
	r, err := c.writableRelease("release.publish")
	if err != nil {
		return nil, err
	}
	serial, err := a.onRelease(c, events.ReleasePublished, r, "", func(s stamp, state releaseState, x schema.Release) (*events.Event, error) {
		files, err := a.filesOf(c.ctx, s.account, x.ID)
		if err != nil {
			return nil, err
		}
		return decidePublish(s, state, x, files)
	})
	if err != nil {
		return nil, err
	}
	if err := a.settle(c.ctx, func() (bool, error) { return a.settled(c.ctx, r) }); err != nil {
		return nil, err
	}
	return c.showReleaseNow(r.ID, serial)
}

// filesOf gives the artifacts of a release, oldest first.
func (a *API) filesOf(ctx context.Context, account, release string) ([]schema.Artifact, error) {
	return all[schema.Artifact](ctx, a.store, schema.Query{Account: account, Kind: schema.Artifacts, Release: &release, Ascending: true})
}

// settled says whether none of the release's files is being validated.
func (a *API) settled(ctx context.Context, r *schema.Release) (bool, error) {
	files, err := a.filesOf(ctx, r.Account, r.ID)
	for i := range files {
		if files[i].Status == processing {
			return false, err
		}
	}
	return true, err
}

func (a *API) yankRelease(c *call) (*answer, error) {
	r, err := c.writableRelease("release.yank")
	if err != nil {
		return nil, err
	}
	reason, err := c.reason()
	if err != nil {
		return nil, err
	}
	serial, err := a.onRelease(c, events.ReleaseYanked, r, "", func(s stamp, state releaseState, x schema.Release) (*events.Event, error) {
		return decideYank(s, state, x, reason)
	})
	if err != nil {
		return nil, err
	}
	return c.showReleaseNow(r.ID, serial)
}

// reason reads meta.reason of a body that may be anything, or nothing.
func (c *call) reason() (string, error) {
	raw, err := c.read()
	if err != nil {
		return "", err
	}
	body, err := parseJSON(raw)
	if err != nil {
		return "", nil // not checked
	}
	meta, _ := body.member("meta")
	reason, _ := meta.member("reason")
	if reason.kind != isNull && reason.kind != isString {
		return "", mismatchAt("/meta/reason", reason, "string")
	}
	return reason.text, nil
}
