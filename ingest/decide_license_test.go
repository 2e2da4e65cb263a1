package ingest

import (
	"strings"
	"testing"

	"offprint/events"
	"offprint/schema"
)

func TestDecideLicenseCreate(t *testing.T) {
	s := testStamp() // 2023-11-14T22:13:20.123Z
	year := &schema.Policy{Base: schema.Base{ID: "y1"}, Product: "p1", Duration: 3600, Entitlements: []string{testID}}
	later := &schema.Policy{Base: schema.Base{ID: "y1"}, Product: "p1", Duration: 3600, ExpirationBasis: "FROM_FIRST_DOWNLOAD"}
	create := func(state licenseState, attributes, relationships, key string) string {
		in := bodyOf(t, newLicenseShape, attributes, `"policy":{"data":{"type":"policies","id":"`+testID+`"}}`+relationships)
		return outcome(decideLicenseCreate(s, state, newLicense{id: "l1", key: key, digest: "d1", in: in}))
	}
	const key = "F50B6D-01FB13-177722-F4E9E2-A17B63-V3"
	made := func(rest string) string {
		return `access.acme.license.l1.created {"license":"l1","policy":"y1","product":"p1","keyDigest":"d1","keyPrefix":"F50B6D"` + rest + `}`
	}
	owner := `,"owner":{"data":{"type":"users","id":"` + testID + `"}}`
	grants := `,"entitlements":{"data":[{"type":"entitlements","id":"` + testID + `"}]}`
	check(t, []decided{
		{"expiry of the policy", create(licenseState{policy: year}, "", "", key), made(`,"expiry":"2023-11-14T23:13:20.123Z"`)},
		{"own expiry", create(licenseState{policy: year}, `"expiry":"2027-01-01T00:00:00Z"`, "", key), made(`,"expiry":"2027-01-01T00:00:00.000Z"`)},
		{"no expiry", create(licenseState{policy: year}, `"expiry":null`, "", key), made(``)},
		{"from first download", create(licenseState{policy: later}, "", "", key), made(``)},
		{"owner", create(licenseState{policy: later, owner: true}, "", owner, key), made(`,"owner":"` + testID + `"`)},
		{"no such owner", create(licenseState{policy: later}, "", owner, key), "422 OWNER_NOT_FOUND /data/relationships/owner"},
		{"no such policy", create(licenseState{}, "", "", key), "422 POLICY_NOT_FOUND /data/relationships/policy"},
		{"key taken, or revoked", create(licenseState{policy: later, taken: true}, "", "", key), "422 KEY_TAKEN " + at + "key"},
		{"key too short", create(licenseState{policy: later}, "", "", "abcde"), "422 KEY_TOO_SHORT " + at + "key"},
		{"key too long", create(licenseState{policy: later}, "", "", strings.Repeat("k", 1025)), "422 KEY_TOO_LONG " + at + "key"},
		{"key not printable", create(licenseState{policy: later}, "", "", "abc\x7fdef"), "422 KEY_INVALID " + at + "key"},
		{"granted by the policy", create(licenseState{policy: year, known: map[string]bool{testID: true}}, "", grants, key),
			"422 ENTITLEMENT_CONFLICT /data/relationships/entitlements/data/0"},
		{"entitlement", create(licenseState{policy: later, known: map[string]bool{testID: true}}, "", grants, key), made(`,"entitlements":["` + testID + `"]`)},
	})
}

func TestDecideLicenseActions(t *testing.T) {
	s := testStamp()
	const hour = 3600 * 1000
	type actionFunc func(stamp, schema.License, schema.Policy) (*events.Event, error)
	run := func(f actionFunc, suspended bool, expiry int64, basis string) string {
		l := schema.License{Base: schema.Base{ID: "l1"}, Suspended: suspended, Expiry: expiry}
		return outcome(f(s, l, schema.Policy{Duration: 3600, RenewalBasis: basis}))
	}
	renewed := func(at string) string {
		return `access.acme.license.l1.renewed {"license":"l1","expiry":"` + at + `"}`
	}
	check(t, []decided{
		{"suspend", run(decideSuspend, false, 0, ""), `access.acme.license.l1.suspended {"license":"l1"}`},
		{"suspend twice", run(decideSuspend, true, 0, ""), "422 SUSPENDED_CONFLICT " + at + "suspended"},
		{"reinstate", run(decideReinstate, true, 0, ""), `access.acme.license.l1.reinstated {"license":"l1"}`},
		{"reinstate nothing", run(decideReinstate, false, 0, ""), "422 SUSPENDED_CONFLICT " + at + "suspended"},
		{"revoke", run(decideRevoke, true, 0, ""), `access.acme.license.l1.revoked {"license":"l1"}`},
		{"renew without expiry", run(decideRenew, false, 0, "FROM_NOW"), "422 EXPIRY_INVALID " + at + "expiry"},
		{"renew from expiry", run(decideRenew, false, s.now-hour, "FROM_EXPIRY"), renewed("2023-11-14T22:13:20.123Z")},
		{"renew from now", run(decideRenew, false, s.now+hour, "FROM_NOW"), renewed("2023-11-14T23:13:20.123Z")},
		{"renew an expired one", run(decideRenew, false, s.now-hour, "FROM_NOW_IF_EXPIRED"), renewed("2023-11-14T23:13:20.123Z")},
		{"renew one that is not", run(decideRenew, false, s.now+hour, "FROM_NOW_IF_EXPIRED"), renewed("2023-11-15T00:13:20.123Z")},
	})
}

// TestA23EntitlementsOfThePolicy: a license can neither get nor lose what its
// policy grants.
func TestA23EntitlementsOfThePolicy(t *testing.T) {
	s, known := testStamp(), map[string]bool{"a": true, "b": true, "c": true}
	l := schema.License{Base: schema.Base{ID: "l1"}, Entitlements: []string{"b"}}
	grants := func(kind events.Kind, ids ...string) string {
		return outcome(decideLicenseGrants(s, kind, l, schema.Policy{Entitlements: []string{"a"}}, linksOf(ids...), known))
	}
	attached, detached := events.LicenseEntitlementsAttached, events.LicenseEntitlementsDetached
	check(t, []decided{
		{"attach", grants(attached, "c"), `access.acme.license.l1.entitlements-attached {"license":"l1","entitlements":["c"]}`},
		{"attach the policy's", grants(attached, "a"), "422 ENTITLEMENT_CONFLICT /data/0"},
		{"attach twice", grants(attached, "b"), "422 ENTITLEMENT_TAKEN /data/0"},
		{"detach", grants(detached, "b"), `access.acme.license.l1.entitlements-detached {"license":"l1","entitlements":["b"]}`},
		{"detach the policy's", grants(detached, "b", "a"), "403 NOT_ALLOWED /data/1"},
		{"detach what is not there", grants(detached, "c"), "422 ENTITLEMENT_NOT_FOUND /data/0"},
	})
}

func TestDecideLicenseUpdate(t *testing.T) {
	s := testStamp()
	l := schema.License{Base: schema.Base{ID: "l1", Metadata: []byte(`{"a":1}`)}, Name: "Jane", Expiry: s.now}
	update := func(attributes string) string {
		return outcome(decideLicenseUpdate(s, l, bodyOf(t, licenseShape, attributes, "")))
	}
	check(t, []decided{
		{"nothing", update(`"name":"Jane","expiry":"2023-11-14T22:13:20.123Z","metadata":{"a":1}`), "nothing"},
		{"clear", update(`"name":null,"expiry":null,"metadata":{}`), `access.acme.license.l1.updated {"license":"l1","set":{"expiry":null,"metadata":{},"name":null}}`},
		{"change", update(`"expiry":"2030-01-01"`), `access.acme.license.l1.updated {"license":"l1","set":{"expiry":"2030-01-01T00:00:00.000Z"}}`},
	})
}

func TestDecideToken(t *testing.T) {
	s := testStamp()
	generate := func(role, attributes string) string {
		in := bodyOf(t, tokenShape, attributes, "")
		return outcome(decideTokenGenerate(s, tokenCommand{"t1", role, "products/p1", "prod-0123456789abcdef0123v3", "d1"}, in))
	}
	made := func(kind, rest string) string {
		return `access.acme.token.t1.generated {"token":"t1","kind":"` + kind + `","bearer":"products/p1","tokenDigest":"d1","tokenPrefix":"prod-0"` + rest + `}`
	}
	old := schema.Token{Base: schema.Base{ID: "t1"}, Kind: "product-token", Bearer: "products/p1", Name: "CI", Expiry: s.now + 5}
	check(t, []decided{
		{"product", generate("product", ""), made("product-token", "")},
		{"user: two weeks", generate("user", ""), made("user-token", `,"expiry":"2023-11-28T22:13:20.123Z"`)},
		{"user: none", generate("user", `"expiry":null`), made("user-token", "")},
		{"past", generate("product", `"expiry":"2020-01-01T00:00:00Z"`), "422 EXPIRY_INVALID " + at + "expiry"},
		{"named", generate("product", `"name":"CI"`), made("product-token", `,"name":"CI"`)},
		{"regenerate", outcome(decideTokenRegenerate(s, old, "prod-ffffffffffffffffffffv3", "d2", &input{})),
			`access.acme.token.t1.regenerated {"token":"t1","kind":"product-token","bearer":"products/p1","tokenDigest":"d2","tokenPrefix":"prod-f","name":"CI","expiry":"2023-11-14T22:13:20.128Z"}`},
	})
}

func TestSecretsHaveTheirShape(t *testing.T) {
	ff := func(n int) []byte { return []byte(strings.Repeat("\xff", n)) }
	for _, tt := range [][2]string{
		{newLicenseKey(ff), "FFFFFF-FFFFFF-FFFFFF-FFFFFF-FFFFFF-V3"},
		{newToken(ff, "license"), "activ-" + strings.Repeat("f", 32) + "v3"},
		{newToken(ff, "support"), "spprt-" + strings.Repeat("f", 64) + "v3"},
	} {
		if tt[0] != tt[1] {
			t.Errorf("%s, want %s", tt[0], tt[1])
		}
	}
}

func TestDecideAccount(t *testing.T) {
	s := testStamp()
	x := schema.Account{Base: schema.Base{ID: s.account}, Slug: "acme", Name: "Acme", Status: "ACTIVE", Settings: []byte(`{"minAge":60}`)}
	create := func(slug string, taken bool) string {
		return outcome(decideAccountCreate(s, taken, newAccount{name: "Acme", slug: slug}))
	}
	update := func(attributes string) string {
		return outcome(decideAccountUpdate(s, x, bodyOf(t, accountShape, attributes, "")))
	}
	check(t, []decided{
		{"create", create("acme", false), `releases.acme._._.account.created {"account":"` + s.account + `","slug":"acme","name":"Acme"}`},
		{"taken", create("acme", true), "422 SLUG_TAKEN " + at + "slug"},
		{"reserved", create("npm", false), "422 SLUG_INVALID " + at + "slug"},
		{"capital", create("Acme", false), "422 SLUG_INVALID " + at + "slug"},
		{"id", create(testID, false), "422 SLUG_INVALID " + at + "slug"},
		{"same slug", update(`"slug":"acme"`), "nothing"},
		{"another slug", update(`"slug":"other"`), "422 SLUG_NOT_ALLOWED " + at + "slug"},
		{"settings", update(`"settings":{"unknownPypi":"not-found"}`), `releases.acme._._.account.updated {"account":"` + s.account + `","set":{"settings":{"minAge":60,"unknownPypi":"not-found"}}}`},
		{"settings as they are", update(`"settings":{"minAge":60}`), "nothing"},
		{"negative", update(`"settings":{"minAge":-1}`), "422 SETTINGS_INVALID " + at + "settings/minAge"},
		{"unknown setting", update(`"settings":{"x":1}`), "400 PARAMETERS_INVALID " + at + "settings/x"},
	})
}
