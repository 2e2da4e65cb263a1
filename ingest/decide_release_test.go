package ingest

import (
	"fmt"
	"strings"
	"testing"

	"offprint/events"
	"offprint/schema"
)

const productRel = `"product":{"data":{"type":"products","id":"` + testID + `"}}`

func testPackage() *schema.Package {
	return &schema.Package{Base: schema.Base{ID: "k1"}, Product: "p1", Key: "@acme/app", Engine: "npm"}
}

func testRelease(status string) schema.Release {
	return schema.Release{Base: schema.Base{ID: "r1", Created: 5, Updated: 7}, Product: "p1", Package: "k1", Version: "1.0.0", Channel: "stable", Status: status}
}

const where = `releases.acme.p1.%40acme%2Fapp.release.`
const baseText = `{"product":"p1","package":"k1","key":"@acme/app","engine":"npm","release":"r1","version":"1.0.0"`

func TestDecideReleaseCreate(t *testing.T) {
	s := testStamp()
	create := func(attributes, pkg string, state releaseState, constraints ...string) string {
		in := bodyOf(t, newReleaseShape, attributes, productRel)
		cmd := newRelease{id: "r1", product: "p1", pkg: pkg, in: in}
		cmd.version, cmd.pre, _ = parseVersion(in.text("version"))
		for _, e := range constraints {
			cmd.constraints = append(cmd.constraints, events.Constraint{ID: "c", Entitlement: e})
		}
		return outcome(decideReleaseCreate(s, state, cmd))
	}
	npm := releaseState{pkg: testPackage(), known: map[string]bool{"e1": true}}
	const stable = `"version":"1.0.0","channel":"stable"`
	rows := strings.Fields(strings.Repeat("e1 ", 21))
	check(t, []decided{
		{"draft", create(stable, "k1", npm), where + "created " + baseText + `,"channel":"stable","status":"DRAFT"}`},
		{"everything", create(stable+`,"name":" One ","description":" a\nb ","tag":"latest","backdated":"2020-01-01T00:00:00Z","status":"PUBLISHED","metadata":{"aB":1}`, "k1", npm, "e1"),
			where + "created " + baseText + `,"channel":"stable","status":"PUBLISHED","name":"One","description":" a\nb ","tag":"latest","backdated":"2020-01-01T00:00:00.000Z","metadata":{"a_b":1},` +
				`"constraints":[{"id":"c","entitlement":"e1"}],"published":"2023-11-14T22:13:20.123Z"}`},
		{"without package", create(stable, "", releaseState{}), `releases.acme.p1._.release.created {"product":"p1","release":"r1","version":"1.0.0","channel":"stable","status":"DRAFT"}`},
		{"version taken", create(stable, "k1", releaseState{pkg: testPackage(), versionTaken: true}), "422 VERSION_TAKEN " + at + "version"},
		{"tag taken", create(stable+`,"tag":"next"`, "k1", releaseState{pkg: testPackage(), holder: &schema.Release{}}), "422 TAG_TAKEN " + at + "tag"},
		{"package gone", create(stable, "k1", releaseState{}), "422 PACKAGE_NOT_FOUND /data/relationships/package"},
		{"P52", create(stable, "k1", releaseState{pkg: &schema.Package{Product: "p2"}}), "422 PACKAGE_NOT_ALLOWED /data/relationships/package"},
		{"P53", create(stable, "k1", npm, rows...), "422 CONSTRAINTS_TOO_LONG /data/relationships/constraints"},
		{"every fault", create(`"version":"v1","channel":"stable","tag":"1.x","backdated":"2999-01-01T00:00:00Z"`, "k1", npm, "e2"),
			"422 VERSION_INVALID " + at + "version; 422 TAG_INVALID " + at + "tag; 422 BACKDATED_INVALID " + at + "backdated; " +
				"422 CONSTRAINTS_ENTITLEMENT_NOT_FOUND /data/relationships/constraints/data/0/relationships/entitlement"},
		{"256 bytes", create(`"version":"1.0.0-rc`+strings.Repeat("a", 248)+`","channel":"rc"`, "k1", npm), "422 VERSION_TOO_LONG " + at + "version"},
	})
}

func TestDecideReleaseUpdate(t *testing.T) {
	s := testStamp()
	have := testRelease(published)
	have.Tag, have.Backdated = "latest", 1_000
	update := func(attributes string, holder *schema.Release, force bool) string {
		return outcome(decideReleaseUpdate(s, releaseState{pkg: testPackage(), holder: holder}, have, bodyOf(t, releaseShape, attributes, ""), force))
	}
	other := &schema.Release{Base: schema.Base{ID: "r2"}, Tag: "next"}
	check(t, []decided{
		{"P19", update(`"tag":"latest","metadata":{},"backdated":"1970-01-01T00:00:01Z"`, &have, false), "nothing"},
		{"P17", update(`"tag":"next"`, other, false), "422 TAG_TAKEN " + at + "tag"},
		{"by force, in one event", update(`"tag":"next"`, other, true), where + "updated " + baseText + `,"set":{"tag":"next"},"tagTakenFrom":"r2"}`},
		{"force where nobody has it", update(`"tag":"free"`, nil, true), where + "updated " + baseText + `,"set":{"tag":"free"}}`},
		{"P18", update(`"tag":null,"backdated":null,"name":null`, nil, false), where + "updated " + baseText + `,"set":{"backdated":null,"tag":null}}`},
		{"words", update(`"name":"One","description":"x"`, nil, false), where + "updated " + baseText + `,"set":{"description":"x","name":"One"}}`},
	})
}

// TestReleaseStates: publishing-api.md section 6, with the events of each move.
func TestReleaseStates(t *testing.T) {
	s := testStamp()
	state := releaseState{pkg: testPackage()}
	files := []schema.Artifact{{Base: schema.Base{ID: "a1"}, Filename: "a.tgz", Size: 3, SHA256: "ab", Platform: "linux", Status: uploaded}, {Status: waiting}, {Status: yanked}}
	publish := func(r schema.Release) string { return outcome(decidePublish(s, state, r, files)) }
	yank := func(r schema.Release, reason string) string { return outcome(decideYank(s, state, r, reason)) }
	again := testRelease(yanked)
	again.Published = 1_600_000_000_000
	const list = `"artifacts":[{"id":"a1","filename":"a.tgz","size":3,"sha256":"ab","platform":"linux"}]`
	check(t, []decided{
		{"publish a draft", publish(testRelease(draft)), where + "published " + baseText + `,"channel":"stable","published":"2023-11-14T22:13:20.123Z",` + list + `}`},
		{"P21", publish(testRelease(published)), "nothing"},
		{"P22", publish(again), where + "published " + baseText + `,"channel":"stable","published":"2020-09-13T12:26:40.000Z",` + list + `,"again":true}`},
		{"yank a draft", yank(testRelease(draft), ""), where + "yanked " + baseText + "}"},
		{"P24", yank(testRelease(published), "broken"), where + "yanked " + baseText + `,"reason":"broken"}`},
		{"yank again", yank(testRelease(yanked), "other"), "nothing"},
		{"a long reason", yank(testRelease(draft), strings.Repeat("é", 1025)), "422 REASON_TOO_LONG /meta/reason"},
		{"1,024 characters", fmt.Sprint(len(yank(testRelease(draft), strings.Repeat("é", 1024))) > 2048), "true"},
		{"a bell", yank(testRelease(draft), "a\ab"), "422 REASON_INVALID /meta/reason"},
		{"delete", outcome(decideReleaseDelete(s, state, testRelease(yanked))), where + "deleted " + baseText + "}"},
		{"no state", publish(testRelease("GONE")), "422 STATUS_INVALID " + at + "status"},
	})
}

func TestDecideConstraints(t *testing.T) {
	s := testStamp()
	r := testRelease(draft)
	for i := range 19 {
		r.Constraints = append(r.Constraints, schema.Constraint{ID: fmt.Sprint("c", i), Entitlement: fmt.Sprint("e", i)})
	}
	state := releaseState{pkg: testPackage(), known: map[string]bool{"e1": true, "x": true, "y": true}}
	attach := func(ids ...string) string {
		var list []events.Constraint
		for _, id := range ids {
			list = append(list, events.Constraint{ID: "n-" + id, Entitlement: id})
		}
		return outcome(decideConstraintsAttach(s, state, r, list))
	}
	detach := func(ids ...string) string { return outcome(decideConstraintsDetach(s, state, r, linksOf(ids...))) }
	check(t, []decided{
		{"the twentieth", attach("x"), where + "constraints-attached " + baseText + `,"constraints":[{"id":"n-x","entitlement":"x"}]}`},
		{"P53 the twenty-first", attach("x", "y"), "422 CONSTRAINTS_TOO_LONG /data"},
		{"attached already", attach("e1"), "422 ENTITLEMENT_TAKEN /data/0/relationships/entitlement"},
		{"unknown", attach("z"), "422 ENTITLEMENT_NOT_FOUND /data/0/relationships/entitlement"},
		{"detach", detach("c3", "c1", "c3"), where + "constraints-detached " + baseText + `,"constraints":[{"id":"c3","entitlement":"e3"},{"id":"c1","entitlement":"e1"}]}`},
		{"P54", detach("c3", "c99"), "422 CONSTRAINT_NOT_FOUND /data/1"},
	})
}
