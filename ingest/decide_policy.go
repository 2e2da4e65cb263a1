package ingest

import (
	"offprint/events"
	"offprint/schema"
)

// Bounds of a policy's duration in seconds: a minute, and about three hundred
// years, so that no expiry leaves the calendar.
const (
	minDuration = 60
	maxDuration = 10_000_000_000
)

func decidePolicyCreate(s stamp, id, product string, in *input) (*events.Event, error) {
	p := policyFaults(in)
	meta, faults := metadata(in)
	if p = append(p, faults...); len(p) > 0 {
		return nil, p
	}
	return s.event(s.time(), events.PolicyCreated, "policies/"+id, events.Subject{ID: id}, &events.PolicyData{
		Policy: id, Name: in.text("name"), Product: product, Duration: in.integer("duration"),
		ExpirationStrategy: in.text("expirationStrategy"), ExpirationBasis: in.text("expirationBasis"),
		RenewalBasis: in.text("renewalBasis"), AuthenticationStrategy: in.text("authenticationStrategy"), Metadata: meta}), nil
}

func decidePolicyUpdate(s stamp, x schema.Policy, in *input) (*events.Event, error) {
	p := policyFaults(in)
	var m moved
	m.text(in, "name", x.Name)
	m.text(in, "expirationStrategy", x.ExpirationStrategy)
	m.text(in, "expirationBasis", x.ExpirationBasis)
	m.text(in, "renewalBasis", x.RenewalBasis)
	m.text(in, "authenticationStrategy", x.AuthenticationStrategy)
	if in.has("duration") && in.integer("duration") != x.Duration {
		m.put("duration", in.integer("duration"), in.isNull("duration"))
	}
	if p = append(p, m.metadata(in, x.Metadata)...); len(p) > 0 || m.set == nil {
		return nil, p.orNil()
	}
	return s.event(s.time(x.Base), events.PolicyUpdated, "policies/"+x.ID, events.Subject{ID: x.ID}, &events.PolicySet{Policy: x.ID, Set: m.set}), nil
}

func policyFaults(in *input) problems {
	var p problems
	p.name("name", in.text("name"))
	if d := in.integer("duration"); in.has("duration") && !in.isNull("duration") && (d < minDuration || d > maxDuration) {
		p.add("duration", "DURATION_INVALID", "must be at least 60 seconds")
	}
	return p
}

func decidePolicyGrants(s stamp, kind events.Kind, x schema.Policy, links []link, known map[string]bool) (*events.Event, error) {
	faults := detachFaults(links, x.Entitlements)
	if kind == events.PolicyEntitlementsAttached {
		faults = attachFaults(links, known, x.Entitlements, nil)
	}
	if len(faults) > 0 {
		return nil, faults
	}
	return s.event(s.time(x.Base), kind, "policies/"+x.ID, events.Subject{ID: x.ID}, &events.PolicyGrants{Policy: x.ID, Entitlements: linkIDs(links)}), nil
}
