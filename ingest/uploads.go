package ingest

import (
	"strings"

	"offprint/events"
	"offprint/schema"
	"offprint/schema/blobs"
	"offprint/schema/jsonapi"
)

// upload takes the bytes of an artifact. In this order, so that a crash at any
// instant leaves either an artifact that waits or bytes that are whole:
//
//  1. the bytes stream into a blob that has no name yet, and through the sums;
//  2. what was declared is compared; a blob that disagrees is dropped;
//  3. the blob is made durable and named by its digest;
//  4. artifact.stored is appended: the point of no return.
//
// A crash before 4 leaves the artifact waiting; the URL can be used again, and a
// blob that 3 may have left is found by the repeat. A crash after 4 leaves work
// for the validators, which the next start finds in the log.
func (a *API) upload(c *call) (*answer, error) {
	link, ok := a.openLink(c.params["upload"])
	if !ok || link.expiry < c.now() {
		return nil, refusedUpload
	}
	x, err := a.linked(c, link)
	if err != nil {
		return nil, err
	}
	if int64(c.http.Request.Header.ContentLength()) > a.cfg.MaxArtifact {
		return nil, tooLarge(a.cfg.MaxArtifact)
	}
	var serial uint64
	switch x.Status {
	case waiting:
		serial, err = a.receive(c, link, x)
	default:
		err = a.compare(c, x)
	}
	if err != nil {
		return nil, err
	}
	return a.uploadAnswer(c, x, serial)
}

// linked is the artifact that a link opens, and names its account.
func (a *API) linked(c *call, link uploadLink) (*schema.Artifact, error) {
	x, ok, err := load[schema.Artifact](c.ctx, a.store, link.account, schema.Artifacts, link.artifact)
	if err != nil {
		return nil, err
	}
	if !ok || link.target([]schema.Artifact{x}) == nil {
		return nil, refusedUpload
	}
	c.account, err = schema.Get[schema.Account](c.ctx, a.store, "", schema.Accounts, link.account)
	if err != nil {
		return nil, err
	}
	return &x, c.active()
}

// receive stores the body as the bytes of an artifact that waits for them.
func (a *API) receive(c *call, link uploadLink, x *schema.Artifact) (uint64, error) {
	blob, err := a.blobs.Create(c.ctx)
	if err != nil {
		return 0, err
	}
	defer blob.Abort() // does nothing after Commit
	got := blobs.NewSums()
	if err := c.stream(a.cfg.MaxArtifact, got, blob); err != nil {
		return 0, err
	}
	s := stamp{id: a.cfg.NewID(), account: c.account.ID, slug: c.account.Slug, request: c.id, now: c.now()}
	r := &schema.Release{Base: schema.Base{ID: x.Release}, Product: x.Product, Package: x.Package}
	if fault := mismatch(x, got); fault != nil {
		return a.reject(c, s, r, link, got, fault)
	}
	if now, err := a.linked(c, link); err != nil {
		return 0, err
	} else if now.Status != waiting { // another upload was faster
		return 0, repeated(now, got)
	}
	if err := blob.Commit(c.ctx, got.Hex("sha256")); err != nil {
		return 0, err
	}
	var fault *problem
	serial, err := a.onArtifacts(c.ctx, s, events.ArtifactStored, r, func(s stamp, state artifactState) (e *events.Event, err error) {
		e, fault, err = decideStored(s, state, link, got)
		return e, err
	})
	if err == nil && fault != nil {
		err = fault
	}
	return serial, err
}

// reject fails an artifact whose bytes are not what was declared. If another
// upload was faster, its outcome counts.
func (a *API) reject(c *call, s stamp, r *schema.Release, link uploadLink, got *blobs.Sums, fault *problem) (uint64, error) {
	serial, err := a.onArtifacts(c.ctx, s, events.ArtifactFailed, r, func(s stamp, state artifactState) (*events.Event, error) {
		return decideRejected(s, state, link, got, fault)
	})
	if err == nil && serial != 0 {
		err = fault
	}
	return serial, err
}

// compare reads the body of an upload that was made before: the same bytes are
// taken for the same upload, whose answer may have been lost.
func (a *API) compare(c *call, x *schema.Artifact) error {
	if x.Status == failed {
		return repeated(x, blobs.NewSums())
	}
	got := blobs.NewSums()
	if err := c.stream(a.cfg.MaxArtifact, got); err != nil {
		return err
	}
	return repeated(x, got)
}

// uploadAnswer waits for the validation of the file and says what came of it. A
// file that is still being validated, or that was deleted meanwhile, was
// uploaded all the same.
func (a *API) uploadAnswer(c *call, x *schema.Artifact, serial uint64) (*answer, error) {
	err := a.settle(c.ctx, func() (bool, error) {
		now, ok, err := load[schema.Artifact](c.ctx, a.store, x.Account, schema.Artifacts, x.ID)
		if ok {
			x = &now
		}
		return x.Status != processing || !ok, err
	})
	if err != nil {
		return nil, err
	}
	if x.Status == failed {
		code, reason, _ := strings.Cut(x.FailureReason, ": ")
		return nil, &problem{status: 422, code: code, detail: reason}
	}
	return changed(serial, jsonapi.Artifact(x, "")), nil
}
