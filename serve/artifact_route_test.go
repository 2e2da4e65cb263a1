package serve

import (
	"strings"
	"testing"

	"github.com/valyala/fasthttp"
)

const someID = "30c64dcd-a74d-4f0d-8479-8745172a4817"

// rooted is where an artifact URL leads: form, account, and what is below the
// root; "" for what is none.
func rooted(uri string) string {
	ctx := &fasthttp.RequestCtx{}
	ctx.Request.Header.SetRequestURI(uri)
	var t target
	t.take(ctx)
	if !t.routeArtifact() {
		return ""
	}
	if t.form == soleForm {
		return "sole " + string(t.word) + " " + string(t.rest)
	}
	return "path " + string(t.word) + " " + string(t.rest)
}

func TestArtifactRoots(t *testing.T) {
	for uri, want := range map[string]string{
		"/v1/accounts/acme/artifacts/x":              "path acme /artifacts/x",
		"/v1/accounts/ac%6De/artifacts/x/y":          "path ac%6De /artifacts/x/y",
		"/v1/artifacts/x?y=/z":                       "sole  /artifacts/x",
		"/acme/v1/artifacts/x":                       "path acme /artifacts/x",
		"//v1/accounts/acme/artifacts/x":             "path acme /artifacts/x",
		"///acme/v1/artifacts/x":                     "path acme /artifacts/x",
		"http://host/v1/accounts/acme/artifacts/x":   "path acme /artifacts/x",
		"/v1/accounts/acme/releases/1.0/artifacts/x": "path acme /releases/1.0/artifacts/x",
		"/v1/releases/1.0/artifacts/x":               "sole  /releases/1.0/artifacts/x",
		"/v1/accounts/artifacts/artifacts/x":         "path artifacts /artifacts/x",
		"/v1/accounts/acme/artifacts":                "",
		"/v1/accounts/acme/artifacts/":               "",
		"/v1/accounts/acme/releases/1.0/artifacts":   "",
		"/v1/accounts/acme/releases/1.0":             "",
		"/v1/accounts/acme/products":                 "",
		"/v1/accounts/acme":                          "",
		"/v1":                                        "",
		"/":                                          "",
		"/acme/v2/artifacts/x":                       "",
		"/acme/artifacts/x":                          "",
	} {
		if got := rooted(uri); got != want {
			t.Errorf("%s: %q, want %q", uri, got, want)
		}
	}
}

func TestArtifactPaths(t *testing.T) {
	id := strings.ToUpper(strings.ReplaceAll(someID, "-", ""))
	for path, want := range map[string]artifactPath{
		"/artifacts/" + someID + "/install.sh":     {id: someID, name: "install.sh", bytes: true},
		"/artifacts/" + id + "/d/x%20y/":           {id: someID, name: "d/x y", bytes: true},
		"/artifacts/" + someID:                     {id: someID, name: someID},
		"/artifacts/" + someID + "/":               {id: someID, name: someID},
		"/artifacts/" + someID + ".sha256":         {name: someID + ".sha256"},
		"/artifacts/d/x":                           {name: "d/x"},
		"/artifacts/d%2Fx":                         {name: "d/x"},
		"/artifacts/%2561":                         {name: "%61"},
		"/artifacts/d//x":                          {name: "d//x", nowhere: true},
		"/artifacts/../x":                          {name: "../x", nowhere: true},
		"/artifacts/a%2F..":                        {name: "a/..", nowhere: true},
		"/artifacts/" + someID + "/../x":           {id: someID, name: "../x", bytes: true, nowhere: true},
		"/releases/1.0+b/artifacts/d/x":            {within: true, release: "1.0+b", name: "d/x"},
		"/releases/1.0/artifacts/" + someID:        {within: true, release: "1.0", name: someID},
		"/releases/1.0/artifacts/" + someID + "/x": {within: true, release: "1.0", name: someID + "/x"},
		"/releases/1.0/artifacts/..":               {within: true, release: "1.0", name: "..", nowhere: true},
		"":                                         {nowhere: true},
		"/products/x":                              {nowhere: true},
	} {
		if got, ok := parseArtifactPath([]byte(path)); !ok || got != want {
			t.Errorf("%s: %+v %v, want %+v", path, got, ok, want)
		}
	}
	for _, path := range []string{"/artifacts/%zz", "/artifacts/a%00", "/releases/%/artifacts/x", "/artifacts/%ff"} {
		if got, ok := parseArtifactPath([]byte(path)); ok {
			t.Errorf("%s: %+v", path, got)
		}
	}
}

func FuzzArtifactPath(f *testing.F) {
	for _, path := range []string{"/artifacts/" + someID + "/d/x", "/artifacts/d%2Fx", "/releases/1/artifacts/x", "/artifacts/..", "//"} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		p, ok := parseArtifactPath([]byte(path))
		if !ok || p.nowhere {
			return
		}
		if !ValidName(p.name) || p.bytes && p.id == "" || p.id != "" && UUID([]byte(p.id)) != p.id || p.within && p.id != "" {
			t.Errorf("%q: %+v", path, p)
		}
	})
}

func TestPreferred(t *testing.T) {
	for list, want := range map[string]preference{
		"": preferBytes, "no-redirect": preferNoRedirect, "no-download": preferNoDownload, "x, no-redirect": preferNoRedirect,
		"no-redirect,no-download": preferNoDownload, "no-download,no-redirect": preferNoDownload, "NO-Redirect; a=b": preferNoRedirect,
		" no-download ,": preferNoDownload, "no-redirected": preferBytes, "no redirect": preferBytes, `"no-redirect"`: preferBytes,
	} {
		if got := preferred([]byte(list)); got != want {
			t.Errorf("%q: %d, want %d", list, got, want)
		}
	}
}

func TestChecksumNames(t *testing.T) {
	for name, want := range map[string]string{"a.sha256": "a .sha256", "d/a.zip.sha512": "d/a.zip .sha512", "a.sha256.sha512": "a.sha256 .sha512",
		"a": "", "a.sha1": "", ".sha256": "", "a.SHA256": ""} {
		file, digest, ok := sibling(name)
		if got := file + " " + digest; ok != (want != "") || ok && got != want {
			t.Errorf("%s: %q %v", name, got, ok)
		}
	}
}
