package schema

import "testing"

func searchable(more string) NPMRelease {
	r := version("1.0.0+4", "", Published)
	r.Attr.Available = at("2026-10-01T08:00:00Z")
	r.Body = bodyOf("1.0.0", more, "")
	return r
}

func TestSearchEntry(t *testing.T) {
	const end = `},"score":{"final":1,"detail":{"quality":1,"popularity":1,"maintenance":1}},"searchScore":1}`
	const begin = `{"package":{"name":"@acme/x","version":"1.0.0","description":`
	for _, c := range []struct{ name, more, want string }{
		{"nothing is never null", ``,
			`"","keywords":[],"date":"2026-10-01T08:00:00.000Z","links":{},"publisher":{"username":"relay"},"maintainers":[]`},
		{"everything", `,"description":"a \"b\"","keywords":["k","l",3],"homepage":"https://h","bugs":{"url":"http://b"},"repository":{"url":"git+https://r.git"},"maintainers":["A B <a@b> (u)",{"name":"C","email":"c@d"},7]`,
			`"a \"b\"","keywords":["k","l"],"date":"2026-10-01T08:00:00.000Z","links":{"homepage":"https://h","repository":"https://r.git","bugs":"http://b"},"publisher":{"username":"relay"},"maintainers":[{"username":"A B","email":"a@b"},{"username":"C","email":"c@d"}]`},
		{"odd kinds", `,"description":5,"keywords":"a, b c","homepage":[],"bugs":"javascript:x","repository":"github:a/b","maintainers":{"name":"x"}`,
			`"","keywords":["a","b","c"],"date":"2026-10-01T08:00:00.000Z","links":{},"publisher":{"username":"relay"},"maintainers":[]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, want := string(NPMSearchEntry(nil, packageHead, searchable(c.more), "relay")), begin+c.want+end; got != want {
				t.Errorf("%s\nwant\n%s", got, want)
			}
		})
	}
	got := string(NPMSearchResult(nil, [][]byte{[]byte(`{}`), []byte(`{}`)}, 7, at("2026-10-01T08:00:00Z")))
	if want := `{"objects":[{},{}],"total":7,"time":"2026-10-01T08:00:00.000Z"}`; got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	got = string(NPMSearchResult(nil, nil, 0, 0))
	if want := `{"objects":[],"total":0,"time":"1970-01-01T00:00:00.000Z"}`; got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

func TestSearchMatch(t *testing.T) {
	r := searchable(`,"description":"Fast Größe","keywords":["Build","ci tool"]`)
	for text, want := range map[string]bool{
		"": true, "  ": true, "fast": true, "FAST build": true, "größe": true, "@acme/X": true, "acme ci": true, "ci tool": true,
		"fast slow": false, "fastgröße": false, "1.0.0": false, "mit": false, "buildci": false,
	} {
		if got := NPMSearchMatch(text, packageHead, r); got != want {
			t.Errorf("NPMSearchMatch(%q) = %v", text, got)
		}
	}
	r.Body = []byte("garbage")
	if !NPMSearchMatch("acme", packageHead, r) || NPMSearchMatch("fast", packageHead, r) {
		t.Error("a body that cannot be read must still be found by its key alone")
	}
}
