package raw

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"offprint/schema"
	"offprint/schema/origin"
	"offprint/serve"
)

// redirectOf is the link to a file's bytes that a caller is given.
func (s *site) redirectOf(x release, name, query string, headers ...string) string {
	s.Helper()
	a := s.get("/v1/accounts/acme/artifacts/"+x.file(name)+query, headers...)
	if a.StatusCode != 303 {
		s.Fatalf("%s: %s", name, a.brief())
	}
	return a.Header.Get("Location")
}

func TestR19Grants(t *testing.T) {
	s := acme(t)
	plain := s.license("extra", "vault")
	link := s.redirectOf(sold, "install.sh", "", as("key-extra")...)
	if !strings.HasPrefix(link, local+canonical(sold, "install.sh")+"?grant=g1.") {
		t.Fatalf("link %s", link)
	}
	if again := s.redirectOf(sold, "install.sh", "", as("key-extra")...); again != link {
		t.Errorf("equal requests give %s and %s", link, again)
	}
	if got := s.redirectOf(free, "install.sh", "", as("key-extra")...); strings.Contains(got, "grant") {
		t.Errorf("a free file's link has a grant: %s", got)
	}
	grant := link[strings.Index(link, "g1."):]
	for _, headers := range [][]string{nil, {"Prefer", "no-download"}, as("nonsense")} {
		if a := s.get(link, headers...); a.body != "vault one\n" || a.Header.Get("Referrer-Policy") != "no-referrer" || a.Header.Get("Cache-Control") != "private, no-cache" {
			t.Errorf("%q: %s %v", headers, a.brief(), a.Header)
		}
	}
	want := func(what, url, want string, headers ...string) {
		t.Helper()
		if a := s.get(url, headers...); a.brief() != want {
			t.Errorf("%s: %s, want %s", what, a.brief(), want)
		} else if a.StatusCode == 401 && a.Header.Get("WWW-Authenticate") != `Basic realm="offprint"` {
			t.Errorf("%s: %v", what, a.Header)
		}
	}
	other := canonical(gold, "gold.zip")
	want("other artifact", other+"?grant="+grant, "401 GRANT_INVALID")
	want("other artifact, good header", other+"?grant="+grant, "200", as("key-gold")...)
	want("by name", "/v1/accounts/acme/artifacts/install.sh?grant="+grant, "401 GRANT_INVALID")
	for i := range len(grant) {
		altered := []byte(grant)
		altered[i] ^= 1
		if a := s.get(canonical(sold, "install.sh") + "?grant=" + url.QueryEscape(string(altered))); a.brief() != "401 GRANT_INVALID" {
			t.Fatalf("altered at %d: %s", i, a.brief())
		}
	}
	s.now.Add(3600_000 + 900_000 + 1)
	want("expired", link, "401 GRANT_EXPIRED")
	want("expired, good header", link, "200", as("key-plain")...)
	want("expired, good query", link+"&auth=license:key-plain", "200")
	want("expired, bad header", link, "401 TOKEN_INVALID", as("nonsense")...)
	s.now.Store(testNow)

	yanked := sold
	yanked.status = "YANKED"
	s.publish(yanked)
	want("yanked", link, "404 NOT_FOUND")
	s.publish(sold)
	want("published again", link, "200")
	plain.Suspended = true
	s.put(plain)
	want("suspended", link, "403 LICENSE_SUSPENDED")
	plain.Suspended = false
	s.put(plain)
	s.fresh.Store(false)
	want("rights not confirmed", link, "503 UNAVAILABLE")
	s.fresh.Store(true)
	want("reinstated", link, "200")
	s.remove(plain)
	want("revoked", link, "404 NOT_FOUND")
}

// expiry is that of the grant in a link, in seconds from now.
func expiry(t *testing.T, link string) int64 {
	t.Helper()
	parts := strings.Split(link[strings.Index(link, "g1."):], ".")
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var g struct{ Exp int64 }
	if err := json.Unmarshal(payload, &g); err != nil || g.Exp == 0 {
		t.Fatalf("%s: %v", payload, err)
	}
	return g.Exp - testNow/1000
}

func TestR20LifeOfGrants(t *testing.T) {
	s := acme(t)
	quarter := expiry(t, s.redirectOf(sold, "install.sh", "", as("key-plain")...)) - 3600
	if quarter < 1 || quarter > 900 {
		t.Errorf("the quarter of an hour begins in %d s", quarter)
	}
	for _, tt := range []struct {
		who, ttl string
		want     int64
	}{
		{"admin", "5", 60}, {"prod-vault", "99999999", 604800}, {"admin", "120", 120}, {"admin", "-1", 60}, {"admin", "x", 3600},
		{"admin", "", 3600}, {"admin", "99999999999999999999", 3600}, {"key-plain", "120", 3600}, {"activ-plain", "5", 3600},
	} {
		link := s.redirectOf(sold, "install.sh", "?ttl="+tt.ttl, as(tt.who)...)
		if got := expiry(t, link) - quarter; got != tt.want {
			t.Errorf("%s, ttl %q: %d, want %d", tt.who, tt.ttl, got, tt.want)
		}
		if a := s.get(link); a.body != "vault one\n" {
			t.Errorf("%s: %s", link, a.brief())
		}
	}
}

func TestR24Origins(t *testing.T) {
	domain := func(public string) func(*site, *serve.Config) {
		return func(_ *site, c *serve.Config) {
			c.Hosts = origin.New(public, "example.com", []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")})
		}
	}
	here := canonical(free, "install.sh")
	for _, tt := range []struct {
		public, target, proto, want string
	}{
		{"", "http://127.0.0.1:8080/raw/acme/relay/stable/install.sh", "", "http://127.0.0.1:8080"},
		{"", "http://dist.example.net/raw/acme/relay/stable/install.sh", "https", "https://dist.example.net"},
		{"https://pkg.example.net:8443", "http://pkg.example.net:8443/raw/acme/relay/stable/install.sh", "", "https://pkg.example.net:8443"},
		{"https://pkg.example.net", "http://raw.pkg.example.com:8080/acme/relay/stable/install.sh", "", "http://raw.pkg.example.com:8080"},
		{"https://pkg.example.net", "http://raw.pkg.example.com/acme/relay/@tool/1.0.0/tool.zip", "https", ""},
		{"https://pkg.example.net", "http://acme.example.com/v1/engines/raw/relay/stable/install.sh", "https", "https://acme.example.com"},
		{"https://pkg.example.net", "http://unknown.net/raw/acme/relay/stable/install.sh", "", "https://pkg.example.net"},
	} {
		s := newSite(t, domain(tt.public))
		s.product("relay", "OPEN")
		s.publish(free)
		headers := []string{}
		if tt.proto != "" {
			headers = []string{"X-Forwarded-Proto", tt.proto}
		}
		a := s.get(tt.target, headers...)
		if tt.want == "" {
			if a.brief() != "404 NOT_FOUND" {
				t.Errorf("%s: %s", tt.target, a.brief())
			}
			continue
		}
		if got := a.Header.Get("Location"); a.StatusCode != 303 || got != tt.want+here {
			t.Errorf("%s under %q: %s %s, want %s", tt.target, tt.public, a.brief(), got, tt.want)
		}
		next := strings.Replace(a.Header.Get("Location"), "https://", "http://", 1) // what the proxy makes of it
		if b := s.get(next, headers...); b.body != script {
			t.Errorf("%s: %s", next, b.brief())
		}
	}
}

func TestR25LicensesThatDoNotCount(t *testing.T) {
	s := acme(t)
	s.license("suspended", "vault", func(l *schema.License) { l.Suspended = true })
	s.put(&schema.Policy{Base: base(id("revoke")), Product: id("vault"), ExpirationStrategy: "REVOKE_ACCESS"})
	s.license("expired", "vault", func(l *schema.License) { l.Policy, l.Expiry = id("revoke"), testNow-1 })
	link := s.redirectOf(sold, "install.sh", "", as("key-plain")...)
	for _, path := range []string{"/raw/acme/vault/stable/install.sh", "/raw/acme/vault/1.0.0/install.sh.sha256", canonical(sold, "install.sh"),
		"/v1/accounts/acme/artifacts/install.sh?product=vault", "/v1/accounts/acme/releases/" + sold.id() + "/artifacts/install.sh"} {
		for who, want := range map[string]string{"key-suspended": "403 LICENSE_SUSPENDED", "activ-suspended": "403 LICENSE_SUSPENDED",
			"key-expired": "403 LICENSE_EXPIRED", "activ-expired": "404 NOT_FOUND"} {
			if a := s.get(path, as(who)...); a.brief() != want {
				t.Errorf("%s, %s: %s, want %s", who, path, a.brief(), want)
			}
		}
	}
	for who, want := range map[string]string{"key-suspended": "403 LICENSE_SUSPENDED", "activ-suspended": "200", "activ-expired": "200", "nonsense": "401 TOKEN_INVALID",
		"key-wrong": "401 LICENSE_INVALID", id("uuid"): "401 TOKEN_FORMAT_INVALID"} {
		for _, path := range []string{"/raw/acme/relay/stable/install.sh", canonical(free, "install.sh")} {
			if a := s.follow("GET", path, as(who)...); a.brief() != want {
				t.Errorf("%s, free: %s, want %s", who, a.brief(), want)
			}
		}
	}
	if a := s.get("/raw/acme/vault/2.0.0/gold.zip", as("activ-suspended")...); a.brief() != "404 NOT_FOUND" {
		t.Errorf("what it would not allow either: %s", a.brief())
	}
	if a := s.get(link); a.StatusCode != 200 {
		t.Errorf("another license's grant: %s", a.brief())
	}
}

func TestR26OtherMethods(t *testing.T) {
	s := acme(t)
	for _, method := range []string{"POST", "PUT", "DELETE", "PATCH", "OPTIONS"} {
		a := s.ask(method, "/raw/acme/relay/stable/install.sh")
		if a.brief() != "405 METHOD_NOT_ALLOWED" || a.Header.Get("Allow") != "GET, HEAD" || !strings.Contains(a.body, "publish") {
			t.Errorf("%s: %s %v", method, a.brief(), a.Header)
		}
	}
}

func TestAccounts(t *testing.T) {
	s := acme(t)
	if a := s.get("/raw/nobody/relay/stable/install.sh"); a.brief() != "404 NOT_FOUND" {
		t.Errorf("unknown account: %s", a.brief())
	}
	other := id("other account")
	s.put(&schema.Account{Base: schema.Base{ID: other, Account: other}, Slug: "other", Name: "Other", Status: "INACTIVE"})
	for _, path := range []string{"/raw/other/relay/stable/install.sh", "/v1/accounts/other/artifacts/x"} {
		if a := s.get(path, as("nonsense")...); a.brief() != "403 ACCOUNT_INACTIVE" {
			t.Errorf("%s: %s", path, a.brief())
		}
	}
	for who, want := range map[string]string{"admin": "200", "": "404 NOT_FOUND", "nonsense": "401 TOKEN_INVALID", "key-plain": "404 NOT_FOUND"} {
		for _, path := range []string{"/v1/engines/raw/relay/stable/install.sh", "/v1/artifacts/" + free.file("install.sh")} {
			if a := s.follow("GET", path, as(who)...); a.brief() != want {
				t.Errorf("two accounts, %s by %q: %s, want %s", path, who, a.brief(), want)
			}
		}
	}
}

func TestEveryRootOfArtifacts(t *testing.T) {
	s := acme(t)
	file := free.file("install.sh")
	for _, root := range []string{"/v1/accounts/acme", "/v1/accounts/" + accountID, "/v1", "/acme/v1", "/" + accountID + "/v1", "//v1/accounts/acme", "//v1", "///acme/v1"} {
		for path, want := range map[string]string{"/artifacts/" + file + "/install.sh": "200", "/artifacts/" + file: "303", "/artifacts/" + strings.ReplaceAll(file, "-", "") + "/": "303",
			"/releases/" + free.id() + "/artifacts/install.sh": "303", "/artifacts/": "404"} {
			a := s.get(local + root + path)
			if fmt.Sprint(a.StatusCode) != want {
				t.Errorf("%s%s: %d, want %s", root, path, a.StatusCode, want)
			}
			if a.StatusCode == 303 && a.Header.Get("Location") != local+canonical(free, "install.sh") {
				t.Errorf("%s%s: %s", root, path, a.Header.Get("Location"))
			}
		}
	}
}

func TestFileByName(t *testing.T) {
	s := acme(t)
	s.pkg("relay", "tool", "npm")
	s.publish(release{product: "relay", version: "1.10.0", files: []file{{name: "install.sh", body: "1.10.0"}}},
		release{product: "relay", version: "1.9.0", tag: "lts", files: []file{{name: "install.sh", body: "1.9.0"}, {name: "install.sh.sha256", body: "mine"}}},
		release{product: "relay", pkg: "tool", version: "0.1.0", files: []file{{name: "install.sh", body: "tool"}}},
		release{product: "vault", version: "9.0.0", needs: []string{id("gold")}, files: []file{{name: "install.sh", body: "gold"}}})
	for _, tt := range []struct{ who, query, want string }{
		{"", "", "1.10.0"}, {"key-plain", "", "1.10.0"}, {"key-gold", "", "gold"}, {"key-plain", "?product=vault", "vault one\n"},
		{"", "?product=RELAY", "1.10.0"}, {"", "?product=" + id("relay"), "1.10.0"}, {"key-gold", "?product=none", ""},
		{"", "?package=tool", "tool"}, {"", "?package=", "1.10.0"}, {"", "?engine=NPM", "tool"}, {"", "?package=none", ""},
		{"", "?release=1.9.0", "1.9.0"}, {"", "?release=lts&product=relay", "1.9.0"}, {"", "?release=" + free.id(), script}, {"", "?release=7", ""},
		{"key-gold", "?release=9.0.0&product=relay", ""}, {"", "?channel=stable", "1.10.0"}, {"", "?channel=beta", ""}, {"", "?filetype=.SH", "1.10.0"},
		{"", "?platform=linux", ""}, {"", "?arch=", "1.10.0"}, {"", "?status=uploaded", "1.10.0"}, {"admin", "?status=WAITING", ""},
	} {
		a := s.follow("GET", "/v1/accounts/acme/artifacts/install.sh"+tt.query, as(tt.who)...)
		if (a.StatusCode == 200) != (tt.want != "") || a.StatusCode == 200 && a.body != tt.want {
			t.Errorf("%s %s: %s %q, want %q", tt.who, tt.query, a.brief(), a.body, tt.want)
		}
	}
	if a := s.follow("GET", "/v1/accounts/acme/artifacts/install.sh.sha256"); a.body != "mine" {
		t.Errorf("a real checksum file: %q", a.body)
	}
	if a := s.get("/v1/accounts/acme/releases/1.10.0/artifacts/install.sh.sha256"); a.StatusCode != 200 || !strings.HasSuffix(a.body, "  install.sh\n") {
		t.Errorf("a sibling in a release: %s %q", a.brief(), a.body)
	}
	s.publish(release{product: "relay", version: "2.0.0", files: []file{{name: "install.sh", body: "2.0.0"}, {name: "late", body: "late"}}})
	if a := s.follow("GET", "/v1/accounts/acme/artifacts/install.sh"); a.body != "2.0.0" {
		t.Errorf("after a release: %q", a.body)
	}
}

// TestWhatIsAskedForTooEarly: that a file is not there is not remembered when it
// comes.
func TestWhatIsAskedForTooEarly(t *testing.T) {
	s := acme(t)
	x := release{product: "relay", version: "2.0.0", files: []file{{name: "late", body: "late"}}}
	paths := []string{canonical(x, "late"), "/v1/accounts/acme/artifacts/late", "/raw/acme/relay/2.0.0/late", "/v1/accounts/acme/releases/" + x.id() + "/artifacts/late"}
	for _, path := range paths {
		if a := s.follow("GET", path, as("key-relay")...); a.brief() != "404 NOT_FOUND" {
			t.Errorf("%s, too early: %s", path, a.brief())
		}
	}
	s.publish(x)
	for _, path := range paths {
		if a := s.follow("GET", path, as("key-relay")...); a.body != "late" {
			t.Errorf("%s: %s", path, a.brief())
		}
	}
}

func TestTakenDown(t *testing.T) {
	s := acme(t)
	x := release{product: "vault", version: "1.1.0", files: []file{{name: "a.zip", body: "a", state: "YANKED", legal: true}}}
	s.publish(x)
	for _, path := range []string{canonical(x, "a.zip"), "/raw/acme/vault/1.1.0/a.zip", "/v1/accounts/acme/artifacts/" + x.file("a.zip"), "/v1/accounts/acme/releases/" + x.id() + "/artifacts/a.zip"} {
		for who, want := range map[string]string{"key-plain": "451 UNAVAILABLE_FOR_LEGAL_REASONS", "admin": "451 UNAVAILABLE_FOR_LEGAL_REASONS", "key-relay": "404 NOT_FOUND", "": "401 TOKEN_MISSING"} {
			if a := s.get(path, as(who)...); a.brief() != want {
				t.Errorf("%s by %q: %s, want %s", path, who, a.brief(), want)
			}
		}
	}
}

// TestYankedPyPIFile: lock files name it, and who could see it gets it still.
func TestYankedPyPIFile(t *testing.T) {
	s := acme(t)
	s.pkg("vault", "wheel", "pypi")
	x := release{product: "vault", pkg: "wheel", version: "1.0.0", status: "YANKED", files: []file{{name: "w.whl", body: "w"}}}
	y := release{product: "vault", pkg: "wheel", version: "2.0.0", status: "YANKED", needs: []string{id("gold")}, files: []file{{name: "y.whl", body: "y"}}}
	s.publish(x, y)
	for _, tt := range []struct{ path, want string }{
		{canonical(x, "w.whl"), "200"}, {canonical(y, "y.whl"), "404 NOT_FOUND"},
		{"/v1/accounts/acme/artifacts/" + x.file("w.whl"), "404 NOT_FOUND"}, {"/raw/acme/vault/@wheel/1.0.0/w.whl", "404 NOT_FOUND"},
	} {
		if a := s.get(tt.path, as("key-plain")...); a.brief() != tt.want {
			t.Errorf("%s: %s, want %s", tt.path, a.brief(), tt.want)
		}
	}
}

// TestAgeGate: tags and versions younger than the account's gate are not there;
// ids stay reachable.
func TestAgeGate(t *testing.T) {
	s := acme(t)
	young := release{product: "relay", version: "2.0.0", tag: "1.0.0", files: []file{{name: "install.sh", body: "young", at: testNow - 1000}}}
	s.publish(young)
	s.put(&schema.Account{Base: base(accountID), Slug: "acme", Name: "Acme", Status: "ACTIVE", Settings: json.RawMessage(`{"minAge":60}`)})
	for _, tt := range []struct{ who, path, want string }{
		{"", "/raw/acme/relay/2.0.0/install.sh", ""}, {"", "/raw/acme/relay/1.0.0/install.sh", script}, {"admin", "/raw/acme/relay/1.0.0/install.sh", "young"},
		{"", "/raw/acme/relay/" + young.id() + "/install.sh", "young"}, {"", canonical(young, "install.sh"), "young"},
		{"", "/v1/accounts/acme/artifacts/install.sh", script}, {"prod-relay", "/v1/accounts/acme/artifacts/install.sh", "young"},
		{"", "/v1/accounts/acme/releases/2.0.0/artifacts/install.sh", ""}, {"", "/v1/accounts/acme/releases/" + young.id() + "/artifacts/install.sh", "young"},
	} {
		if a := s.follow("GET", tt.path, as(tt.who)...); (a.StatusCode == 200) != (tt.want != "") || a.StatusCode == 200 && a.body != tt.want {
			t.Errorf("%s by %q: %s %q, want %q", tt.path, tt.who, a.brief(), a.body, tt.want)
		}
	}
	s.now.Add(60_000)
	if a := s.follow("GET", "/raw/acme/relay/2.0.0/install.sh"); a.body != "young" {
		t.Errorf("of age: %s", a.brief())
	}
}

// TestUnconfirmedRights: nobody is believed while rights are not confirmed, and
// what is free goes on.
func TestUnconfirmedRights(t *testing.T) {
	s := acme(t)
	s.fresh.Store(false)
	for _, path := range []string{"/raw/acme/relay/stable/install.sh", canonical(free, "install.sh")} {
		if a := s.get(path, as("key-plain")...); a.brief() != "503 UNAVAILABLE" || a.Header.Get("Retry-After") != "1" {
			t.Errorf("%s: %s %v", path, a.brief(), a.Header)
		}
		if a := s.follow("GET", path); a.body != script {
			t.Errorf("%s: %s", path, a.brief())
		}
	}
}

func TestChallengeRepeatsTheScheme(t *testing.T) {
	s := acme(t)
	for scheme, want := range map[string]string{"Bearer nonsense": `Basic realm="offprint";Bearer realm="offprint"`, "License wrong-key": `Basic realm="offprint"`} {
		a := s.get(canonical(sold, "install.sh"), "Authorization", scheme)
		if got := strings.Join(a.Header.Values("WWW-Authenticate"), ";"); a.StatusCode != 401 || got != want {
			t.Errorf("%s: %s %s", scheme, a.brief(), got)
		}
	}
}

// TestHiddenReleaseShadowsNothing: of releases with one version the oldest
// visible one counts. Which of two of one instant is older is up to their ids,
// so that there are several pairs.
func TestHiddenReleaseShadowsNothing(t *testing.T) {
	s := acme(t)
	for i := range 8 {
		version := fmt.Sprintf("7.%d.0", i)
		s.publish(release{product: "vault", version: version, files: []file{{name: "f", body: "sold"}}},
			release{product: "relay", version: version, files: []file{{name: "f", body: "free"}}})
		path := "/v1/accounts/acme/releases/" + version + "/artifacts/f"
		if a := s.follow("GET", path); a.body != "free" {
			t.Errorf("%s: %s %q", version, a.brief(), a.body)
		}
		if a := s.follow("GET", path, as("prod-vault")...); a.body != "sold" {
			t.Errorf("%s: %s %q", version, a.brief(), a.body)
		}
	}
}
