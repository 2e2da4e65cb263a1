package raw

import (
	"fmt"
	"strings"
	"testing"

	"offprint/schema"
)

const script = "offprint\n" // nine bytes

var (
	free   = release{product: "relay", version: "1.0.0", tag: "stable", files: []file{{name: "install.sh", body: script}, {name: "dir/My App.dmg", body: "disk image"}}}
	sold   = release{product: "vault", version: "1.0.0", tag: "stable", files: []file{{name: "install.sh", body: "vault one\n"}}}
	gold   = release{product: "vault", version: "2.0.0", needs: []string{id("gold")}, files: []file{{name: "gold.zip", body: "gold"}}}
	closed = release{product: "lab", version: "1.0.0", files: []file{{name: "lab.zip", body: "lab"}}}
)

// acme is an account with an OPEN, a LICENSED and a CLOSED product.
func acme(t testing.TB) *site {
	s := newSite(t)
	s.staff()
	s.product("relay", "OPEN")
	s.product("vault", "LICENSED")
	s.product("lab", "CLOSED")
	s.license("plain", "vault")
	s.license("gold", "vault", func(l *schema.License) { l.Entitlements = []string{id("gold")} })
	s.license("relay", "relay")
	s.publish(free, sold, gold, closed)
	return s
}

// staff makes the token "admin".
func (s *site) staff() {
	s.put(&schema.User{Base: base(id("root")), Role: "admin"})
	s.token("admin", "users/"+id("root"))
}

func TestR1EveryNameOfAFile(t *testing.T) {
	s := acme(t)
	for _, word := range []string{"stable", "1.0.0", free.id(), strings.ToUpper(free.id())} {
		for _, name := range []string{"install.sh", free.file("install.sh")} {
			for _, product := range []string{"relay", "RELAY", id("relay")} {
				for _, prefix := range []string{"/raw/acme", "/raw/ACME", "/raw/" + accountID, "/v1/accounts/acme/engines/raw", "/v1/engines/raw"} {
					path := prefix + "/" + product + "/" + word + "/" + name
					if got := s.follow("GET", path); got.StatusCode != 200 || got.body != script {
						t.Errorf("%s: %s %q", path, got.brief(), got.body)
					}
				}
			}
		}
	}
	for _, word := range []string{"1.0", "v1.0.0", "latest", "^1.0.0", "Stable", ""} {
		if got := s.get("/raw/acme/relay/"+word+"/install.sh", as("admin")...); got.brief() != "404 NOT_FOUND" {
			t.Errorf("release %q: %s", word, got.brief())
		}
	}
}

func TestR2PackagesNeedTheirName(t *testing.T) {
	s := acme(t)
	s.pkg("relay", "tool", "")
	s.publish(release{product: "relay", pkg: "tool", version: "3.0.0", files: []file{{name: "tool.zip", body: "tool"}}})
	for path, want := range map[string]string{
		"relay/3.0.0/tool.zip":                              "401 TOKEN_MISSING",
		"relay/@tool/1.0.0/install.sh":                      "401 TOKEN_MISSING",
		"relay/@tool/3.0.0/tool.zip":                        "200",
		"relay/@TOOL/3.0.0/tool.zip":                        "200",
		"relay/@" + id("relay", "tool") + "/3.0.0/tool.zip": "200",
		"vault/@tool/3.0.0/tool.zip":                        "401 TOKEN_MISSING",
		"relay/@/1.0.0/install.sh":                          "401 TOKEN_MISSING",
	} {
		if got := s.follow("GET", "/raw/acme/"+path); got.brief() != want {
			t.Errorf("%s: %s, want %s", path, got.brief(), want)
		}
	}
	for _, path := range []string{"relay/3.0.0/tool.zip", "relay/@tool/1.0.0/install.sh"} {
		if got := s.get("/raw/acme/"+path, as("key-relay")...); got.brief() != "404 NOT_FOUND" {
			t.Errorf("%s: %s", path, got.brief())
		}
	}
}

func TestR3ScopedPackages(t *testing.T) {
	s := acme(t)
	s.pkg("relay", "@acme/x", "npm")
	s.pkg("vault", "acme/x", "") // of another product: it takes nothing away
	s.publish(release{product: "relay", pkg: "@acme/x", version: "1.0.0", files: []file{{name: "x.tgz", body: "x"}}})
	for _, pkg := range []string{"@%40acme%2Fx", "@acme%2Fx", "%40%40acme%2fx", "@@ACME%2Fx"} {
		if got := s.follow("GET", "/raw/acme/relay/"+pkg+"/1.0.0/x.tgz"); got.body != "x" {
			t.Errorf("%s: %s", pkg, got.brief())
		}
	}
}

func TestR4Spellings(t *testing.T) {
	s := acme(t)
	for path, want := range map[string]string{
		"1.0.0/dir/My%20App.dmg":             "303",
		"1.0.0/dir%2FMy%20App.dmg":           "303",
		"1.0.0/dir%2fMy%20App.dmg/":          "303",
		"1.0.0/Dir/My%20App.dmg":             "404 NOT_FOUND",
		"1.0.0/..%2Fx":                       "404 NOT_FOUND",
		"1.0.0/dir/../install.sh":            "404 NOT_FOUND",
		"1.0.0//install.sh":                  "404 NOT_FOUND",
		"1.0.0/./install.sh":                 "404 NOT_FOUND",
		"1.0.0/install.sh//":                 "404 NOT_FOUND",
		"1.0.0":                              "404 NOT_FOUND",
		"1.0.0/%zz":                          "400 ENCODING_INVALID",
		"1.0.0/%":                            "400 ENCODING_INVALID",
		"1.0.0/a%00":                         "400 ENCODING_INVALID",
		"1.0.0/%ff":                          "400 ENCODING_INVALID",
		"1.0.0/install.sh?x=%zz":             "400 ENCODING_INVALID",
		"1.0.0/install%2Esh":                 "303",
		"1.0.0/install.sh%2F..%2Finstall.sh": "404 NOT_FOUND",
	} {
		if got := s.get("/raw/acme/relay/"+path, as("key-relay")...); got.brief() != want {
			t.Errorf("%s: %s, want %s", path, got.brief(), want)
		}
	}
	want := local + "/v1/accounts/" + accountID + "/artifacts/" + free.file("dir/My App.dmg") + "/dir/My%20App.dmg"
	if got := s.get("/raw/acme/relay/1.0.0/dir%2FMy%20App.dmg").Header.Get("Location"); got != want {
		t.Errorf("location %s, want %s", got, want)
	}
}

func TestR5TagBeatsVersionWithinTheView(t *testing.T) {
	s := acme(t)
	old := release{product: "vault", version: "3.9.0", tag: "4.0.0", needs: []string{id("gold")}, files: []file{{name: "a", body: "3.9.0"}}}
	s.publish(old, release{product: "vault", version: "4.0.0", files: []file{{name: "a", body: "4.0.0"}}})
	for who, want := range map[string]string{"key-gold": "3.9.0", "key-plain": "4.0.0", "admin": "3.9.0"} {
		if got := s.follow("GET", "/raw/acme/vault/4.0.0/a", as(who)...); got.body != want {
			t.Errorf("%s: %q, want %q", who, got.body, want)
		}
	}
	old.tag = ""
	s.publish(old)
	if got := s.follow("GET", "/raw/acme/vault/4.0.0/a", as("key-gold")...); got.body != "4.0.0" {
		t.Errorf("tag moved away: %q", got.body)
	}
	if got := s.follow("GET", "/raw/acme/vault/"+old.id()+"/a", as("key-gold")...); got.body != "3.9.0" {
		t.Errorf("by id: %q", got.body)
	}
}

func TestR6BuildMetadata(t *testing.T) {
	s := acme(t)
	s.publish(release{product: "relay", version: "1.0.0+b1", files: []file{{name: "a+b", body: "b1"}}})
	for _, path := range []string{"1.0.0+b1/a+b", "1.0.0%2Bb1/a%2Bb"} {
		if got := s.follow("GET", "/raw/acme/relay/"+path); got.body != "b1" {
			t.Errorf("%s: %s", path, got.brief())
		}
	}
}

func TestR7SameNameElsewhere(t *testing.T) {
	s := acme(t)
	s.publish(release{product: "relay", version: "1.1.0", files: []file{{name: "install.sh", body: "newer\n"}}})
	for path, want := range map[string]string{"relay/1.0.0": script, "relay/1.1.0": "newer\n", "vault/1.0.0": "vault one\n"} {
		if got := s.follow("GET", "/raw/acme/"+path+"/install.sh", as("key-"+map[bool]string{true: "plain", false: "relay"}[path[0] == 'v'])...); got.body != want {
			t.Errorf("%s: %q, want %q", path, got.body, want)
		}
	}
}

func TestR8KeyInTheQueryPassesBothHops(t *testing.T) {
	s := acme(t)
	link := "/raw/acme/vault/stable/install.sh?x=1&auth=license:key-plain&y=a%26b"
	a := s.get(link)
	want := local + canonical(sold, "install.sh") + "?x=1&auth=license%3Akey-plain&y=a%26b"
	if got := a.Header.Get("Location"); got != want {
		t.Errorf("location %s, want %s", got, want)
	}
	for name, want := range map[string]string{"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "Content-Length": "0",
		"Vary": "Accept, Accept-Encoding, Authorization", "X-Offprint-Serial": fmt.Sprint(s.serialOf(sold))} {
		if got := a.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	b := s.follow("GET", link)
	if b.body != "vault one\n" || b.Header.Get("Referrer-Policy") != "no-referrer" || b.Header.Get("Cache-Control") != "private, no-cache" {
		t.Errorf("bytes: %s %v", b.brief(), b.Header)
	}
	s.get("/raw/acme/vault/stable/nothing?auth=license:key-plain")
	s.get("/raw/acme/vault/stable/nothing?auth=license:key-wrong")
	if strings.Contains(s.log.String(), "key-") {
		t.Errorf("log: %s", s.log.String())
	}
}

// serialOf is that of the newest event of a release's files.
func (s *site) serialOf(x release) uint64 {
	d, err := s.store.Document(s.Context(), schema.FilesDoc(id(x.product)), 0)
	if err != nil {
		s.Fatal(err)
	}
	for _, f := range d.Fragments {
		if f.Key == x.file(x.files[0].name) {
			return f.Rule.Changed
		}
	}
	s.Fatal("no such file")
	return 0
}

func TestR9AnonymousLearnsNothing(t *testing.T) {
	s := acme(t)
	paths := []string{"/raw/acme/vault/1.0.0/install.sh", "/raw/acme/vault/1.0.0/invented", "/raw/acme/invented/1.0.0/install.sh", "/raw/acme/lab/1.0.0/lab.zip",
		canonical(sold, "install.sh"), canonical(release{product: "x"}, "install.sh"), "/v1/accounts/acme/artifacts/" + sold.file("install.sh"),
		"/v1/accounts/acme/artifacts/invented", "/v1/accounts/acme/releases/1.0.0/artifacts/invented", "/v1/accounts/acme/releases/" + gold.id() + "/artifacts/gold.zip"}
	var first *reply
	for _, path := range paths {
		a := s.get(path)
		if a.brief() != "401 TOKEN_MISSING" || a.Header.Get("WWW-Authenticate") != `Basic realm="offprint"` {
			t.Errorf("%s: %s %v", path, a.brief(), a.Header)
		}
		if first == nil {
			first = a
		}
		if strings.Contains(path, "/raw/") && (plain(a) != plain(first)) {
			t.Errorf("%s: %s\n%s", path, plain(a), plain(first))
		}
	}
	open := newSite(t)
	open.product("relay", "OPEN")
	open.publish(free)
	for _, path := range paths {
		if got := open.get(path); got.brief() != "404 NOT_FOUND" {
			t.Errorf("nothing is restricted, %s: %s", path, got.brief())
		}
	}
	open.publish(release{product: "relay", version: "9.0.0", needs: []string{"x"}, files: []file{{name: "x", body: "x"}}})
	if got := open.get(paths[0]); got.brief() != "401 TOKEN_MISSING" {
		t.Errorf("a release with constraints: %s", got.brief())
	}
}

// plain is a reply without what differs between any two.
func plain(a *reply) string {
	h := a.Header.Clone()
	request := h.Get("X-Request-Id")
	h.Del("X-Request-Id")
	h.Del("Date")
	return fmt.Sprint(a.StatusCode, h, strings.ReplaceAll(a.body, request, "ID"))
}

func TestR10HiddenFromLicenses(t *testing.T) {
	s := acme(t)
	s.publish(release{product: "vault", version: "5.0.0", status: "DRAFT", files: []file{{name: "draft", body: "draft"}}},
		release{product: "vault", version: "6.0.0", status: "YANKED", files: []file{{name: "yanked", body: "yanked"}}},
		release{product: "vault", version: "7.0.0", files: []file{{name: "waiting", state: "WAITING"}, {name: "failed", state: "FAILED", failure: "SIZE_MISMATCH: 3 bytes"}}},
		release{product: "vault", version: "8.0.0", files: []file{{name: "deleted", body: "deleted", state: "YANKED"}}})
	for _, path := range []string{"vault/2.0.0/gold.zip", "vault/5.0.0/draft", "vault/6.0.0/yanked", "vault/7.0.0/waiting", "vault/7.0.0/failed", "vault/8.0.0/deleted", "lab/1.0.0/lab.zip"} {
		if got := s.get("/raw/acme/"+path, as("key-plain")...); got.brief() != "404 NOT_FOUND" {
			t.Errorf("%s: %s", path, got.brief())
		}
		product, rest, _ := strings.Cut(path, "/")
		version, name, _ := strings.Cut(rest, "/")
		if got := s.get(canonical(release{product: product, version: version}, name), as("key-plain")...); got.brief() != "404 NOT_FOUND" {
			t.Errorf("canonical %s: %s", path, got.brief())
		}
	}
	if got := s.get("/raw/acme/vault/1.0.0/install.sh", as("key-relay")...); got.brief() != "404 NOT_FOUND" {
		t.Errorf("another product's license: %s", got.brief())
	}
	if got := s.get("/raw/acme/vault/8.0.0/deleted", as("admin")...); got.brief() != "404 NOT_FOUND" {
		t.Errorf("deleted, staff: %s", got.brief())
	}
	a, b := s.get("/raw/acme/vault/2.0.0/gold.zip", as("key-plain")...), s.get("/raw/acme/vault/9.9.9/gold.zip", as("key-plain")...)
	if plain(a) != plain(b) {
		t.Errorf("hidden and unknown differ:\n%s\n%s", plain(a), plain(b))
	}
}

func TestR11ProductToken(t *testing.T) {
	s := acme(t)
	draft := release{product: "vault", version: "5.0.0", status: "DRAFT", files: []file{{name: "draft", body: "draft"}}}
	open := release{product: "vault", version: "7.0.0", files: []file{{name: "waiting", state: "WAITING"}, {name: "failed", state: "FAILED", failure: "SIZE_MISMATCH: 3 bytes instead of 4"}}}
	yanked := release{product: "vault", version: "6.0.0", status: "YANKED", files: []file{{name: "yanked", body: "yanked"}}}
	s.publish(draft, open, yanked)
	for _, who := range []string{"prod-vault", "admin"} {
		for _, tt := range []struct {
			x          release
			name, want string
			holds      string
		}{
			{draft, "draft", "200", "draft"}, {yanked, "yanked", "200", "yanked"}, {gold, "gold.zip", "200", "gold"},
			{open, "waiting", "409 ARTIFACT_NOT_UPLOADED", "WAITING"}, {open, "failed", "409 ARTIFACT_NOT_UPLOADED", "FAILED, SIZE_MISMATCH: 3 bytes instead of 4"},
		} {
			path := "/raw/acme/vault/" + tt.x.version + "/" + tt.name
			if got := s.get(path, as(who)...); got.StatusCode != 303 {
				t.Errorf("%s %s: %s", who, path, got.brief())
			}
			if got := s.follow("GET", path, as(who)...); got.brief() != tt.want || !strings.Contains(got.body, tt.holds) {
				t.Errorf("%s %s: %s %s, want %s", who, path, got.brief(), got.body, tt.want)
			}
		}
	}
	for _, path := range []string{"/raw/acme/relay/1.0.0/install.sh", canonical(free, "install.sh")} {
		if got := s.get(path, as("prod-vault")...); got.brief() != "404 NOT_FOUND" {
			t.Errorf("another product's token, %s: %s", path, got.brief())
		}
	}
}

func TestR12Head(t *testing.T) {
	s := acme(t)
	if got := s.ask("HEAD", "/raw/acme/relay/1.0.0/install.sh"); got.StatusCode != 303 || got.Header.Get("Location") != local+canonical(free, "install.sh") || got.body != "" {
		t.Errorf("raw: %d %v", got.StatusCode, got.Header)
	}
	get, head := s.follow("GET", "/raw/acme/relay/1.0.0/install.sh"), s.follow("HEAD", "/raw/acme/relay/1.0.0/install.sh", "Range", "bytes=2-3")
	get.Header.Del("Date")
	head.Header.Del("Date")
	if head.StatusCode != 200 || head.body != "" || head.ContentLength != 9 || fmt.Sprint(head.Header) != fmt.Sprint(get.Header) {
		t.Errorf("bytes: %d %v\nGET: %v", head.StatusCode, head.Header, get.Header)
	}
	if got := s.ask("HEAD", "/raw/acme/vault/1.0.0/install.sh"); got.StatusCode != 401 || got.body != "" || got.ContentLength < 50 {
		t.Errorf("refused: %d %v", got.StatusCode, got.Header)
	}
}

func TestR13ChecksumSiblings(t *testing.T) {
	s := acme(t)
	both := release{product: "relay", version: "2.0.0", files: []file{{name: "dir/x", body: "x"}, {name: "dir/x.sha256", body: "mine"}}}
	s.publish(both)
	const sum256 = "97931a21b9eed9f3a31c3630f39be8f90f90d0ac42f016e6f2d28b61d05e548e"
	const sum512 = "097e03b7972bb5781d929fb315237d669ddb30ca4a967bc8a618121b3dcec3f508af3576bf932964b0c5f08c184827708515a487068c27cf59998d23d277843e"
	for path, want := range map[string]string{
		"/raw/acme/relay/1.0.0/install.sh.sha256":                                  sum256 + "  install.sh\n",
		"/raw/acme/relay/stable/install.sh.sha512":                                 sum512 + "  install.sh\n",
		"/raw/acme/relay/1.0.0/" + free.file("install.sh") + ".sha256":             sum256 + "  install.sh\n",
		canonical(free, "install.sh") + ".sha256":                                  sum256 + "  install.sh\n",
		"/v1/accounts/acme/artifacts/install.sh.sha512?product=relay":              sum512 + "  install.sh\n",
		"/v1/accounts/acme/artifacts/" + free.file("install.sh") + ".sha256":       sum256 + "  install.sh\n",
		"/v1/accounts/acme/releases/" + free.id() + "/artifacts/install.sh.sha256": sum256 + "  install.sh\n",
		canonical(both, "dir/x") + ".sha512":                                       sumLine(both, "x"),
	} {
		a := s.get(path)
		if a.StatusCode != 200 || a.body != want || a.Header.Get("Content-Type") != "text/plain; charset=utf-8" || a.Header.Get("Location") != "" {
			t.Errorf("%s: %s %q %v", path, a.brief(), a.body, a.Header)
		}
		etag := a.Header.Get("Etag")
		if b := s.get(path, "If-None-Match", etag); !strings.HasPrefix(etag, `"`) || b.StatusCode != 304 {
			t.Errorf("%s: tag %s, then %d", path, etag, b.StatusCode)
		}
	}
	if got := s.follow("GET", "/raw/acme/relay/2.0.0/dir/x.sha256"); got.body != "mine" {
		t.Errorf("a real file of that name: %q", got.body)
	}
	for _, path := range []string{"/raw/acme/vault/2.0.0/gold.zip.sha256", canonical(gold, "gold.zip") + ".sha256", "/raw/acme/relay/1.0.0/none.sha256", "/raw/acme/relay/1.0.0/.sha256"} {
		if a, b := s.get(path).brief(), s.get(path, as("key-plain")...).brief(); a != "401 TOKEN_MISSING" || b != "404 NOT_FOUND" {
			t.Errorf("%s: %s, %s", path, a, b)
		}
	}
}
