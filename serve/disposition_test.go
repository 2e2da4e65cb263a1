package serve

import (
	"mime"
	"net/url"
	"strings"
	"testing"

	"offprint/schema/jsonapi"
)

func TestDisposition(t *testing.T) {
	for name, want := range map[string]string{
		"install.sh":      `attachment; filename="install.sh"; filename*=UTF-8''install.sh`,
		"dir/My App.dmg":  `attachment; filename="My App.dmg"; filename*=UTF-8''My%20App.dmg`,
		"a\"b\\c.zip":     `attachment; filename="a_b_c.zip"; filename*=UTF-8''a%22b%5Cc.zip`,
		"ü€.zip":          `attachment; filename="__.zip"; filename*=UTF-8''%C3%BC%E2%82%AC.zip`,
		"a\r\nX: y\x7f":   `attachment; filename="a__X: y_"; filename*=UTF-8''a%0D%0AX%3A%20y%7F`,
		"100%;a=b'c*.tgz": `attachment; filename="100%;a=b'c*.tgz"; filename*=UTF-8''100%25%3Ba%3Db%27c%2A.tgz`,
	} {
		if got := string(appendDisposition(nil, name)); got != want {
			t.Errorf("%q: %s\nwant %s", name, got, want)
		}
	}
}

func FuzzDisposition(f *testing.F) {
	for _, name := range []string{"a", `d/a"b\c`, "ü\r\n", "\x00\xff"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		got := string(appendDisposition(nil, name))
		for _, c := range got {
			if c < ' ' || c > '~' {
				t.Fatalf("%q: %q", name, got)
			}
		}
		plain, rest, _ := strings.Cut(got, `"; filename*=`)
		if strings.ContainsAny(plain[len(`attachment; filename="`):], `"\`) {
			t.Errorf("%q: %s", name, got)
		}
		if _, params, err := mime.ParseMediaType("attachment; filename*=" + rest); err == nil && params["filename"] != lastSegment(name) && lastSegment(name) == strings.ToValidUTF8(lastSegment(name), "") {
			t.Errorf("%q: read as %q", name, params["filename"])
		}
	})
}

// TestPathsAreAsInDocuments: redirects and the links of documents agree.
func TestPathsAreAsInDocuments(t *testing.T) {
	all := make([]rune, 0, 0x200)
	for c := rune(1); c < 0x200; c++ {
		all = append(all, c)
	}
	if got, want := string(AppendPath(nil, string(all))), jsonapi.PathEscape(string(all)); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

func TestAppendQuery(t *testing.T) {
	for query, want := range map[string]string{
		"auth=license:K&x=1": "auth=license%3AK&x=1", "b=2&a=1": "b=2&a=1", "a=%20+": "a=%20%2B", "a=%2526": "a=%2526", "a=%26": "a=%26",
		"a": "a", "": "", "a=b=c": "a=b=c", "&&": "&&", "ü=é": "%C3%BC=%C3%A9", "a=#/?": "a=%23%2F%3F", "a=" + strings.Repeat(":", 3000): "a=" + strings.Repeat("%3A", 3000),
	} {
		if got, ok := AppendQuery([]byte("?"), []byte(query)); !ok || string(got) != "?"+want {
			t.Errorf("%.40s: %.80s %v", query, got, ok)
		}
	}
	for _, query := range []string{"a=%zz", "a=%", "%00=1", "a=%ff", "a=1&b=%"} {
		if got, ok := AppendQuery(nil, []byte(query)); ok {
			t.Errorf("%s: %s", query, got)
		}
	}
}

func FuzzAppendQuery(f *testing.F) {
	for _, query := range []string{"auth=license:K&x=1", "a=%26&b", "%zz", "a=b=c&&"} {
		f.Add(query)
	}
	f.Fuzz(func(t *testing.T, query string) {
		once, ok := AppendQuery(nil, []byte(query))
		if !ok {
			return
		}
		if twice, ok := AppendQuery(nil, once); !ok || string(twice) != string(once) {
			t.Errorf("%q: %q, then %q", query, once, twice)
		}
		for _, name := range []string{"auth", "a"} {
			if got, want := param(once, name), param([]byte(query), name); string(got) != string(want) {
				t.Errorf("%q: %s is %q, was %q", query, name, got, want)
			}
		}
		if _, err := url.Parse("http://h/p?" + string(once)); err != nil {
			t.Errorf("%q: %v", query, err)
		}
	})
}
