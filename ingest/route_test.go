package ingest

import (
	"slices"
	"strings"
	"testing"
)

// TestP1P3P4Roots: the three roots, one decoding, '+' literal.
func TestP1P3P4Roots(t *testing.T) {
	for _, tt := range []struct{ raw, account, path string }{
		{"/v1/releases", "", "releases"},
		{"//v1/releases", "", "releases"},
		{"/v1/accounts/acme/releases", "acme", "releases"},
		{"/acme/v1/releases", "acme", "releases"},
		{"//acme/v1/releases", "acme", "releases"},
		{"/v1/accounts", "", "accounts"},
		{"/v1/accounts/acme", "acme", "accounts|acme"},
		{"/v1/accounts/acme/", "acme", "accounts|acme"},
		{"/v1/releases/1.2.3+build.5", "", "releases|1.2.3+build.5"},
		{"/v1/releases/1.2.3%2Bbuild.5", "", "releases|1.2.3+build.5"},
		{"/v1/packages/@org%2Fpkg", "", "packages|@org/pkg"},
		{"/v1/packages/%40org%2fpkg", "", "packages|@org/pkg"},
		{"/v1/packages/@org/pkg", "", "packages|@org|pkg"},
		{"/v1/packages/%252F", "", "packages|%2F"},
		{"/v1/releases/my%20tag", "", "releases|my tag"},
		{"/npm/acme/pkg", "", ""},
		{"/acme", "", ""},
	} {
		got, err := parseTarget(tt.raw)
		if err != nil || got.account != tt.account || strings.Join(got.path, "|") != tt.path {
			t.Errorf("%s: %q %q %v", tt.raw, got.account, got.path, err)
		}
	}
	for _, raw := range []string{"/v1/releases/%", "/v1/releases/%zz", "/v1/releases/%ff", "/v1/releases/a%00b"} {
		if _, err := parseTarget(raw); codeOf(err) != "ENCODING_INVALID" {
			t.Errorf("%s: %v", raw, err)
		}
	}
}

// TestP50Methods: what a path answers, and what Allow lists.
func TestP50Methods(t *testing.T) {
	for _, tt := range []struct{ method, path, pattern, allowed string }{
		{"GET", "products", "products", "GET, HEAD, POST"},
		{"HEAD", "products", "products", "GET, HEAD, POST"},
		{"PUT", "products", "", "GET, HEAD, POST"},
		{"GET", "licenses|x", "licenses/{license}", "GET, HEAD, PATCH, DELETE"},
		{"POST", "licenses|x|actions|suspend", "licenses/{license}/actions/suspend", "POST"},
		{"GET", "licenses|x|actions|suspend", "", "POST"},
		{"GET", "nothing", "", ""},
		{"GET", "products|", "", ""},
		{"GET", "packages|@org|pkg", "", ""},
		{"PUT", "tokens|x", "tokens/{token}", "GET, HEAD, PUT, DELETE"},
	} {
		r, _, allowed := lookUp(routes, tt.method, strings.Split(tt.path, "|"))
		pattern := ""
		if r != nil {
			pattern = r.pattern
		}
		if pattern != tt.pattern || allowed != tt.allowed {
			t.Errorf("%s %s: %q, allowed %q", tt.method, tt.path, pattern, allowed)
		}
	}
}

func TestCatchAllTakesTheRest(t *testing.T) {
	r := route{pattern: "artifacts/{artifact...}"}
	params, ok := r.match([]string{"artifacts", "dir", "My App.dmg"})
	if !ok || params["artifact"] != "dir/My App.dmg" {
		t.Fatal(params, ok)
	}
	if got := fill(r.pattern, params); got != "artifacts/dir/My%20App.dmg" {
		t.Fatal(got)
	}
	if _, ok := r.match([]string{"artifacts"}); ok {
		t.Fatal("matches nothing")
	}
}

// TestTemplateHidesKeys: request logs never show a license key (access.md A55).
func TestTemplateHidesKeys(t *testing.T) {
	if got := Template("GET", "/v1/accounts/acme/licenses/F50B6D-01FB13"); got != "/v1/licenses/{license}" {
		t.Fatal(got)
	}
	if got := Template("GET", "/F50B6D/nothing"); got != "(none)" {
		t.Fatal(got)
	}
}

func TestClaims(t *testing.T) {
	for path, want := range map[string]bool{"/v1/ping": true, "//v1/releases": true, "/acme/v1/releases": true, "/oci/v1/x": false,
		"/v2/v1": false, "/npm/acme/x": false, "/": false, "/F6A9D1A0-4B1C-4F4C-8C7E-2B1A1F4C5D6E/v1/me": true} {
		if Claims([]byte(path)) != want {
			t.Errorf("%s: %v", path, !want)
		}
	}
}

// FuzzRoute: any path either fails to decode or gives segments that, escaped
// again, are read back the same.
func FuzzRoute(f *testing.F) {
	for _, s := range []string{"/v1/releases/1.0.0", "//v1/x", "/acme/v1/a%2Fb", "/v1/accounts/acme/artifacts/a/b", "/%", "/v1/%00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		got, err := parseTarget(raw)
		if err != nil {
			return
		}
		lookUp(routes, "GET", got.path)
		Template("GET", raw)
		if len(got.path) == 0 || slices.Contains(got.path, "") {
			return
		}
		again := "/v1"
		if got.account != "" {
			again = "/v1/accounts/x"
		}
		for i := range got.path {
			again += "/" + fill("{p}", map[string]string{"p": got.path[i]})
		}
		if back, err := parseTarget(again); err != nil || got.path[0] != "accounts" && !slices.Equal(back.path, got.path) {
			t.Fatalf("%q -> %q -> %q %v", raw, got.path, back.path, err)
		}
	})
}
