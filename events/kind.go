package events

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"
)

// Kind names what happened: noun, dot, verb.
type Kind string

// The kinds this server writes. A kind is never renamed or reused.
const (
	AccountCreated Kind = "account.created"
	AccountUpdated Kind = "account.updated"

	ProductCreated Kind = "product.created"
	ProductUpdated Kind = "product.updated"
	ProductDeleted Kind = "product.deleted"

	EntitlementCreated Kind = "entitlement.created"
	EntitlementUpdated Kind = "entitlement.updated"
	EntitlementDeleted Kind = "entitlement.deleted"

	PackageCreated Kind = "package.created"
	PackageUpdated Kind = "package.updated"
	PackageDeleted Kind = "package.deleted"

	ReleaseCreated             Kind = "release.created"
	ReleaseUpdated             Kind = "release.updated"
	ReleasePublished           Kind = "release.published"
	ReleaseYanked              Kind = "release.yanked"
	ReleaseDeleted             Kind = "release.deleted"
	ReleaseConstraintsAttached Kind = "release.constraints-attached"
	ReleaseConstraintsDetached Kind = "release.constraints-detached"

	ArtifactCreated   Kind = "artifact.created"
	ArtifactReopened  Kind = "artifact.reopened"
	ArtifactStored    Kind = "artifact.stored"
	ArtifactProcessed Kind = "artifact.processed"
	ArtifactFailed    Kind = "artifact.failed"
	ArtifactUpdated   Kind = "artifact.updated"
	ArtifactDeleted   Kind = "artifact.deleted"

	PolicyCreated              Kind = "policy.created"
	PolicyUpdated              Kind = "policy.updated"
	PolicyDeleted              Kind = "policy.deleted"
	PolicyEntitlementsAttached Kind = "policy.entitlements-attached"
	PolicyEntitlementsDetached Kind = "policy.entitlements-detached"

	LicenseCreated              Kind = "license.created"
	LicenseUpdated              Kind = "license.updated"
	LicenseSuspended            Kind = "license.suspended"
	LicenseReinstated           Kind = "license.reinstated"
	LicenseRenewed              Kind = "license.renewed"
	LicenseRevoked              Kind = "license.revoked"
	LicenseEntitlementsAttached Kind = "license.entitlements-attached"
	LicenseEntitlementsDetached Kind = "license.entitlements-detached"

	UserCreated Kind = "user.created"

	TokenGenerated   Kind = "token.generated"
	TokenRegenerated Kind = "token.regenerated"
	TokenRevoked     Kind = "token.revoked"
)

// Noun is the part of k before the dot.
func (k Kind) Noun() string { n, _, _ := strings.Cut(string(k), "."); return n }

// Verb is the part of k after the dot.
func (k Kind) Verb() string { _, v, _ := strings.Cut(string(k), "."); return v }

// Log is the log on which events of kind k lie.
func (k Kind) Log() Log {
	switch k.Noun() {
	case "policy", "license", "user", "token", "webhook-endpoint":
		return Access
	}
	return Releases
}

// Type is the CloudEvents type of k, in the newest major this server writes.
func (k Kind) Type() string { return "offprint." + string(k) + ".v1" }

// UnknownKindError says that an event was written by a newer server. A
// projector must stop at it: documents would silently differ if it were
// skipped.
type UnknownKindError struct{ Type string }

func (e *UnknownKindError) Error() string {
	return fmt.Sprintf("event type %q is not known to this version", e.Type)
}

// parseType reads a CloudEvents type; unknown kinds and higher majors are an
// *UnknownKindError. What no version of this server would write as a type is
// an ErrDecode.
func parseType(s string) (Kind, error) {
	if kind, known := kindOfType[s]; known {
		return kind, nil
	}
	if typeForm.MatchString(s) {
		return "", &UnknownKindError{s}
	}
	return "", fmt.Errorf("%w: type %q", ErrDecode, s)
}

var typeForm = regexp.MustCompile(`^offprint\.[a-z][a-z0-9-]*\.[a-z][a-z0-9-]*\.v[1-9][0-9]*$`)

// payloads has one value of every payload struct; the kinds are read off them.
var payloads = []Payload{
	&AccountData{}, &AccountSet{}, &ProductData{}, &ProductSet{}, &ProductGone{},
	&EntitlementData{}, &EntitlementSet{}, &EntitlementGone{},
	&PackageData{}, &PackageSet{}, &PackageGone{},
	&ReleaseData{}, &ReleaseSet{}, &ReleasePublication{}, &ReleaseYank{}, &ReleaseGone{}, &ReleaseConstraints{},
	&ArtifactData{}, &ArtifactSet{}, &ArtifactBytes{}, &ArtifactFacts{}, &ArtifactFailure{}, &ArtifactGone{},
	&PolicyData{}, &PolicySet{}, &PolicyGone{}, &PolicyGrants{},
	&LicenseData{}, &LicenseSet{}, &LicenseChange{}, &LicenseGrants{},
	&UserData{}, &TokenData{}, &TokenGone{},
}

var payloadTypes = func() map[Kind]reflect.Type {
	m := map[Kind]reflect.Type{}
	for _, p := range payloads {
		for _, k := range p.kinds() {
			m[k] = reflect.TypeOf(p).Elem()
		}
	}
	return m
}()

var kindOfType = func() map[string]Kind {
	m := map[string]Kind{}
	for k := range payloadTypes {
		m[k.Type()] = k
	}
	return m
}()

// Kinds lists every kind that this version reads and writes, in no order.
func Kinds() []Kind {
	out := make([]Kind, 0, len(payloadTypes))
	for k := range payloadTypes {
		out = append(out, k)
	}
	return out
}
