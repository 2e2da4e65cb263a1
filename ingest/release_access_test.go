package ingest

import (
	"strings"
	"testing"

	"offprint/schema"
)

const (
	dayID     = "1f0c0000-0000-4000-8000-000000000001"
	draftID   = "1f0c0000-0000-4000-8000-000000000002"
	guardedID = "1f0c0000-0000-4000-8000-000000000003"
	freeID    = "1f0c0000-0000-4000-8000-000000000004"
	insiderID = "e0000000-0000-4000-8000-000000000001"
)

// newShelf is a house with releases of every kind: of the LICENSED product
// relay one that is published, a draft, and one for insiders; of the OPEN
// product tools a free one. Each has one uploaded file.
func newShelf(t *testing.T) *house {
	h := newHouse(t)
	base := func(id string, created int64) schema.Base {
		return schema.Base{ID: id, Account: acme, Created: created, Updated: created}
	}
	list := []schema.Resource{&schema.Entitlement{Base: base(insiderID, 1), Name: "Insider", Code: "INSIDER"}}
	for i, r := range []schema.Release{
		{Base: base(dayID, 100), Product: relay, Package: appID, Version: "1.0.0", Status: published, Tag: "day"},
		{Base: base(draftID, 200), Product: relay, Package: appID, Version: "2.0.0", Status: draft},
		{Base: base(guardedID, 300), Product: relay, Package: appID, Version: "3.0.0", Status: published,
			Constraints: []schema.Constraint{{ID: "c0000000-0000-4000-8000-000000000001", Entitlement: insiderID}}},
		{Base: base(freeID, 400), Product: tools, Version: "1.0.0", Status: published},
	} {
		r.Channel = "stable"
		file := schema.Artifact{Base: base("a"+r.ID[1:], r.Created), Product: r.Product, Package: r.Package, Release: r.ID, Filename: "app.bin", Status: uploaded}
		list = append(list, &r, &file)
		if i == 0 {
			wait := file
			wait.ID, wait.Filename, wait.Status = strings.Replace(file.ID, "8000-0", "8000-f", 1), "later.bin", waiting
			list = append(list, &wait)
		}
	}
	h.put(list...)
	return h
}

var (
	anonymous = schema.AnonymousRights(acme)
	developer = &schema.Rights{Kind: schema.StaffCaller, Role: "developer", ID: adminID, Account: acme}
	relayBot  = &schema.Rights{Kind: schema.ProductCaller, ID: relay, Product: relay, Account: acme}
	toolsBot  = &schema.Rights{Kind: schema.ProductCaller, ID: tools, Product: tools, Account: acme}
	customer  = licensed(schema.Grant{Cut: schema.Forever})
	insider   = licensed(schema.Grant{Cut: schema.Forever, Entitlements: []string{insiderID}})
	lapsed    = licensed(schema.Grant{Cut: 99, Entitlements: []string{insiderID}})
	suspended = licensed(schema.Grant{Cut: schema.Forever, Dead: "LICENSE_SUSPENDED"})
)

func licensed(g schema.Grant) *schema.Rights {
	g.License, g.Product = "l", relay
	return &schema.Rights{Kind: schema.LicenseCaller, ID: "l", Account: acme, Grants: []schema.Grant{g}}
}

// TestWhoSeesWhichRelease: access.md sections 5 and 6 on lists, which hold what
// is visible and nothing else, and on look-ups.
func TestWhoSeesWhichRelease(t *testing.T) {
	h := newShelf(t)
	for _, tt := range []struct {
		name   string
		rights *schema.Rights
		list   string // ids, newest first
		shown  map[string]int
	}{
		{"anonymous", anonymous, freeID, map[string]int{dayID: 404, freeID: 200, "1.0.0": 200, "day": 404}},
		{"staff", developer, freeID + " " + guardedID + " " + draftID + " " + dayID, map[string]int{draftID: 200, "3.0.0": 200, "day": 200}},
		{"own product", relayBot, guardedID + " " + draftID + " " + dayID, map[string]int{draftID: 200, freeID: 404}},
		{"other product", toolsBot, freeID, map[string]int{dayID: 404, freeID: 200}},
		{"license", customer, freeID + " " + dayID, map[string]int{dayID: 200, draftID: 404, guardedID: 404, freeID: 200}},
		{"entitled license", insider, freeID + " " + guardedID + " " + dayID, map[string]int{guardedID: 200, draftID: 404}},
		{"A17 outside the window", lapsed, freeID, map[string]int{dayID: 404, freeID: 200}},
		{"6.4 suspended", suspended, freeID, map[string]int{dayID: 403, "day": 403, guardedID: 404, draftID: 404, freeID: 200}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h.as(tt.rights)
			if got, _ := h.ids("/v1/releases"); strings.Join(got, " ") != tt.list {
				t.Errorf("releases %s", got)
			}
			files, _ := h.ids("/v1/artifacts?status=UPLOADED")
			if got, want := strings.Join(files, " "), strings.ReplaceAll(tt.list, "1f0c", "af0c"); got != want {
				t.Errorf("files %s, want %s", got, want)
			}
			for word, status := range tt.shown {
				if res, body := h.send("GET /v1/releases/"+word+auth, ""); res.StatusCode != status {
					t.Errorf("%s: %d %s", word, res.StatusCode, body)
				}
			}
		})
	}
}

// TestHiddenAndInventedAreOneAnswer: access.md section 10.5.
func TestHiddenAndInventedAreOneAnswer(t *testing.T) {
	h := newShelf(t)
	h.as(customer)
	errorsOf := func(word string) string {
		_, body := h.send("GET /v1/releases/"+word+auth, "")
		_, rest, _ := strings.Cut(body, `"errors"`)
		return strings.ReplaceAll(rest, word, "WORD")
	}
	if hidden, invented := errorsOf("3.0.0"), errorsOf("9.0.0"); hidden != invented || !strings.Contains(hidden, "NOT_FOUND") {
		t.Error(hidden, invented)
	}
}

// TestFilesThatAreNotUploaded are for staff and the product.
func TestFilesThatAreNotUploaded(t *testing.T) {
	h := newShelf(t)
	for rights, want := range map[*schema.Rights]int{developer: 2, relayBot: 2, customer: 1, insider: 1} {
		h.as(rights)
		if got, _ := h.ids("/v1/releases/" + dayID + "/artifacts"); len(got) != want {
			t.Error(rights.Kind, got)
		}
	}
}

// TestWhoMayChangeReleases: access.md section 9; P51, A49, A50.
func TestWhoMayChangeReleases(t *testing.T) {
	h := newShelf(t)
	support := &schema.Rights{Kind: schema.StaffCaller, Role: "support", ID: adminID, Account: acme}
	constraint := `{"data":[{"type":"constraints","relationships":{"entitlement":{"data":{"type":"entitlements","id":"` + insiderID + `"}}}}]}`
	for _, tt := range []struct {
		name   string
		rights *schema.Rights
		head   string
		body   string
		status int
		want   string
	}{
		{"P51 create for another product", toolsBot, "POST /v1/releases", releaseBody("9.0.0", ""), 403, "NOT_ALLOWED"},
		{"P51 edit another's", toolsBot, "PATCH /v1/releases/" + dayID, "{}", 404, "NOT_FOUND"},
		{"P51 upload to another's", toolsBot, "POST /v1/artifacts", artifactBody(dayID, `"filename":"x"`), 403, "NOT_ALLOWED"},
		{"A50 a license edits what it sees", customer, "PATCH /v1/releases/" + dayID, "{}", 403, "NOT_ALLOWED"},
		{"A50 a license edits what it does not see", customer, "PATCH /v1/releases/" + draftID, "{}", 404, "NOT_FOUND"},
		{"a license creates", customer, "POST /v1/releases", releaseBody("9.0.0", ""), 403, "NOT_ALLOWED"},
		{"a license uploads", customer, "POST /v1/artifacts", artifactBody(dayID, `"filename":"x"`), 403, "NOT_ALLOWED"},
		{"a license deletes a file", customer, "DELETE /v1/artifacts/app.bin?release=" + dayID, "", 403, "NOT_ALLOWED"},
		{"a license deletes a hidden file", customer, "DELETE /v1/artifacts/af0c" + draftID[4:], "", 404, "NOT_FOUND"},
		{"A49 support publishes", support, "POST /v1/releases/" + draftID + "/actions/publish", "", 403, "NOT_ALLOWED"},
		{"A49 support yanks", support, "POST /v1/releases/" + dayID + "/actions/yank", "", 403, "NOT_ALLOWED"},
		{"support attaches", support, "POST /v1/releases/" + dayID + "/constraints", constraint, 403, "NOT_ALLOWED"},
		{"a product takes down for legal reasons", relayBot, "DELETE /v1/artifacts/app.bin?release=" + dayID, `{"meta":{"legal":true}}`, 403, "NOT_ALLOWED"},
		{"the product publishes", relayBot, "POST /v1/releases/" + draftID + "/actions/publish", "", 200, ""},
		{"the product attaches", relayBot, "POST /v1/releases/" + draftID + "/constraints", constraint, 200, ""},
		{"the product deletes a file", relayBot, "DELETE /v1/artifacts/app.bin?release=" + dayID, "", 204, ""},
		{"a developer deletes", developer, "DELETE /v1/releases/" + dayID, "", 204, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h.as(tt.rights)
			res, body := h.send(tt.head+auth, tt.body)
			if res.StatusCode != tt.status || tt.want != "" && firstError(t, body) != tt.want {
				t.Errorf("%d %s", res.StatusCode, body)
			}
		})
	}
	h.as(anonymous)
	for path, status := range map[string]int{"/v1/releases/" + freeID + "/constraints": 401, "/v1/releases/" + freeID + "/entitlements": 401,
		"/v1/releases/" + freeID + "/product": 401, "/v1/releases/" + freeID + "/package": 200, "/v1/releases/" + freeID + "/artifacts": 200} {
		if res, body := h.send("GET "+path, ""); res.StatusCode != status {
			t.Error(path, res.StatusCode, body)
		}
	}
	if res, body := h.send("POST /v1/releases/"+freeID+"/actions/yank", ""); res.StatusCode != 401 {
		t.Error(res.StatusCode, body)
	}
}
