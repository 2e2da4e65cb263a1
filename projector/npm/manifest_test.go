package npm

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

// head is what every manifest of a test begins with.
const head = `{"name":"@acme/x","version":"1.0.0"`

func TestManifestIsNormalised(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"order kept":       {`,"z":1,"a":{"y":1.50,"b":[]}`, `,"z":1,"a":{"y":1.50,"b":[]}`},
		"html kept":        {`,"author":"A <a@b.c> & B"`, `,"author":"A <a@b.c> & B"`},
		"dropped":          {`,"dist":{},"readme":"r","readmeFilename":"f","_id":1,"_":2,"a":{"_x":1,"dist":2}`, `,"a":{"_x":1,"dist":2}`},
		"proto":            {`,"__proto__":{"a":1},"scripts":{"__proto__":1,"test":"t"}`, `,"scripts":{"test":"t"}`},
		"bin string":       {`,"bin":"./cli.js","a":1`, `,"bin":{"x":"./cli.js"},"a":1`},
		"bin object":       {`,"bin":{"y":"cli.js"},"directories":{"bin":"bin"}`, `,"bin":{"y":"cli.js"},"directories":{"bin":"bin"}`},
		"bundled":          {`,"bundledDependencies":["a"],"z":1`, `,"bundleDependencies":["a"],"z":1`},
		"bundle twice":     {`,"bundledDependencies":["a"],"bundleDependencies":["b"]`, `,"bundleDependencies":["b"]`},
		"bundle true":      {`,"bundledDependencies":true,"dependencies":{"b":"1","a":"2"}`, `,"bundleDependencies":["b","a"],"dependencies":{"b":"1","a":"2"}`},
		"bundle true only": {`,"bundleDependencies":true`, `,"bundleDependencies":[]`},
		"bundle false":     {`,"bundleDependencies":false,"a":1`, `,"a":1`},
		"platforms":        {`,"os":"linux","cpu":["x64"],"libc":"glibc"`, `,"os":["linux"],"cpu":["x64"],"libc":["glibc"]`},
		"deprecated stays": {`,"deprecated":"gone"`, `,"deprecated":"gone"`},
		"directories.bin":  {`,"directories":{"bin":"./bin/"}`, `,"directories":{"bin":"./bin/"},"bin":{"a.js":"bin/a.js","b":"bin/b"}`},
		"bin folder empty": {`,"directories":{"bin":"none"}`, `,"directories":{"bin":"none"}`},
		"bin null":         {`,"bin":null,"directories":{"bin":"bin"}`, `,"bin":{"a.js":"bin/a.js","b":"bin/b"},"directories":{"bin":"bin"}`},
		"bin folder root":  {`,"directories":{"bin":"../"}`, `,"directories":{"bin":"../"},"bin":{"binx":"binx","package.json":"package.json"}`},
	} {
		file := entry{name: "package/package.json", body: head + c.in + "}"}
		others := []entry{{name: "package/bin/b"}, {name: "package/bin/a.js"}, {name: "package/bin/.h"}, {name: "package/bin/sub/c"},
			{name: "package/bin/__proto__"}, {name: "package/binx"}, {name: "package/bin/a.js"}}
		first := tgz(t, append([]entry{file}, others...)...)
		last := tgz(t, append(others, file)...)
		for _, b := range [][]byte{first, last} {
			if got := string(accept(t, b).Manifest); got != head+c.want+"}" {
				t.Errorf("%s\n got %s\nwant %s", name, got, head+c.want+"}")
			}
		}
	}
}

func TestInstallScripts(t *testing.T) {
	for in, want := range map[string]bool{
		``:                                          false,
		`,"scripts":{"test":"t"}`:                   false,
		`,"scripts":{"preinstall":"x"}`:             true,
		`,"scripts":{"install":"x"}`:                true,
		`,"scripts":{"postinstall":"x"}`:            true,
		`,"scripts":{"install":""}`:                 false,
		`,"scripts":"install"`:                      false,
		`,"gypfile":false`:                          false,
		`,"scripts":{"prepublish":"x"},"gypfile":1`: false,
	} {
		if got := accept(t, tgz(t, with(head+in+"}")...)).HasInstallScript; got != want {
			t.Errorf("%s: %v", in, got)
		}
	}
	gyp := entry{name: "package/x.gyp"}
	for in, want := range map[string]string{
		`,"gypfile":false,"a":1`:                    `,"gypfile":false,"a":1`,
		`,"gypfile":1,"scripts":{"test":"t"},"a":1`: `,"gypfile":true,"scripts":{"test":"t","install":"node-gyp rebuild"},"a":1`,
		`,"scripts":{"install":"make"}`:             `,"scripts":{"install":"make"}`,
		`,"scripts":{"preinstall":"make"}`:          `,"scripts":{"preinstall":"make"}`,
		`,"scripts":{"postinstall":"p"}`:            `,"scripts":{"postinstall":"p","install":"node-gyp rebuild"},"gypfile":true`,
	} {
		if got := string(accept(t, tgz(t, append(with(head+in+"}"), gyp)...)).Manifest); got != head+want+"}" {
			t.Errorf("%s: %s", in, got)
		}
	}
}

func TestNameAndVersion(t *testing.T) {
	for _, c := range []struct{ file, release, code, words string }{
		{`{"name":"@acme/y","version":"1.0.0"}`, "1.0.0", codeName, `name is "@acme/y", package is "@acme/x"`},
		{`{"name":"@Acme/x","version":"1.0.0"}`, "1.0.0", codeName, `"@Acme/x"`},
		{`{"name":"x","version":"2.0.0"}`, "1.0.0", codeName, `"x"`},
		{`{"name":1,"version":"1.0.0"}`, "1.0.0", codeName, "has no name"},
		{`{"name":"@acme/x"}`, "1.0.0", codeVersion, "has no version"},
		{`{"name":"@acme/x","version":"1.0.1"}`, "1.0.0", codeVersion, `version is "1.0.1", release is "1.0.0"`},
		{`{"name":"@acme/x","version":"1.0.0+6"}`, "1.0.0+5", codeVersion, `"1.0.0+6"`},
		{`{"name":"@acme/x","version":"1.0.0+6"}`, "1.0.0", codeVersion, `"1.0.0+6"`},
		{`{"name":"@acme/x","version":"1.0.0-a"}`, "1.0.0", codeVersion, `"1.0.0-a"`},
		{`{"name":"@acme/x","version":"` + strings.Repeat("9", 5000) + `"}`, "1.0.0", codeVersion, "…"},
		{`"x"`, "1.0.0", codeManifest, "a string"},
		{"\xff", "1.0.0", codeManifest, "UTF-8"},
		{strings.Repeat(`{"a":`, 200) + "1" + strings.Repeat("}", 200), "1.0.0", codeManifest, "deeper than 64"},
		{``, "1.0.0", codeManifest, "ends early"},
	} {
		b := tgz(t, with(c.file)...)
		in := Input{Name: "@acme/x", Version: c.release, Size: int64(len(b))}
		_, err := Validate(context.Background(), bytes.NewReader(b), in)
		wantFailure(t, err, c.code, c.words)
	}
}

func TestBinNamesAreBounded(t *testing.T) {
	lim := lower(func(l *limits) { l.names = 100 })
	many := []entry{}
	for _, n := range strings.Fields("a b c d e f g h") {
		many = append(many, entry{name: "package/lib/" + n})
	}
	want := with(head + `,"directories":{"bin":"bin"}}`)
	_, err := check(tgz(t, append(many, want...)...), lim)
	wantFailure(t, err, codeLimit, "directories.bin")
	for _, good := range [][]entry{append(want, many...), append(many, pkg()...)} {
		if _, err := check(tgz(t, good...), lim); err != nil {
			t.Error(err)
		}
	}
	_, err = check(tgz(t, append(want, entry{name: "package/bin/\xff"})...), contract)
	wantFailure(t, err, codePath, "UTF-8")
}
