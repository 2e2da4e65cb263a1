package raw

import (
	"strings"
	"testing"

	"offprint/serve"
)

func TestParse(t *testing.T) {
	for path, want := range map[string]link{
		"/p/r/f":           {product: "p", release: "r", file: "f"},
		"/p/r/f/":          {product: "p", release: "r", file: "f"},
		"/p/r/d/f":         {product: "p", release: "r", file: "d/f"},
		"/p/r/d%2Ff":       {product: "p", release: "r", file: "d/f"},
		"/p/r/%2561":       {product: "p", release: "r", file: "%61"},
		"/p/@k/r/f":        {product: "p", packaged: true, pkg: "k", release: "r", file: "f"},
		"/p/@%40s%2Fk/r/f": {product: "p", packaged: true, pkg: "@s/k", release: "r", file: "f"},
		"/p/%40k/r/f":      {product: "p", packaged: true, pkg: "k", release: "r", file: "f"},
		"/p/1.0+b/f":       {product: "p", release: "1.0+b", file: "f"},
		"/p/@k/r":          {packaged: true, pkg: "k", file: "r", nowhere: true},
		"/p/r":             {file: "r", nowhere: true},
		"/p":               {file: "p", nowhere: true},
		"/":                {nowhere: true},
		"/p//f":            {product: "p", file: "f", nowhere: true},
		"/p/r/":            {file: "r", nowhere: true},
		"/p/../f":          {product: "p", release: "..", file: "f", nowhere: true},
		"/p/r/a/../f":      {product: "p", release: "r", file: "a/../f", nowhere: true},
		"/p/r/a%2F..":      {product: "p", release: "r", file: "a/..", nowhere: true},
		"/p/@/r/f":         {product: "p", packaged: true, release: "r", file: "f", nowhere: true},
	} {
		if got, ok := parse([]byte(path)); !ok || got != want {
			t.Errorf("%s: %+v %v, want %+v", path, got, ok, want)
		}
	}
	for _, path := range []string{"/p/r/%", "/p/r/%g0", "/%00/r/f", "/p/r/%ff"} {
		if got, ok := parse([]byte(path)); ok {
			t.Errorf("%s: %+v", path, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, path := range []string{"/p/r/f", "/p/@%40s%2Fk/r/d/f", "/p/r/%zz", "//", "/p/@k"} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		l, ok := parse([]byte(path))
		if !ok || l.nowhere {
			return
		}
		if l.product == "" || l.release == "" || !serve.ValidName(l.file) || l.packaged == (l.pkg == "") {
			t.Errorf("%q: %+v", path, l)
		}
		again := "/" + escape(l.product)
		if l.packaged {
			again += "/@" + escape(l.pkg)
		}
		again += "/" + escape(l.release) + "/" + string(serve.AppendPath(nil, l.file))
		if got, ok := parse([]byte(again)); !ok || got != l {
			t.Errorf("%q: %+v, written as %s: %+v", path, l, again, got)
		}
	})
}

// escape writes one segment.
func escape(name string) string {
	return strings.ReplaceAll(string(serve.AppendPath(nil, name)), "/", "%2F")
}
