package schema

import (
	"strings"
	"testing"
)

func TestContentType(t *testing.T) {
	for filename, want := range map[string]string{
		"install.sh":        "application/x-sh",
		"x-1.0.0.tgz":       "application/gzip",
		"App.tar.GZ":        "application/gzip",
		"dir/My App.dmg":    "application/x-apple-diskimage",
		"Setup.EXE":         "application/vnd.microsoft.portable-executable",
		"notes.txt":         "text/plain; charset=utf-8",
		"latest.json":       "application/json",
		"page.html":         "application/octet-stream",
		"page.HTM":          "application/octet-stream",
		"page.xhtml":        "application/octet-stream",
		"logo.svg":          "application/octet-stream",
		"feed.xml":          "application/octet-stream",
		"app.js":            "application/octet-stream",
		"app.mjs":           "application/octet-stream",
		"app.wasm":          "application/octet-stream",
		"style.css":         "application/octet-stream",
		"x.zip.html":        "application/octet-stream",
		"README":            "application/octet-stream",
		".json":             "application/json",
		"a.json/x":          "application/octet-stream",
		"":                  "application/octet-stream",
		"trailing.":         "application/octet-stream",
		"x.html\x00.png":    "image/png",
		"x.unheard-of":      "application/octet-stream",
		"relay_1_amd64.deb": "application/vnd.debian.binary-package",
	} {
		if got := ContentType(filename); got != want {
			t.Errorf("ContentType(%q) = %q, want %q", filename, got, want)
		}
	}
}

// TestNoTypeThatBrowsersRun: see https://mimesniff.spec.whatwg.org and the
// types for which browsers start a script, a page or a plug-in.
func TestNoTypeThatBrowsersRun(t *testing.T) {
	for ext, typ := range contentTypes {
		for _, bad := range []string{"html", "xml", "svg", "script", "css", "wasm", "flash", "octet-stream"} {
			if strings.Contains(typ, bad) {
				t.Errorf("%s is %s", ext, typ)
			}
		}
		if ext != strings.ToLower(ext) || !strings.HasPrefix(ext, ".") {
			t.Errorf("%q can never be found", ext)
		}
	}
}
