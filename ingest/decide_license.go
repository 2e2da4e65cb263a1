package ingest

import (
	"slices"
	"time"
	"unicode"
	"unicode/utf8"

	"offprint/events"
	"offprint/schema"
)

// licenseState is what a new license is decided on.
type licenseState struct {
	taken  bool           // its boundary has an event: the key is, or was, another license's
	policy *schema.Policy // nil: there is none
	owner  bool           // the owner exists
	known  map[string]bool
}

// newLicense is the command to create a license.
type newLicense struct {
	id, key, digest string
	in              *input
}

func decideLicenseCreate(s stamp, state licenseState, cmd newLicense) (*events.Event, error) {
	var p problems
	p.name("name", cmd.in.text("name"))
	p.licenseKey(cmd.key)
	if state.taken {
		p.add("key", "KEY_TAKEN", "already exists")
	}
	owner := cmd.in.link("owner")
	if owner != "" && !state.owner {
		p.add("/data/relationships/owner", "OWNER_NOT_FOUND", "must exist")
	}
	meta, faults := metadata(cmd.in)
	p = append(p, faults...)
	if state.policy == nil {
		p.add("/data/relationships/policy", "POLICY_NOT_FOUND", "must exist")
		return nil, p
	}
	for _, f := range attachFaults(cmd.in.links["entitlements"], state.known, nil, state.policy.Entitlements) {
		f.pointer = "/data/relationships/entitlements" + f.pointer
		p = append(p, f)
	}
	if len(p) > 0 {
		return nil, p
	}
	at := s.time(state.policy.Base)
	return s.event(at, events.LicenseCreated, "licenses/"+cmd.id, events.Subject{ID: cmd.id}, &events.LicenseData{
		License: cmd.id, Policy: state.policy.ID, Product: state.policy.Product, Name: cmd.in.text("name"),
		KeyDigest: cmd.digest, KeyPrefix: schema.Prefix(cmd.key), Expiry: eventTime(firstExpiry(cmd.in, state.policy, at)),
		Owner: owner, Metadata: meta, Entitlements: linkIDs(cmd.in.links["entitlements"])}), nil
}

// firstExpiry is the one that was sent, else creation and the policy's
// duration, else none. With FROM_FIRST_DOWNLOAD it is left open.
func firstExpiry(in *input, p *schema.Policy, at int64) int64 {
	switch {
	case in.has("expiry"):
		return in.moment("expiry")
	case p.Duration == 0 || p.ExpirationBasis == "FROM_FIRST_DOWNLOAD":
		return 0
	}
	return at + p.Duration*1000
}

// licenseKey checks a key: 6 to 1,024 printable characters.
func (p *problems) licenseKey(key string) {
	n := utf8.RuneCountInString(key)
	switch {
	case n < 6:
		p.add("key", "KEY_TOO_SHORT", "is too short (minimum is 6 characters)")
	case n > 1024:
		p.add("key", "KEY_TOO_LONG", "is too long (maximum is 1024 characters)")
	case slices.ContainsFunc([]rune(key), func(r rune) bool { return !unicode.IsPrint(r) }):
		p.add("key", "KEY_INVALID", "must be printable")
	}
}

func decideLicenseUpdate(s stamp, l schema.License, in *input) (*events.Event, error) {
	var p problems
	var m moved
	p.name("name", in.text("name"))
	m.text(in, "name", l.Name)
	if in.has("expiry") && in.moment("expiry") != l.Expiry {
		m.put("expiry", eventTime(in.moment("expiry")), in.isNull("expiry"))
	}
	if p = append(p, m.metadata(in, l.Metadata)...); len(p) > 0 || m.set == nil {
		return nil, p.orNil()
	}
	return s.event(s.time(l.Base), events.LicenseUpdated, "licenses/"+l.ID, events.Subject{ID: l.ID}, &events.LicenseSet{License: l.ID, Set: m.set}), nil
}

// licenseChange makes one of the events that carry nothing but the id.
func licenseChange(s stamp, kind events.Kind, l schema.License, expiry int64) *events.Event {
	return s.event(s.time(l.Base), kind, "licenses/"+l.ID, events.Subject{ID: l.ID},
		&events.LicenseChange{License: l.ID, Expiry: eventTime(expiry)})
}

func decideSuspend(s stamp, l schema.License, _ schema.Policy) (*events.Event, error) {
	if l.Suspended {
		return nil, unprocessable("suspended", "SUSPENDED_CONFLICT", "is already suspended")
	}
	return licenseChange(s, events.LicenseSuspended, l, 0), nil
}

func decideReinstate(s stamp, l schema.License, _ schema.Policy) (*events.Event, error) {
	if !l.Suspended {
		return nil, unprocessable("suspended", "SUSPENDED_CONFLICT", "is not suspended")
	}
	return licenseChange(s, events.LicenseReinstated, l, 0), nil
}

func decideRevoke(s stamp, l schema.License, _ schema.Policy) (*events.Event, error) {
	return licenseChange(s, events.LicenseRevoked, l, 0), nil
}

// decideRenew adds the policy's duration to the expiry or to now, as the policy
// says.
func decideRenew(s stamp, l schema.License, p schema.Policy) (*events.Event, error) {
	if l.Expiry == 0 || p.Duration == 0 {
		return nil, unprocessable("expiry", "EXPIRY_INVALID", "cannot be renewed: the license has no expiry, or its policy no duration")
	}
	from := l.Expiry
	if p.RenewalBasis == "FROM_NOW" || p.RenewalBasis == "FROM_NOW_IF_EXPIRED" && l.Expiry < s.now {
		from = s.now
	}
	expiry := from + p.Duration*1000
	if time.UnixMilli(expiry).UTC().Year() > 9999 {
		return nil, unprocessable("expiry", "EXPIRY_INVALID", "is too far in the future")
	}
	return licenseChange(s, events.LicenseRenewed, l, expiry), nil
}

// decideLicenseGrants: what the policy grants can neither be attached nor
// detached.
func decideLicenseGrants(s stamp, kind events.Kind, l schema.License, policy schema.Policy, links []link, known map[string]bool) (*events.Event, error) {
	var faults problems
	if kind == events.LicenseEntitlementsAttached {
		faults = attachFaults(links, known, l.Entitlements, policy.Entitlements)
	} else {
		for i, x := range links {
			if slices.Contains(policy.Entitlements, x.id) && !slices.Contains(l.Entitlements, x.id) {
				return nil, &problem{status: 403, code: "NOT_ALLOWED", pointer: row(i), detail: "is granted by the policy: detach it there"}
			}
		}
		faults = detachFaults(links, l.Entitlements)
	}
	if len(faults) > 0 {
		return nil, faults
	}
	return s.event(s.time(l.Base), kind, "licenses/"+l.ID, events.Subject{ID: l.ID}, &events.LicenseGrants{License: l.ID, Entitlements: linkIDs(links)}), nil
}
