package ingest

import (
	"context"
	"strings"

	"github.com/valyala/fasthttp"

	"offprint/events"
	"offprint/schema"
	"offprint/schema/jsonapi"
)

// createArtifact answers with the URL to which the bytes are to be sent.
func (a *API) createArtifact(c *call) (*answer, error) {
	if err := c.allow("artifact.create", ""); err != nil {
		return nil, err
	}
	in, err := c.body(newArtifactShape)
	if err != nil {
		return nil, err
	}
	r, err := c.targetRelease(in.link("release"))
	if err != nil {
		return nil, err
	}
	cmd := newArtifact{id: a.cfg.MakeID(), limit: a.cfg.MaxArtifact, in: in}
	id := ""
	serial, err := a.onArtifacts(c.ctx, c.stamp(), events.ArtifactCreated, r, func(s stamp, state artifactState) (e *events.Event, err error) {
		id, e, err = decideArtifactCreate(s, state, cmd)
		return e, err
	})
	if err != nil {
		return nil, err
	}
	x, err := schema.Get[schema.Artifact](c.ctx, a.store, c.account.ID, schema.Artifacts, id)
	if err != nil {
		return nil, err
	}
	return c.invite(&x, serial), nil
}

// targetRelease is the release that a new artifact is to belong to.
func (c *call) targetRelease(id string) (*schema.Release, error) {
	r, ok, err := load[schema.Release](c.ctx, c.api.store, c.account.ID, schema.Releases, id)
	switch {
	case err != nil:
		return nil, err
	case !ok:
		return nil, unprocessable("/data/relationships/release", "RELEASE_NOT_FOUND", "must exist")
	}
	return &r, c.allow("artifact.create", r.Product)
}

// invite shows an artifact and where its bytes are to be sent, as a redirect
// unless the client prefers none.
func (c *call) invite(x *schema.Artifact, serial uint64) *answer {
	location := c.api.hosts.Base(c.http) + "/v1/uploads/" + c.api.uploadLink(uploadLink{x.Account, x.ID, x.Generation, c.now() + uploadLife})
	ans := &answer{status: fasthttp.StatusTemporaryRedirect, serial: serial, doc: jsonapi.Document{Data: jsonapi.Artifact(x, location)},
		headers: [][2]string{{"Location", location}}}
	if c.prefers("no-redirect") {
		ans.status = fasthttp.StatusOK
	}
	return ans
}

// prefers says whether the client states a preference (RFC 7240), by header or
// by ?prefer=.
func (c *call) prefers(token string) bool {
	stated := append(c.http.Request.Header.PeekAll("Prefer"), []byte(c.query.get("prefer")))
	for _, line := range stated {
		for one := range strings.SplitSeq(string(line), ",") {
			name, _, _ := strings.Cut(one, ";")
			if strings.EqualFold(strings.TrimSpace(name), token) {
				return true
			}
		}
	}
	return false
}

// onArtifacts submits one event about a file of release r.
func (a *API) onArtifacts(ctx context.Context, s stamp, kind events.Kind, r *schema.Release, decide func(stamp, artifactState) (*events.Event, error)) (uint64, error) {
	where, err := a.place(ctx, s.account, r.Product, r.Package)
	if err != nil {
		return 0, err
	}
	return a.submit(ctx, s.boundary(kind, where), func(ctx context.Context, _ uint64) (*events.Event, error) {
		state, err := a.readArtifactState(ctx, s.account, r)
		if err != nil {
			return nil, err
		}
		return decide(s, state)
	})
}

func (a *API) readArtifactState(ctx context.Context, account string, r *schema.Release) (state artifactState, err error) {
	x, ok, err := load[schema.Release](ctx, a.store, account, schema.Releases, r.ID)
	if err != nil || !ok {
		return state, err
	}
	state.release = &x
	if state.releaseState, err = a.readReleaseState(ctx, account, x.Product, x.Package, ""); err != nil {
		return state, err
	}
	state.files, err = a.filesOf(ctx, account, x.ID)
	return state, err
}
