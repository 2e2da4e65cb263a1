package events

import "encoding/json"

// Base has the members that every event on RELEASES may carry. Ids are UUIDs;
// names are redundant and spare subscribers a look-up; the fold needs only ids.
type Base struct {
	Product  string `json:"product,omitempty"`
	Package  string `json:"package,omitempty"`
	Key      string `json:"key,omitempty"`
	Engine   string `json:"engine,omitempty"`
	Release  string `json:"release,omitempty"`
	Version  string `json:"version,omitempty"`
	Artifact string `json:"artifact,omitempty"`
	Filename string `json:"filename,omitempty"`
}

func (b *Base) base() *Base { return b }

// Set holds changed attributes with their new values; null clears.
// encoding/json writes the members sorted by name.
type Set map[string]json.RawMessage

// Put stores v under name; a nil v clears.
func (s Set) Put(name string, v any) { s[name] = compact(v) }

// Metadata is a publisher's own JSON object, as stored.
type Metadata = json.RawMessage

// AccountData is account.created.
type AccountData struct {
	Account  string          `json:"account"`
	Slug     string          `json:"slug"`
	Name     string          `json:"name"`
	Settings json.RawMessage `json:"settings,omitempty"`
	Status   string          `json:"status,omitempty"`
}

// AccountSet is account.updated.
type AccountSet struct {
	Account string `json:"account"`
	Set     Set    `json:"set"`
}

// ProductData is product.created.
type ProductData struct {
	Base
	Name                 string   `json:"name"`
	Code                 string   `json:"code,omitempty"`
	DistributionStrategy string   `json:"distributionStrategy,omitempty"` // LICENSED when absent
	URL                  string   `json:"url,omitempty"`
	Platforms            []string `json:"platforms,omitempty"`
	Metadata             Metadata `json:"metadata,omitempty"`
}

// ProductSet is product.updated.
type ProductSet struct {
	Base
	Set Set `json:"set"`
}

// ProductGone is product.deleted: its packages, releases and artifacts go too.
type ProductGone struct{ Base }

// EntitlementData is entitlement.created.
type EntitlementData struct {
	Base
	Entitlement string   `json:"entitlement"`
	Name        string   `json:"name"`
	Code        string   `json:"code"`
	Metadata    Metadata `json:"metadata,omitempty"`
}

// EntitlementSet is entitlement.updated.
type EntitlementSet struct {
	Base
	Entitlement string `json:"entitlement"`
	Set         Set    `json:"set"`
}

// EntitlementGone is entitlement.deleted.
type EntitlementGone struct {
	Base
	Entitlement string `json:"entitlement"`
}

// PackageData is package.created.
type PackageData struct {
	Base
	Name     string   `json:"name"`
	Metadata Metadata `json:"metadata,omitempty"`
}

// PackageSet is package.updated.
type PackageSet struct {
	Base
	Set Set `json:"set"`
}

// PackageGone is package.deleted: its releases and artifacts go too.
type PackageGone struct{ Base }

// Constraint ties a release to an entitlement that a caller must hold.
type Constraint struct {
	ID          string `json:"id"`
	Entitlement string `json:"entitlement"`
}

// PublishedFile names a file that a publication made available.
type PublishedFile struct {
	ID       string `json:"id"`
	Filename string `json:"filename"`
	Size     int64  `json:"size"`
	SHA256   string `json:"sha256"`
	Platform string `json:"platform,omitempty"`
	Arch     string `json:"arch,omitempty"`
}

// ReleaseData is release.created. Published and Artifacts are there when the
// release was created with status PUBLISHED.
type ReleaseData struct {
	Base
	Channel     string          `json:"channel"`
	Status      string          `json:"status"`
	Name        string          `json:"name,omitempty"`
	Description string          `json:"description,omitempty"`
	Tag         string          `json:"tag,omitempty"`
	Backdated   Time            `json:"backdated,omitzero"`
	Metadata    Metadata        `json:"metadata,omitempty"`
	Constraints []Constraint    `json:"constraints,omitempty"`
	Published   Time            `json:"published,omitzero"`
	Artifacts   []PublishedFile `json:"artifacts,omitempty"`
}

// ReleaseSet is release.updated. TagTakenFrom is the release that lost its tag
// to this one.
type ReleaseSet struct {
	Base
	Set          Set    `json:"set"`
	TagTakenFrom string `json:"tagTakenFrom,omitempty"`
}

// ReleasePublication is release.published. Published is the time of the first
// publication, so a release published again after a yank keeps it.
type ReleasePublication struct {
	Base
	Channel   string          `json:"channel"`
	Tag       string          `json:"tag,omitempty"`
	Published Time            `json:"published"`
	Artifacts []PublishedFile `json:"artifacts,omitempty"`
	Again     bool            `json:"again,omitempty"`
}

// ReleaseYank is release.yanked.
type ReleaseYank struct {
	Base
	Reason string `json:"reason,omitempty"`
}

// ReleaseGone is release.deleted.
type ReleaseGone struct{ Base }

// ReleaseConstraints is release.constraints-attached and -detached.
type ReleaseConstraints struct {
	Base
	Constraints []Constraint `json:"constraints"`
}

// ArtifactData is artifact.created. Filesize is null when it was not declared.
type ArtifactData struct {
	Base
	Filetype  string   `json:"filetype,omitempty"`
	Filesize  *int64   `json:"filesize,omitempty"`
	Platform  string   `json:"platform,omitempty"`
	Arch      string   `json:"arch,omitempty"`
	Signature string   `json:"signature,omitempty"`
	Checksum  string   `json:"checksum,omitempty"`
	Metadata  Metadata `json:"metadata,omitempty"`
}

// ArtifactSet is artifact.reopened and artifact.updated.
type ArtifactSet struct {
	Base
	Set Set `json:"set"`
}

// ArtifactBytes is artifact.stored: the bytes are durable in the blob store.
type ArtifactBytes struct {
	Base
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
	SHA512 string `json:"sha512"`
	SHA1   string `json:"sha1"`
	MD5    string `json:"md5"`
}

// ArtifactFacts is artifact.processed.
type ArtifactFacts struct {
	Base
	Facts json.RawMessage `json:"facts"`
}

// ArtifactFailure is artifact.failed.
type ArtifactFailure struct {
	Base
	Code   string `json:"code"`
	Reason string `json:"reason"`
}

// ArtifactGone is artifact.deleted.
type ArtifactGone struct {
	Base
	Legal bool `json:"legal,omitempty"`
}

func (*AccountData) kinds() []Kind     { return []Kind{AccountCreated} }
func (*AccountSet) kinds() []Kind      { return []Kind{AccountUpdated} }
func (*ProductData) kinds() []Kind     { return []Kind{ProductCreated} }
func (*ProductSet) kinds() []Kind      { return []Kind{ProductUpdated} }
func (*ProductGone) kinds() []Kind     { return []Kind{ProductDeleted} }
func (*EntitlementData) kinds() []Kind { return []Kind{EntitlementCreated} }
func (*EntitlementSet) kinds() []Kind  { return []Kind{EntitlementUpdated} }
func (*EntitlementGone) kinds() []Kind { return []Kind{EntitlementDeleted} }
func (*PackageData) kinds() []Kind     { return []Kind{PackageCreated} }
func (*PackageSet) kinds() []Kind      { return []Kind{PackageUpdated} }
func (*PackageGone) kinds() []Kind     { return []Kind{PackageDeleted} }
func (*ReleaseData) kinds() []Kind     { return []Kind{ReleaseCreated} }
func (*ReleaseSet) kinds() []Kind      { return []Kind{ReleaseUpdated} }
func (*ReleasePublication) kinds() []Kind {
	return []Kind{ReleasePublished}
}
func (*ReleaseYank) kinds() []Kind { return []Kind{ReleaseYanked} }
func (*ReleaseGone) kinds() []Kind { return []Kind{ReleaseDeleted} }
func (*ReleaseConstraints) kinds() []Kind {
	return []Kind{ReleaseConstraintsAttached, ReleaseConstraintsDetached}
}
func (*ArtifactData) kinds() []Kind    { return []Kind{ArtifactCreated} }
func (*ArtifactSet) kinds() []Kind     { return []Kind{ArtifactReopened, ArtifactUpdated} }
func (*ArtifactBytes) kinds() []Kind   { return []Kind{ArtifactStored} }
func (*ArtifactFacts) kinds() []Kind   { return []Kind{ArtifactProcessed} }
func (*ArtifactFailure) kinds() []Kind { return []Kind{ArtifactFailed} }
func (*ArtifactGone) kinds() []Kind    { return []Kind{ArtifactDeleted} }
