package schema

// OCIReason is why a caller who sees a package may not see one published
// release of it: a code that says what would have to change, never which
// entitlement. now is in Unix milliseconds.
func OCIReason(r *Rights, product, strategy string, rule *Rule, now int64) string {
	if dead := r.OnlyDead(product, strategy, rule.Constraints, rule.Date); dead != "" {
		return dead
	}
	reason := "ENTITLEMENT_REQUIRED"
	for i := range r.Grants {
		g := &r.Grants[i]
		if g.Dead != "" || g.Product != product || !subset(rule.Constraints, g.Entitlements) {
			continue
		}
		switch {
		case !g.live(now) && rule.Date <= g.Cut:
			return "LICENSE_EXPIRED"
		case rule.Date > g.Cut:
			reason = "OUTSIDE_ACCESS_WINDOW"
		}
	}
	return reason
}
