package ingest

import (
	"fmt"
	"strings"
	"testing"

	"offprint/events"
	"offprint/schema"
)

// outcome is what a decision came to: the event as "kind subject data", or the
// faults as "CODE pointer", or "nothing".
func outcome(e *events.Event, err error) string {
	if err != nil {
		list, _ := asProblems(err)
		var out []string
		for _, p := range list {
			out = append(out, fmt.Sprintf("%d %s %s", p.status, p.code, p.pointer))
		}
		return strings.Join(out, "; ")
	}
	if e == nil {
		return "nothing"
	}
	return e.Subject.String() + " " + string(events.EncodeData(*e))
}

type decided struct{ name, got, want string }

func check(t *testing.T, table []decided) {
	t.Helper()
	for _, tt := range table {
		t.Run(tt.name, func(t *testing.T) {
			if tt.got != tt.want {
				t.Errorf("\n got %s\nwant %s", tt.got, tt.want)
			}
		})
	}
}

const at = "/data/attributes/"

func TestDecideProduct(t *testing.T) {
	s := testStamp()
	create := func(attributes string, taken bool) string {
		var twins []schema.Product
		if taken {
			twins = append(twins, schema.Product{Base: schema.Base{ID: "other"}})
		}
		return outcome(decideProductCreate(s, "p1", twins, bodyOf(t, productShape(true), attributes, "")))
	}
	have := schema.Product{Base: schema.Base{ID: "p1"}, Name: "Relay", Code: "relay", Strategy: "LICENSED", Platforms: []string{"linux"}}
	update := func(attributes string, twins ...schema.Product) string {
		return outcome(decideProductUpdate(s, have, twins, bodyOf(t, productShape(false), attributes, "")))
	}
	check(t, []decided{
		{"create", create(`"name":" Relay ","code":"relay","distributionStrategy":"OPEN","platforms":["linux"],"metadata":{"aB":1}`, false),
			`releases.acme._._.product.created {"product":"p1","name":"Relay","code":"relay","distributionStrategy":"OPEN","platforms":["linux"],"metadata":{"a_b":1}}`},
		{"code taken", create(`"name":"x","code":"RELAY"`, true), "422 CODE_TAKEN " + at + "code"},
		{"code like an id", create(`"name":"x","code":"`+testID+`"`, false), "422 CODE_INVALID " + at + "code"},
		{"code action", create(`"name":"x","code":"Actions"`, false), "422 CODE_INVALID " + at + "code"},
		{"two faults", create(`"name":"`+strings.Repeat("é", 256)+`","url":"ftp://x"`, false), "422 NAME_TOO_LONG " + at + "name; 422 URL_INVALID " + at + "url"},
		{"255 characters", create(`"name":"`+strings.Repeat("é", 255)+`"`, false), `releases.acme._._.product.created {"product":"p1","name":"` + strings.Repeat("é", 255) + `"}`},
		{"bidirectional override", create(`"name":"a\u202eb"`, false), "422 NAME_INVALID " + at + "name"},
		{"nothing changes", update(`"name":"Relay","code":"relay","platforms":["linux"],"metadata":{}`, have), "nothing"},
		{"code stays its own", update(`"code":"Relay"`, have), `releases.acme._._.product.updated {"product":"p1","set":{"code":"Relay"}}`},
		{"clear", update(`"code":null,"platforms":null,"distributionStrategy":"CLOSED"`), `releases.acme._._.product.updated {"product":"p1","set":{"code":null,"distributionStrategy":"CLOSED","platforms":null}}`},
	})
}

// TestP55PackageKeys: the form of a key by engine, and what is stored.
func TestP55PackageKeys(t *testing.T) {
	for _, tt := range []struct{ engine, key, stored string }{
		{"npm", "app", "app"}, {"npm", "@acme/app", "@acme/app"}, {"npm", "@acme/.x", ""}, {"npm", "App", ""}, {"npm", "_app", ""},
		{"npm", "-app", ""}, {"npm", "a/b", ""}, {"npm", "node_modules", ""}, {"npm", "@.a/b", ""}, {"npm", "a b", ""},
		{"npm", strings.Repeat("a", 214), strings.Repeat("a", 214)}, {"npm", strings.Repeat("a", 215), ""},
		{"pypi", "Foo_Bar", "foo-bar"}, {"pypi", "a.-_b", "a-b"}, {"pypi", "-a", ""}, {"pypi", "a-", ""},
		{"rubygems", "Foo_bar", "Foo_bar"}, {"rubygems", "123", ""}, {"rubygems", ".a", ""},
		{"oci", "team/tools/relay", "team/tools/relay"}, {"oci", "a__b", "a__b"}, {"oci", "a___b", ""}, {"oci", "A", ""}, {"oci", "as-of/x", ""}, {"oci", "a//b", ""},
		{"raw", "@acme/App+1~x", "@acme/App+1~x"}, {"raw", "a..b", ""}, {"raw", "a//b", ""}, {"raw", "-a", ""}, {"tauri", "App", "App"}, {"", "x y", ""},
		{"", "actions", ""}, {"", testID, ""}, {"raw", strings.Repeat("a", 256), ""},
	} {
		stored, fault := packageKey(tt.engine, tt.key)
		if stored != tt.stored || (fault == nil) != (tt.stored != "") {
			t.Errorf("%s %s: %q %v", tt.engine, tt.key, stored, fault)
		}
	}
}

func TestDecidePackage(t *testing.T) {
	s := testStamp()
	where := events.Subject{Product: "p1", Package: "@acme/app"}
	product := `"product":{"data":{"type":"products","id":"` + testID + `"}}`
	create := func(taken bool) string {
		return outcome(decidePackageCreate(s, "k1", where, taken, bodyOf(t, newPackageShape, `"name":"App","key":"@acme/app","engine":"npm"`, product)))
	}
	update := func(releases int, attributes string) string {
		x := schema.Package{Base: schema.Base{ID: "k1", Updated: s.now + 5}, Product: "p1", Name: "App", Key: "foo-bar", Engine: "pypi", Releases: releases}
		return outcome(decidePackageUpdate(s, x, bodyOf(t, packageShape, attributes, "")))
	}
	check(t, []decided{
		{"create", create(false), `releases.acme.p1.%40acme%2Fapp.package.created {"product":"p1","package":"k1","key":"@acme/app","engine":"npm","name":"App"}`},
		{"key taken", create(true), "422 KEY_TAKEN " + at + "key"},
		{"same key in another spelling", update(0, `"key":"Foo_Bar"`), "nothing"},
		{"another key", update(0, `"key":"baz"`), "422 KEY_NOT_ALLOWED " + at + "key"},
		{"engine while empty", update(0, `"engine":"npm"`), `releases.acme.p1.foo-bar.package.updated {"product":"p1","package":"k1","key":"foo-bar","engine":"pypi","set":{"engine":"npm"}}`},
		{"engine cleared", update(0, `"engine":null`), `releases.acme.p1.foo-bar.package.updated {"product":"p1","package":"k1","key":"foo-bar","engine":"pypi","set":{"engine":null}}`},
		{"engine after a release", update(1, `"engine":"npm"`), "422 ENGINE_NOT_ALLOWED " + at + "engine"},
	})
}

func TestDecideEntitlement(t *testing.T) {
	s := testStamp()
	x := schema.Entitlement{Base: schema.Base{ID: "e1"}, Name: "Insider", Code: "INSIDER"}
	in := bodyOf(t, entitlementShape(true), `"name":"Insider","code":"INSIDER"`, "")
	other := schema.Entitlement{Base: schema.Base{ID: "e2"}}
	check(t, []decided{
		{"create", outcome(decideEntitlementCreate(s, "e1", nil, in)), `releases.acme._._.entitlement.created {"entitlement":"e1","name":"Insider","code":"INSIDER"}`},
		{"taken", outcome(decideEntitlementCreate(s, "e1", []schema.Entitlement{other}, in)), "422 CODE_TAKEN " + at + "code"},
		{"own code", outcome(decideEntitlementUpdate(s, x, []schema.Entitlement{x}, in)), "nothing"},
		{"another's code", outcome(decideEntitlementUpdate(s, x, []schema.Entitlement{x, other}, in)), "422 CODE_TAKEN " + at + "code"},
		{"A51 in use", outcome(decideEntitlementDelete(s, x, true)), "422 ENTITLEMENT_IN_USE /data"},
		{"delete", outcome(decideEntitlementDelete(s, x, false)), `releases.acme._._.entitlement.deleted {"entitlement":"e1"}`},
	})
}

func TestDecidePolicy(t *testing.T) {
	s := testStamp()
	x := schema.Policy{Base: schema.Base{ID: "y1"}, Product: "p1", Name: "Pro", Duration: 3600, ExpirationStrategy: "RESTRICT_ACCESS", Entitlements: []string{"a"}}
	product := `"product":{"data":{"type":"products","id":"` + testID + `"}}`
	create := func(attributes string) string {
		return outcome(decidePolicyCreate(s, "y1", "p1", bodyOf(t, policyShape(true), `"name":"Pro"`+attributes, product)))
	}
	grants := func(kind events.Kind, ids ...string) string {
		return outcome(decidePolicyGrants(s, kind, x, linksOf(ids...), map[string]bool{"a": true, "b": true, "c": true}))
	}
	check(t, []decided{
		{"create", create(`,"duration":60,"expirationStrategy":"REVOKE_ACCESS"`), `access.acme.policy.y1.created {"policy":"y1","name":"Pro","product":"p1","duration":60,"expirationStrategy":"REVOKE_ACCESS"}`},
		{"no duration", create(`,"duration":null`), `access.acme.policy.y1.created {"policy":"y1","name":"Pro","product":"p1"}`},
		{"short", create(`,"duration":59`), "422 DURATION_INVALID " + at + "duration"},
		{"endless", create(`,"duration":1e300`), "422 DURATION_INVALID " + at + "duration"},
		{"update", outcome(decidePolicyUpdate(s, x, bodyOf(t, policyShape(false), `"duration":null,"name":"Pro"`, ""))), `access.acme.policy.y1.updated {"policy":"y1","set":{"duration":null}}`},
		{"attach", grants(events.PolicyEntitlementsAttached, "c", "b"), `access.acme.policy.y1.entitlements-attached {"policy":"y1","entitlements":["b","c"]}`},
		{"attach again", grants(events.PolicyEntitlementsAttached, "b", "a", "b", "x"), "422 ENTITLEMENT_TAKEN /data/1; 422 ENTITLEMENT_TAKEN /data/2; 422 ENTITLEMENT_NOT_FOUND /data/3"},
		{"detach", grants(events.PolicyEntitlementsDetached, "a"), `access.acme.policy.y1.entitlements-detached {"policy":"y1","entitlements":["a"]}`},
		{"P54 detach one unknown", grants(events.PolicyEntitlementsDetached, "a", "b"), "422 ENTITLEMENT_NOT_FOUND /data/1"},
	})
}

func linksOf(ids ...string) []link {
	var out []link
	for _, id := range ids {
		out = append(out, link{id: id})
	}
	return out
}
