package projector

import (
	"errors"
	"fmt"
	"slices"

	"offprint/events"
	"offprint/schema"
)

// errOrphan says that an event is about something unknown or deleted: it
// changes nothing and is counted.
var errOrphan = errors.New("orphan")

// fold stages what e means. Errors: errOrphan; an error of the store (retry);
// anything else parks the event.
func (p *Projector) fold(e *events.Event) error {
	f, ok := folds[e.Kind]
	if !ok {
		return fmt.Errorf("kind %s has no fold", e.Kind)
	}
	return f(p, e)
}

type foldFunc func(p *Projector, e *events.Event) error

// on adapts a typed fold; the codec guarantees the payload's type.
func on[T events.Payload](f func(p *Projector, e *events.Event, d T) error) foldFunc {
	return func(p *Projector, e *events.Event) error { return f(p, e, e.Data.(T)) }
}

// folds is the lifecycle: one row for each kind.
var folds = map[events.Kind]foldFunc{
	events.AccountCreated: on(accountCreated),
	events.AccountUpdated: on(accountUpdated),

	events.ProductCreated: on(productCreated),
	events.ProductUpdated: on(productUpdated),
	events.ProductDeleted: on(productDeleted),

	events.EntitlementCreated: on(entitlementCreated),
	events.EntitlementUpdated: on(entitlementUpdated),
	events.EntitlementDeleted: on(entitlementDeleted),

	events.PackageCreated: on(packageCreated),
	events.PackageUpdated: on(packageUpdated),
	events.PackageDeleted: on(packageDeleted),

	events.ReleaseCreated:             on(releaseCreated),
	events.ReleaseUpdated:             on(releaseUpdated),
	events.ReleasePublished:           on(releasePublished),
	events.ReleaseYanked:              on(releaseYanked),
	events.ReleaseDeleted:             on(releaseDeleted),
	events.ReleaseConstraintsAttached: on(constraintsAttached),
	events.ReleaseConstraintsDetached: on(constraintsDetached),

	events.ArtifactCreated:   on(artifactCreated),
	events.ArtifactReopened:  on(artifactReopened),
	events.ArtifactStored:    on(artifactStored),
	events.ArtifactProcessed: on(artifactProcessed),
	events.ArtifactFailed:    on(artifactFailed),
	events.ArtifactUpdated:   on(artifactUpdated),
	events.ArtifactDeleted:   on(artifactDeleted),

	events.PolicyCreated:              on(policyCreated),
	events.PolicyUpdated:              on(policyUpdated),
	events.PolicyDeleted:              on(policyDeleted),
	events.PolicyEntitlementsAttached: on(policyGrants),
	events.PolicyEntitlementsDetached: on(policyGrants),

	events.LicenseCreated:              on(licenseCreated),
	events.LicenseUpdated:              on(licenseUpdated),
	events.LicenseSuspended:            on(licenseChanged),
	events.LicenseReinstated:           on(licenseChanged),
	events.LicenseRenewed:              on(licenseChanged),
	events.LicenseRevoked:              on(licenseChanged),
	events.LicenseEntitlementsAttached: on(licenseGrants),
	events.LicenseEntitlementsDetached: on(licenseGrants),

	events.UserCreated: on(userCreated),

	events.TokenGenerated:   on(tokenGenerated),
	events.TokenRegenerated: on(tokenGenerated),
	events.TokenRevoked:     on(tokenRevoked),
}

// base is the beginning of a resource that e creates.
func base(e *events.Event, id string, metadata events.Metadata) schema.Base {
	at := e.Time.UnixMilli()
	return schema.Base{ID: id, Account: e.AccountID, Created: at, Updated: at, Metadata: metadata}
}

// change gets a resource, lets edit change a copy, and stages it with the
// event's time.
func change[T any, P interface {
	*T
	schema.Resource
}](p *Projector, e *events.Event, kind schema.Kind, id string, edit func(*T) error) error {
	account := e.AccountID
	if kind == schema.Accounts {
		account = ""
	}
	old, err := get[T, P](p.state, account, kind, id)
	if err != nil {
		return err
	}
	if old == nil {
		return errOrphan
	}
	next := *old
	if err := edit(&next); err != nil {
		return err
	}
	touch(P(&next), e)
	p.state.put(P(&next))
	return nil
}

// touch sets the time of the last change.
func touch(r schema.Resource, e *events.Event) {
	if b, ok := r.(interface{ Touch(int64) }); ok {
		b.Touch(e.Time.UnixMilli())
	}
}

// merge gives the sorted union of two id sets, or what is left of the first
// without the second.
func merge(have, more []string, attach bool) []string {
	if !attach {
		return slices.DeleteFunc(slices.Clone(have), func(id string) bool { return slices.Contains(more, id) })
	}
	out := append(slices.Clone(have), more...)
	slices.Sort(out)
	return slices.Compact(out)
}
