package events

// Payloads of the private log. Secrets are here as keyed digests only
// (schema.Digest), together with the prefix that may be shown.

// PolicyData is policy.created. Duration is in seconds; 0 means no expiry.
type PolicyData struct {
	Policy                 string   `json:"policy"`
	Name                   string   `json:"name"`
	Product                string   `json:"product"`
	Duration               int64    `json:"duration,omitempty"`
	ExpirationStrategy     string   `json:"expirationStrategy,omitempty"` // RESTRICT_ACCESS when absent
	ExpirationBasis        string   `json:"expirationBasis,omitempty"`
	RenewalBasis           string   `json:"renewalBasis,omitempty"`
	AuthenticationStrategy string   `json:"authenticationStrategy,omitempty"` // MIXED when absent
	Metadata               Metadata `json:"metadata,omitempty"`
	Entitlements           []string `json:"entitlements,omitempty"`
}

// PolicySet is policy.updated.
type PolicySet struct {
	Policy string `json:"policy"`
	Set    Set    `json:"set"`
}

// PolicyGone is policy.deleted: its licenses go too.
type PolicyGone struct {
	Policy string `json:"policy"`
}

// PolicyGrants is policy.entitlements-attached and -detached.
type PolicyGrants struct {
	Policy       string   `json:"policy"`
	Entitlements []string `json:"entitlements"`
}

// LicenseData is license.created.
type LicenseData struct {
	License      string   `json:"license"`
	Policy       string   `json:"policy"`
	Product      string   `json:"product"`
	Name         string   `json:"name,omitempty"`
	KeyDigest    string   `json:"keyDigest"`
	KeyPrefix    string   `json:"keyPrefix,omitempty"`
	Expiry       Time     `json:"expiry,omitzero"`
	Owner        string   `json:"owner,omitempty"`
	Metadata     Metadata `json:"metadata,omitempty"`
	Entitlements []string `json:"entitlements,omitempty"`
}

// LicenseSet is license.updated.
type LicenseSet struct {
	License string `json:"license"`
	Set     Set    `json:"set"`
}

// LicenseChange is license.suspended, .reinstated, .renewed and .revoked.
// Expiry is the new expiry of a renewal.
type LicenseChange struct {
	License string `json:"license"`
	Expiry  Time   `json:"expiry,omitzero"`
}

// LicenseGrants is license.entitlements-attached and -detached.
type LicenseGrants struct {
	License      string   `json:"license"`
	Entitlements []string `json:"entitlements"`
}

// UserData is user.created.
type UserData struct {
	User         string   `json:"user"`
	Email        string   `json:"email,omitempty"`
	FirstName    string   `json:"firstName,omitempty"`
	LastName     string   `json:"lastName,omitempty"`
	Role         string   `json:"role"`
	PasswordHash string   `json:"passwordHash,omitempty"`
	Metadata     Metadata `json:"metadata,omitempty"`
}

// TokenData is token.generated and token.regenerated. Bearer is
// "users/<id>", "products/<id>" or "licenses/<id>".
type TokenData struct {
	Token       string `json:"token"`
	Kind        string `json:"kind"`
	Bearer      string `json:"bearer"`
	TokenDigest string `json:"tokenDigest"`
	TokenPrefix string `json:"tokenPrefix,omitempty"`
	Name        string `json:"name,omitempty"`
	Expiry      Time   `json:"expiry,omitzero"`
}

// TokenGone is token.revoked.
type TokenGone struct {
	Token string `json:"token"`
}

func (*PolicyData) kinds() []Kind { return []Kind{PolicyCreated} }
func (*PolicySet) kinds() []Kind  { return []Kind{PolicyUpdated} }
func (*PolicyGone) kinds() []Kind { return []Kind{PolicyDeleted} }
func (*PolicyGrants) kinds() []Kind {
	return []Kind{PolicyEntitlementsAttached, PolicyEntitlementsDetached}
}
func (*LicenseData) kinds() []Kind { return []Kind{LicenseCreated} }
func (*LicenseSet) kinds() []Kind  { return []Kind{LicenseUpdated} }
func (*LicenseChange) kinds() []Kind {
	return []Kind{LicenseSuspended, LicenseReinstated, LicenseRenewed, LicenseRevoked}
}
func (*LicenseGrants) kinds() []Kind {
	return []Kind{LicenseEntitlementsAttached, LicenseEntitlementsDetached}
}
func (*UserData) kinds() []Kind  { return []Kind{UserCreated} }
func (*TokenData) kinds() []Kind { return []Kind{TokenGenerated, TokenRegenerated} }
func (*TokenGone) kinds() []Kind { return []Kind{TokenRevoked} }
