package schema

import "encoding/json"

// Base is what every resource has. Times are Unix milliseconds.
type Base struct {
	ID       string          `json:"id"`
	Account  string          `json:"account"` // id
	Created  int64           `json:"created"`
	Updated  int64           `json:"updated"`
	Metadata json.RawMessage `json:"metadata,omitempty"`
}

// Account is a tenant. Found by slug. Its own id is also in Base.Account.
type Account struct {
	Base
	Slug     string          `json:"slug"`
	Name     string          `json:"name"`
	Status   string          `json:"status"` // ACTIVE, INACTIVE
	Settings json.RawMessage `json:"settings,omitempty"`
}

// Product is found by code.
type Product struct {
	Base
	Name      string   `json:"name"`
	Code      string   `json:"code,omitempty"`
	Strategy  string   `json:"strategy"` // LICENSED, OPEN, CLOSED
	URL       string   `json:"url,omitempty"`
	Platforms []string `json:"platforms,omitempty"`
}

// Package is found by key.
type Package struct {
	Base
	Product string `json:"product"`
	Name    string `json:"name"`
	Key     string `json:"key"`
	Engine  string `json:"engine,omitempty"`
	// Releases counts the releases ever made, so that the engine may change
	// while it is 0.
	Releases int `json:"releases,omitempty"`
}

// Constraint ties a release to an entitlement.
type Constraint struct {
	ID          string `json:"id"`
	Entitlement string `json:"entitlement"`
	Created     int64  `json:"created"`
}

// Release is found by version, and by tag through Record.Tag.
type Release struct {
	Base
	Product     string       `json:"product"`
	Package     string       `json:"package,omitempty"`
	Version     string       `json:"version"`
	Channel     string       `json:"channel"`
	Status      string       `json:"status"` // DRAFT, PUBLISHED, YANKED
	Name        string       `json:"name,omitempty"`
	Description string       `json:"description,omitempty"`
	Tag         string       `json:"tag,omitempty"`
	Backdated   int64        `json:"backdated,omitempty"`
	Published   int64        `json:"published,omitempty"` // first publication
	Yanked      int64        `json:"yanked,omitempty"`
	YankReason  string       `json:"yankReason,omitempty"`
	Constraints []Constraint `json:"constraints,omitempty"`
	CreatedAt   uint64       `json:"createdAt"` // serial of its creation
	// Changed and ChangedAt are the last event that viewers may notice, other
	// than one about a file; see Rule.
	Changed   uint64 `json:"changed"`
	ChangedAt int64  `json:"changedAt"`
	// PublicBy is the serial since which it has been published under its present
	// constraints and date, 0 if it never was; YankedBy that of its yank, 0 if it
	// is not yanked.
	PublicBy uint64 `json:"publicBy,omitempty"`
	YankedBy uint64 `json:"yankedBy,omitempty"`
	Was      []Past `json:"was,omitempty"` // in the order in which they ended
	// Turns are the serials at which it was published, yanked, published again
	// and so on.
	Turns []uint64 `json:"turns,omitempty"`
}

// Past is a rule under which a release was public before, from one serial until
// another; between the first and the last of these it may have been under other
// rules, or yanked.
type Past struct {
	Epoch
	From  uint64 `json:"from"`
	Until uint64 `json:"until"`
}

// Artifact is found by filename; one in status YANKED (deleted) by nothing.
type Artifact struct {
	Base
	Product       string          `json:"product"`
	Package       string          `json:"package,omitempty"`
	Engine        string          `json:"engine,omitempty"`
	Release       string          `json:"release"`
	Filename      string          `json:"filename"`
	Filetype      string          `json:"filetype,omitempty"`
	Filesize      *int64          `json:"filesize,omitempty"` // declared, then actual
	Platform      string          `json:"platform,omitempty"`
	Arch          string          `json:"arch,omitempty"`
	Signature     string          `json:"signature,omitempty"`
	Checksum      string          `json:"checksum,omitempty"` // declared
	Status        string          `json:"status"`             // WAITING, PROCESSING, UPLOADED, FAILED, YANKED
	FailureReason string          `json:"failureReason,omitempty"`
	Legal         bool            `json:"legal,omitempty"`
	Generation    int             `json:"generation,omitempty"` // of the upload link: how often it was opened anew
	Size          int64           `json:"size,omitempty"`
	SHA256        string          `json:"sha256,omitempty"`
	SHA512        string          `json:"sha512,omitempty"`
	SHA1          string          `json:"sha1,omitempty"`
	MD5           string          `json:"md5,omitempty"`
	Facts         json.RawMessage `json:"facts,omitempty"`
	Processed     int64           `json:"processed,omitempty"`   // time of artifact.processed
	ProcessedBy   uint64          `json:"processedBy,omitempty"` // serial of the first artifact.processed of these bytes
	FactsBy       uint64          `json:"factsBy,omitempty"`     // serial of the last one: its facts count
	Changed       uint64          `json:"changed"`               // last event that viewers may notice
	ChangedAt     int64           `json:"changedAt"`
}

// Entitlement is found by code.
type Entitlement struct {
	Base
	Name string `json:"name"`
	Code string `json:"code"`
}

// Policy is found by nothing but its id.
type Policy struct {
	Base
	Product                string   `json:"product"`
	Name                   string   `json:"name"`
	Duration               int64    `json:"duration,omitempty"` // seconds; 0: none
	ExpirationStrategy     string   `json:"expirationStrategy"`
	ExpirationBasis        string   `json:"expirationBasis"`
	RenewalBasis           string   `json:"renewalBasis"`
	AuthenticationStrategy string   `json:"authenticationStrategy"`
	Entitlements           []string `json:"entitlements,omitempty"` // ids, sorted
}

// License is found by the keyed digest of its key.
type License struct {
	Base
	Product      string   `json:"product"`
	Policy       string   `json:"policy"`
	Owner        string   `json:"owner,omitempty"` // user id
	Name         string   `json:"name,omitempty"`
	KeyDigest    string   `json:"keyDigest"`
	KeyPrefix    string   `json:"keyPrefix,omitempty"`
	Expiry       int64    `json:"expiry,omitempty"` // Unix milliseconds; 0: none
	Suspended    bool     `json:"suspended,omitempty"`
	Entitlements []string `json:"entitlements,omitempty"` // its own ids, sorted
	Users        []string `json:"users,omitempty"`
}

// User is found by e-mail.
type User struct {
	Base
	Email        string `json:"email,omitempty"`
	FirstName    string `json:"firstName,omitempty"`
	LastName     string `json:"lastName,omitempty"`
	Role         string `json:"role"` // admin, developer, sales, support, read-only, user
	PasswordHash string `json:"passwordHash,omitempty"`
	Banned       bool   `json:"banned,omitempty"`
}

// Token is found by the keyed digest of its text.
type Token struct {
	Base
	Kind   string `json:"kind"`   // admin-token, product-token, ...
	Bearer string `json:"bearer"` // "users/<id>", "products/<id>", "licenses/<id>"
	Digest string `json:"digest"`
	Prefix string `json:"prefix,omitempty"`
	Name   string `json:"name,omitempty"`
	Expiry int64  `json:"expiry,omitempty"`
}

func (b Base) record(kind Kind, v any) Record {
	return Record{Account: b.Account, Kind: kind, ID: b.ID, Created: b.Created, Body: body(v)}
}

// Record implements Resource.
func (a *Account) Record() Record {
	r := a.record(Accounts, a)
	r.Account, r.Name = "", Fold(a.Slug)
	return r
}

// Record implements Resource.
func (p *Product) Record() Record {
	r := p.record(Products, p)
	r.Name = Fold(p.Code)
	return r
}

// Record implements Resource.
func (p *Package) Record() Record {
	r := p.record(Packages, p)
	r.Product, r.Name = p.Product, Fold(p.Key)
	return r
}

// Record implements Resource.
func (x *Release) Record() Record {
	r := x.record(Releases, x)
	r.Product, r.Package, r.Name, r.Tag = x.Product, x.Package, x.Version, x.Tag
	return r
}

// Record implements Resource.
func (a *Artifact) Record() Record {
	r := a.record(Artifacts, a)
	r.Product, r.Package, r.Release = a.Product, a.Package, a.Release
	if a.Status != "YANKED" {
		r.Name = a.Filename
	}
	return r
}

// Record implements Resource.
func (e *Entitlement) Record() Record {
	r := e.record(Entitlements, e)
	r.Name = Fold(e.Code)
	return r
}

// Record implements Resource.
func (p *Policy) Record() Record {
	r := p.record(Policies, p)
	r.Product = p.Product
	return r
}

// Record implements Resource.
func (l *License) Record() Record {
	r := l.record(Licenses, l)
	r.Product, r.Parent, r.Name = l.Product, l.Policy, l.KeyDigest
	return r
}

// Record implements Resource.
func (u *User) Record() Record {
	r := u.record(Users, u)
	r.Name = Fold(u.Email)
	return r
}

// Record implements Resource.
func (t *Token) Record() Record {
	r := t.record(Tokens, t)
	r.Parent, r.Name = t.Bearer, t.Digest
	return r
}

// Touch sets the time of the last change, in Unix milliseconds.
func (b *Base) Touch(at int64) { b.Updated = at }
