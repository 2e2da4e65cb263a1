package npm

import (
	"archive/tar"
	"strings"
	"testing"
)

func TestArchiveIsRead(t *testing.T) {
	for name, c := range map[string]struct {
		entries []entry
		files   int
	}{
		"dot slash":         {[]entry{{name: "./", kind: tar.TypeDir}, {name: "./package/package.json", body: manifest}}, 1},
		"no folder entries": {pkg(entry{name: "package/a/b/c.js"}), 2},
		"doubled slash":     {[]entry{{name: "package//package.json", body: manifest}}, 1},
		"apple double":      {pkg(entry{name: "._package"}, entry{name: "package/._package.json"}), 3},
		"links ignored":     {pkg(entry{name: "other/l", kind: tar.TypeSymlink, link: "../../x"}, entry{name: "package/h", kind: tar.TypeLink, link: "package/package.json"}), 1},
		"long pax name":     {pkg(entry{name: "package/" + strings.Repeat("é", 300), pax: map[string]string{"ACME.x": "y"}}), 2},
		"global pax header": {append([]entry{{name: "g", kind: tar.TypeXGlobalHeader, pax: map[string]string{"comment": "c"}}}, pkg()...), 1},
		"manifest last":     {[]entry{{name: "r/a.js"}, {name: "r/package.json", body: manifest}}, 2},
		"manifest deeper":   {pkg(entry{name: "package/sub/package.json", body: "[]"}), 2},
		"three dots":        {pkg(entry{name: "package/...", body: ""}, entry{name: "package/a..b"}), 3},
	} {
		facts, err := check(tgz(t, c.entries...), contract)
		if err != nil || facts.FileCount != c.files {
			t.Errorf("%s: %d files, %v", name, facts.FileCount, err)
		}
	}
}

func TestArchiveIsRefused(t *testing.T) {
	long := strings.Repeat("x", 300<<10)
	for name, c := range map[string]struct {
		entries []entry
		code    string
		words   string
	}{
		"traversal inside":     {pkg(entry{name: "package/../../x"}), codePath, "package/../../x"},
		"traversal that stays": {pkg(entry{name: "package/a/../b"}), codePath, "a/../b"},
		"absolute":             {pkg(entry{name: "/etc/passwd"}), codePath, "/etc/passwd"},
		"dot then absolute":    {pkg(entry{name: ".//etc/passwd"}), codePath, "etc"},
		"backslash":            {pkg(entry{name: `package\..\..\x`}), codePath, "x"},
		"drive":                {pkg(entry{name: `C:/x`}), codePath, "C:/x"},
		"link out":             {pkg(entry{name: "../l", kind: tar.TypeSymlink, link: "x"}), codePath, "../l"},
		"empty path":           {pkg(entry{name: "."}), codePath, "."},
		"path before root":     {pkg(entry{name: "a/x"}, entry{name: "../x"}), codePath, "../x"},
		"loose file":           {pkg(entry{name: "README"}), codeRoot, "README"},
		"no folder":            {[]entry{{name: "package.json", body: manifest}}, codeRoot, "package.json"},
		"root before manifest": {[]entry{{name: "a/x"}, {name: "b/x"}}, codeRoot, "a"},
		"no entries":           {nil, codeManifestMissing, "no files"},
		"no manifest":          {[]entry{{name: "package/x"}}, codeManifestMissing, "package"},
		"wrong case":           {[]entry{{name: "package/Package.JSON", body: manifest}}, codeManifestMissing, "package"},
		"manifest is symlink":  {[]entry{{name: "package/a", body: "x"}, {name: "package/package.json", kind: tar.TypeSymlink, link: "a"}}, codeManifestMissing, "regular"},
		"manifest is hardlink": {[]entry{{name: "package/a", body: manifest}, {name: "package/package.json", kind: tar.TypeLink, link: "package/a"}}, codeManifestMissing, "regular"},
		"manifest twice":       {pkg(pkg()...), codeDuplicate, "more than one"},
		"and a symlink":        {pkg(entry{name: "package/package.json", kind: tar.TypeSymlink, link: "a"}), codeDuplicate, ""},
		"and other root link":  {pkg(entry{name: "other/package.json", kind: tar.TypeLink, link: "a"}), codeDuplicate, ""},
		"and a folder":         {pkg(entry{name: "package/PACKAGE.JSON/", kind: tar.TypeDir}), codeDuplicate, ""},
		"kelvin sign":          {pkg(entry{name: "package/pac\u212aage.json"}), codeDuplicate, ""},
		"manifest of 2 MiB":    {with(strings.Repeat(" ", 2<<20)), codeLimit, "2097152"},
		"huge pax records":     {pkg(entry{name: "package/a", pax: map[string]string{"ACME.x": long}}), codeArchive, "headers"},
		"huge name":            {pkg(entry{name: "package/" + long}), codeArchive, "headers"},
		"global path":          {append([]entry{{name: "g", kind: tar.TypeXGlobalHeader, pax: map[string]string{"path": "x"}}}, pkg()...), codeArchive, "path"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := check(tgz(t, c.entries...), contract)
			wantFailure(t, err, c.code, c.words)
		})
	}
}

// rawTar is a tar whose first header is changed by hand.
func rawTar(t *testing.T, change func(header []byte), entries ...entry) []byte {
	b := tarOf(t, entries...)
	change(b[:block])
	sum := 0
	copy(b[148:156], "        ")
	for _, c := range b[:block] {
		sum += int(c)
	}
	for i := 153; i >= 148; i-- {
		b[i] = '0' + byte(sum&7)
		sum >>= 3
	}
	b[154], b[155] = 0, ' '
	return zip(t, b)
}

func TestReadersMustAgree(t *testing.T) {
	kind := func(k byte) func([]byte) { return func(h []byte) { h[156] = k } }
	for name, b := range map[string][]byte{
		"old sparse": rawTar(t, func(h []byte) {
			kind('S')(h)
			copy(h[257:], "ustar  \x00")
			clear(h[265:512])
			copy(h[483:], "00000000044\x00")
		}, pkg()...),
		"link with data":   rawTar(t, kind('1'), pkg()...),
		"symlink and data": rawTar(t, kind('2'), pkg()...),
		"folder with data": rawTar(t, func(h []byte) { h[12] = '/'; clear(h[13:100]) }, pkg()...),
		"negative size":    rawTar(t, func(h []byte) { copy(h[124:136], "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff") }, pkg()...),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := check(b, contract)
			wantFailure(t, err, codeArchive)
		})
	}
	_, err := check(rawTar(t, func(h []byte) { copy(h[124:136], "\x80\x00\x00\x00\x7f\xff\xff\xff\xff\xff\xff\xff") }, pkg()...), contract)
	wantFailure(t, err, codeLimit, "inflates past")
	folder := rawTar(t, func(h []byte) { h[7] = '/' }, append([]entry{{name: "package"}}, pkg()...)...)
	if facts := accept(t, folder); facts.FileCount != 1 {
		t.Errorf("a folder by its name: %+v", facts)
	}
	// A contiguous file is a file.
	facts := accept(t, rawTar(t, kind('7'), pkg()...))
	if facts.FileCount != 1 {
		t.Errorf("%+v", facts)
	}
}
