package schema

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// anyRights draws the rights of a consumer to products p and q.
func anyRights(t *rapid.T, name string) *Rights {
	r := &Rights{Kind: LicenseCaller}
	for range rapid.IntRange(0, 3).Draw(t, name) {
		g := Grant{Product: rapid.SampledFrom([]string{"p", "q"}).Draw(t, "product"), Cut: rapid.Int64Range(0, 8).Draw(t, "cut"),
			Entitlements: anySet(t), Until: rapid.Int64Range(0, 3).Draw(t, "until"), Dead: rapid.SampledFrom([]string{"", "", "LICENSE_SUSPENDED"}).Draw(t, "dead")}
		if g.Cut == 8 {
			g.Cut = Forever
		}
		r.Grants = append(r.Grants, g)
	}
	return r
}

func anySet(t *rapid.T) []string {
	set := rapid.SliceOfDistinct(rapid.SampledFrom([]string{"e1", "e2", "e3"}), rapid.ID[string]).Draw(t, "set")
	slices.Sort(set)
	return set
}

func anyFragments(t *rapid.T) (list []Fragment) {
	for i := range rapid.IntRange(0, 6).Draw(t, "fragments") {
		r := Rule{Status: rapid.SampledFrom([]Status{Draft, Published, Yanked, Gone}).Draw(t, "status"), Constraints: anySet(t),
			Date: rapid.Int64Range(0, 8).Draw(t, "date"), Changed: uint64(10 * i), Public: rapid.Bool().Draw(t, "public")}
		for j := range rapid.IntRange(0, 2).Draw(t, "was") {
			r.Was = append(r.Was, Epoch{Constraints: anySet(t), Date: rapid.Int64Range(0, 8).Draw(t, "date"), Changed: uint64(10*i + j + 1)})
		}
		list = append(list, Fragment{Key: fmt.Sprint("r", i), Rule: r})
	}
	return list
}

// TestEqualKeysSeeTheSame: what one caller sees, everyone with the same view key
// sees; and it is what the rule of visibility says, fragment by fragment.
func TestEqualKeysSeeTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := anyFragments(t)
		rules := NewRuleset("p", list)
		strategy := rapid.SampledFrom([]string{"OPEN", "LICENSED", "CLOSED"}).Draw(t, "strategy")
		now := rapid.Int64Range(0, 3).Draw(t, "now")
		yanked := rapid.Bool().Draw(t, "yanked")
		a, b := anyRights(t, "a"), anyRights(t, "b")
		one, other := rules.Select(list, a, strategy, now, yanked), rules.Select(list, b, strategy, now, yanked)
		if string(rules.ViewKey(nil, a, strategy, now)) == string(rules.ViewKey(nil, b, strategy, now)) &&
			(!slices.Equal(one.Visible, other.Visible) || one.Serial != other.Serial || one.ChangedAt != other.ChangedAt) {
			t.Fatalf("one key, two views: %+v and %+v", one, other)
		}
		for i := range list {
			if got, want := slices.Contains(one.Visible, i), visible(&list[i].Rule, a, strategy, now, yanked); got != want {
				t.Fatalf("fragment %d: visible %v, want %v", i, got, want)
			}
		}
	})
}

// visible is the rule of visibility, written down once more: in an OPEN product
// what nothing constrains; otherwise what one live license of the product
// allows, with all the entitlements and dated before its end.
func visible(rule *Rule, r *Rights, strategy string, now int64, yanked bool) bool {
	if rule.Status != Published && !(rule.Status == Yanked && yanked && rule.Public) {
		return false
	}
	if strategy == "OPEN" && len(rule.Constraints) == 0 {
		return true
	}
	return strategy != "CLOSED" && slices.ContainsFunc(r.Grants, func(g Grant) bool {
		holds := !slices.ContainsFunc(rule.Constraints, func(e string) bool { return !slices.Contains(g.Entitlements, e) })
		return g.Product == "p" && g.Dead == "" && (g.Until == 0 || now <= g.Until) && rule.Date <= g.Cut && holds
	})
}

// TestViewKeyAllocatesNothing: every request names a view.
func TestViewKeyAllocatesNothing(t *testing.T) {
	var list []Fragment
	for i := range 3000 {
		set := []string{fmt.Sprint("e", i%8)}
		list = append(list, Fragment{Rule: Rule{Status: Published, Public: true, Constraints: set[:i%2], Date: int64(i)}})
	}
	rules := NewRuleset("p", list)
	rights := &Rights{Kind: LicenseCaller, Grants: []Grant{{Product: "p", Entitlements: []string{"e1", "e3"}, Cut: 1500}}}
	room := make([]byte, 0, 64)
	if n := testing.AllocsPerRun(100, func() { room = rules.ViewKey(room[:0], rights, "LICENSED", 0) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
