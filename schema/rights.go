package schema

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"sync"
	"unique"
)

// PrincipalKind says who a caller is.
type PrincipalKind string

// The kinds of principals.
const (
	Anonymous     PrincipalKind = "anonymous"
	LicenseCaller PrincipalKind = "license"
	UserCaller    PrincipalKind = "user"    // role user: sees by its licenses
	ProductCaller PrincipalKind = "product" // product token
	StaffCaller   PrincipalKind = "staff"   // user of any other role
)

// Forever is the cut of a license that never ends; Never admits nothing.
const (
	Forever int64 = math.MaxInt64
	Never   int64 = math.MinInt64
)

// Grant is what one license allows: releases of Product that need nothing but
// Entitlements, dated Cut or before.
type Grant struct {
	License      string
	Product      string
	Entitlements []string // ids, sorted
	Cut          int64    // Unix milliseconds, Forever
	Dead         string   // "" for a live license, else LICENSE_SUSPENDED or LICENSE_BANNED: counts for nothing
	// Until is the instant after which a license that expires under
	// REVOKE_ACCESS counts for nothing; 0: none.
	Until int64
	// Expiry is when the license ends, whatever that means for it; 0: never. It
	// is told to its holder and decides nothing.
	Expiry int64
}

// Rights is everything about a caller that decides what it may see. A value is
// immutable and may be shared. The zero value sees nothing; see AnonymousRights.
type Rights struct {
	Kind    PrincipalKind
	ID      string // of the license, user, product; "" for anonymous
	Account string // id
	Role    string // of staff and users
	Token   string // id of the token used; "" if none
	Product string // of a product token
	Grants  []Grant
}

// AnonymousRights are those of a caller without credential.
func AnonymousRights(account string) *Rights { return &Rights{Kind: Anonymous, Account: account} }

// Privileged says that the caller sees everything of product in any status:
// staff, or the product's own token.
func (r *Rights) Privileged(product string) bool {
	return r.Kind == StaffCaller || r.Kind == ProductCaller && r.Product == product
}

// Cut is the latest date of releases with exactly this constraint set (sorted
// entitlement ids) of this product that the caller may see at the time now:
// Forever, Never, or a date. See the description of views. No allocation.
func (r *Rights) Cut(product, strategy string, set []string, now int64) int64 {
	if r.Privileged(product) {
		return Forever
	}
	if r.Kind == ProductCaller || strategy == "CLOSED" {
		return Never
	}
	if strategy == "OPEN" && len(set) == 0 {
		return Forever
	}
	best := Never
	for i := range r.Grants {
		g := &r.Grants[i]
		if g.Cut > best && g.live(now) && g.Product == product && subset(set, g.Entitlements) {
			best = g.Cut
		}
	}
	return best
}

func (g *Grant) live(now int64) bool {
	return g.Dead == "" && (g.Until == 0 || now <= g.Until)
}

// OnlyDead gives the code (LICENSE_SUSPENDED, LICENSE_BANNED) of a license that
// would allow the release if it were live; "" if there is none. It is asked
// only when Cut says no.
func (r *Rights) OnlyDead(product, strategy string, set []string, date int64) string {
	if strategy == "CLOSED" {
		return ""
	}
	for _, g := range r.Grants {
		if g.Dead != "" && g.Product == product && subset(set, g.Entitlements) && date <= g.Cut {
			return g.Dead
		}
	}
	return ""
}

// SeesPackage is pkg(caller, package) of the access rules: whether the caller
// may know that packages of the product exist.
func (r *Rights) SeesPackage(product, strategy string) bool {
	switch {
	case r.Kind == StaffCaller:
		return true
	case r.Kind == ProductCaller:
		return r.Product == product
	case strategy == "OPEN":
		return true
	case strategy == "CLOSED":
		return false
	}
	for _, g := range r.Grants {
		if g.Product == product {
			return true
		}
	}
	return false
}

// subset reports whether every element of a is in b; both are sorted.
func subset(a, b []string) bool {
	j := 0
	for _, x := range a {
		for j < len(b) && b[j] < x {
			j++
		}
		if j == len(b) || b[j] != x {
			return false
		}
	}
	return true
}

// NewGrant gives what license l under policy p allows. ownerBanned is whether
// the user that owns it is banned.
func NewGrant(l *License, p *Policy, ownerBanned bool) Grant {
	g := Grant{License: l.ID, Product: intern(l.Product), Cut: Forever, Expiry: l.Expiry, Entitlements: union(p.Entitlements, l.Entitlements)}
	switch {
	case ownerBanned:
		g.Dead = "LICENSE_BANNED"
	case l.Suspended:
		g.Dead = "LICENSE_SUSPENDED"
	}
	if l.Expiry != 0 {
		switch p.ExpirationStrategy {
		case "REVOKE_ACCESS":
			g.Until = l.Expiry
		case "ALLOW_ACCESS":
		default: // RESTRICT_ACCESS, MAINTAIN_ACCESS
			g.Cut = l.Expiry
		}
	}
	return g
}

func union(a, b []string) []string {
	out := append(slices.Clone(a), b...)
	slices.Sort(out)
	out = slices.Compact(out)
	for i := range out {
		out[i] = intern(out[i])
	}
	return out
}

// intern gives the one copy of an id that grants and rulesets share, so that
// equal ones are compared by address and lie in few places of memory.
func intern(id string) string { return unique.Make(id).Value() }

// sets has the one copy of each constraint set that rulesets share: sets are few,
// and every request compares those of one document with those of its caller.
var sets sync.Map // key of the set -> []string

func internSet(key string, set []string) []string {
	if own, ok := sets.Load(key); ok {
		return own.([]string)
	}
	own := make([]string, len(set))
	for i, id := range set {
		own[i] = intern(id)
	}
	kept, _ := sets.LoadOrStore(key, own)
	return kept.([]string)
}

// LoadLicense reads a license with its policy and gives its grant. Owner may be
// nil.
func LoadLicense(ctx context.Context, r Records, account, id string) (l License, p Policy, owner *User, err error) {
	if l, err = Get[License](ctx, r, account, Licenses, id); err != nil {
		return
	}
	if p, err = Get[Policy](ctx, r, account, Policies, l.Policy); err != nil {
		return
	}
	if l.Owner != "" {
		u, uerr := Get[User](ctx, r, account, Users, l.Owner)
		if uerr == nil {
			owner = &u
		} else if !errors.Is(uerr, ErrNotFound) {
			err = uerr
		}
	}
	return
}

// BearerParts splits a token's bearer, "licenses/<id>", into kind and id.
func BearerParts(bearer string) (Kind, string) {
	kind, id, _ := strings.Cut(bearer, "/")
	return Kind(kind), id
}
