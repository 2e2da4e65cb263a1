package principal

import (
	"fmt"
	"testing"

	"offprint/schema"
)

// holds gives who a grant's principal is, what its licenses are good for, and
// whether it sees what is free and what is sold of the product app; or the code
// of a refusal.
func (w *world) holds(kind schema.PrincipalKind, id string, now int64) string {
	w.t.Helper()
	r, refusal, err := w.book.RightsOf(w.t.Context(), "acme", kind, id, now)
	switch {
	case err != nil:
		w.t.Fatalf("%s %s: %v", kind, id, err)
	case refusal != nil:
		return fmt.Sprint(refusal.Status, " ", refusal.Code)
	}
	sees := func(strategy string) bool { return r.Cut("app", strategy, nil, now) == schema.Forever }
	out := fmt.Sprint(r.Kind, " free ", sees("OPEN"), " sold ", sees("LICENSED"))
	if code := r.OnlyDead("app", "LICENSED", nil, 0); code != "" {
		out += " " + code
	}
	return out
}

// TestGrantsFollowTheirPrincipal: what a grant is worth is decided when it is
// used.
func TestGrantsFollowTheirPrincipal(t *testing.T) {
	w := newWorld(t)
	l := w.license("acme", "K")
	l.Owner, l.Expiry = "jane", 100
	policy := &schema.Policy{Base: of("acme", "plan"), ExpirationStrategy: "REVOKE_ACCESS", AuthenticationStrategy: "LICENSE"}
	jane := &schema.User{Base: of("acme", "jane"), Role: "user"}
	root := &schema.User{Base: of("acme", "root"), Role: "admin"}
	app := &schema.Product{Base: of("acme", "app")}
	w.put(l, policy, jane, root, app)

	want := func(kind schema.PrincipalKind, id string, now int64, want string) {
		t.Helper()
		for _, temper := range []string{"cold", "warm"} {
			if got := w.holds(kind, id, now); got != want {
				t.Errorf("%s %s at %d, %s: %s, want %s", kind, id, now, temper, got, want)
			}
		}
	}
	want(schema.Anonymous, "", 1, "anonymous free true sold false")
	want(schema.LicenseCaller, l.ID, 100, "license free true sold true")
	want(schema.LicenseCaller, l.ID, 101, "license free true sold false")
	want(schema.StaffCaller, "root", 1, "staff free true sold true")
	want(schema.UserCaller, "jane", 1, "user free true sold false")
	want(schema.ProductCaller, "app", 1, "product free true sold true")
	want(schema.LicenseCaller, "none", 1, "product free false sold false")
	want(schema.StaffCaller, "none", 1, "product free false sold false")
	want(schema.ProductCaller, "none", 1, "product free false sold false")

	l.Suspended = true
	w.put(l)
	want(schema.LicenseCaller, l.ID, 1, "license free true sold false LICENSE_SUSPENDED")
	l.Suspended, jane.Banned = false, true
	w.put(l, jane)
	want(schema.LicenseCaller, l.ID, 1, "license free true sold false LICENSE_BANNED")
	want(schema.UserCaller, "jane", 1, "403 USER_BANNED")
	root.Role = "user"
	w.put(root)
	want(schema.StaffCaller, "root", 1, "user free true sold false")
	w.remove(l)
	w.remove(root)
	w.remove(app)
	want(schema.LicenseCaller, l.ID, 1, "product free false sold false")
	want(schema.StaffCaller, "root", 1, "product free false sold false")
	want(schema.ProductCaller, "app", 1, "product free false sold false")

	if _, _, err := w.book.RightsOf(t.Context(), "acme", "machine", "x", 1); err == nil {
		t.Error("an unknown kind of principal is no error")
	}
}
