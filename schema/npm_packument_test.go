package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// bodyOf is a body of a version object with more members in the full form.
func bodyOf(version, more, deprecated string) []byte {
	open := `{"name":"@acme/x","version":"` + version + `"`
	b := NPMBody{Dist: []byte(`/@acme/x/-/x-` + version + `.tgz","shasum":"s"}}`)}
	if deprecated != "" {
		open += `,"deprecated":`
		b.Deprecated = []byte(deprecated)
	}
	rest := `,"_hasShrinkwrap":false,"dist":{"tarball":"`
	b.Full = NPMObject{[]byte(open), []byte(more + rest)}
	b.Abbreviated = NPMObject{[]byte(open), []byte(rest)}
	for i, name := range NPMHoisted {
		key := `,"` + name + `":`
		if at := strings.Index(more, key); at >= 0 {
			var value json.RawMessage
			if err := json.NewDecoder(strings.NewReader(more[at+len(key):])).Decode(&value); err != nil {
				panic(err)
			}
			b.Hoisted[i] = NPMSpan{len(open) + at + len(key), len(value)}
		}
	}
	return b.Append(nil)
}

var packageHead = Head{Key: "@acme/x", Created: at("2026-09-30T08:00:00Z")}

func at(text string) int64 {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t.UnixMilli()
}

func TestPackument(t *testing.T) {
	list := []NPMRelease{version("1.1.0", "", Published), version("1.0.0+1", "old", Yanked), version("1.2.0-a", "", Draft)}
	list[0].Body = bodyOf("1.1.0", `,"license":"MIT","description":"<&> ","x":1`, "")
	list[1].Body = bodyOf("1.0.0", `,"license":"none"`, `"mine"`)
	list[2].Body = bodyOf("1.2.0-a", ``, "")
	for i := range list {
		list[i].Attr.Available = at("2026-10-01T08:00:00Z") + int64(i)
	}
	SortNPM(list)
	const times = `"time":{"created":"2026-09-30T08:00:00.000Z","modified":"2026-10-01T08:00:00.002Z","1.0.0":"2026-10-01T08:00:00.001Z","1.1.0":"2026-10-01T08:00:00.000Z","1.2.0-a":"2026-10-01T08:00:00.002Z"}`
	const tags = `"dist-tags":{"latest":"1.1.0","old":"1.0.0"}`
	dist := func(v string) string {
		return `,"_hasShrinkwrap":false,"dist":{"tarball":"http://h:8/npm/a\"b/@acme/x/-/x-` + v + `.tgz","shasum":"s"}}`
	}
	const prefix = `http://h:8/npm/a"b`
	got := string(NPMPackument([]byte("+"), packageHead, list, 0, prefix))
	want := `+{"_id":"@acme/x","name":"@acme/x","description":"<&> ",` + tags + `,` + times + `,"versions":{` +
		`"1.0.0":{"name":"@acme/x","version":"1.0.0","deprecated":"This version was yanked.","license":"none"` + dist("1.0.0") +
		`,"1.1.0":{"name":"@acme/x","version":"1.1.0","license":"MIT","description":"<&> ","x":1` + dist("1.1.0") +
		`,"1.2.0-a":{"name":"@acme/x","version":"1.2.0-a"` + dist("1.2.0-a") + `},"license":"MIT"}`
	if got != want {
		t.Errorf("full\n%s\nwant\n%s", got, want)
	}
	got = string(NPMAbbreviated(nil, packageHead, list[1:], at("2026-11-01T08:00:00Z"), prefix))
	want = `{"name":"@acme/x","modified":"2026-11-01T08:00:00.000Z","dist-tags":{"latest":"1.1.0"},"time":{"created":"2026-09-30T08:00:00.000Z","modified":"2026-11-01T08:00:00.000Z",` +
		`"1.1.0":"2026-10-01T08:00:00.000Z","1.2.0-a":"2026-10-01T08:00:00.002Z"},"versions":{"1.1.0":{"name":"@acme/x","version":"1.1.0"` + dist("1.1.0") +
		`,"1.2.0-a":{"name":"@acme/x","version":"1.2.0-a"` + dist("1.2.0-a") + `}}`
	if got != want {
		t.Errorf("abbreviated\n%s\nwant\n%s", got, want)
	}
	list[0].Rule.Status = Published
	got = string(NPMVersionDocument(nil, packageHead, list[0], prefix))
	if want := `{"name":"@acme/x","version":"1.0.0","deprecated":"mine","license":"none"` + dist("1.0.0"); got != want {
		t.Errorf("version\n%s\nwant\n%s", got, want)
	}
}

func TestN28YankedWithoutDeprecated(t *testing.T) {
	r := version("1.0.0", "", Yanked)
	r.Body = bodyOf("1.0.0", "", "")
	got := string(NPMVersionDocument(nil, packageHead, r, "p"))
	if want := `{"name":"@acme/x","version":"1.0.0","deprecated":"This version was yanked.","_hasShrinkwrap":false,"dist":{"tarball":"p/@acme/x/-/x-1.0.0.tgz","shasum":"s"}}`; got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// TestUnreadableBody: a document never names a version that it does not hold.
func TestUnreadableBody(t *testing.T) {
	list := published("1.0.0", "1.1.0")
	list[0].Body, list[1].Body = bodyOf("1.0.0", "", ""), []byte("garbage")
	got := string(NPMAbbreviated(nil, packageHead, list, 0, ""))
	if strings.Contains(got, "1.1.0") || !strings.Contains(got, `"latest":"1.0.0"`) {
		t.Error(got)
	}
}

// manyVersions is a package of n versions with bodies of about 2.2 KB.
func manyVersions(n int) []NPMRelease {
	r := rand.New(rand.NewPCG(1, 2))
	list := make([]NPMRelease, n)
	for i := range list {
		var deps []string
		for range 40 {
			deps = append(deps, fmt.Sprintf(`"dependency-%d":"^%d.%d.%d"`, r.IntN(1e6), r.IntN(20), r.IntN(20), r.IntN(20)))
		}
		v := fmt.Sprintf("%d.%d.%d", i/900, i/30%30, i%30)
		list[i] = version(v, "", Published)
		list[i].Attr.Available = at("2026-10-01T08:00:00Z") + int64(i)*3600_000
		more := `,"description":"A package","dependencies":{` + strings.Join(deps, ",") + `},"readmeless":"` + strings.Repeat("lorem ipsum ", 70) + `"`
		list[i].Body = bodyOf(v, more, "")
	}
	SortNPM(list)
	return list
}

// TestPackumentAllocations: one for the document, one each for the lists it is
// made from, and a few small ones, however many versions there are.
func TestPackumentAllocations(t *testing.T) {
	list := manyVersions(500)
	if got := testing.AllocsPerRun(10, func() { NPMPackument(nil, packageHead, list, 0, "https://npm.pkg.example.com/acme") }); got > 12 {
		t.Errorf("%.0f allocations", got)
	}
	var doc map[string]json.RawMessage
	if err := json.Unmarshal(NPMPackument(nil, packageHead, list, 0, "p"), &doc); err != nil {
		t.Fatal(err)
	}
}

func BenchmarkPackument3000(b *testing.B) {
	list := manyVersions(3000)
	doc := NPMPackument(nil, packageHead, list, 0, "https://npm.pkg.example.com/acme")
	dst := make([]byte, 0, len(doc)*11/10)
	size := int64(len(doc))
	b.Run("memcpy", func(b *testing.B) {
		for b.SetBytes(size); b.Loop(); {
			dst = append(dst[:0], doc...)
		}
	})
	b.Run("memcpy into a new buffer", func(b *testing.B) {
		for b.SetBytes(size); b.Loop(); {
			dst = bytes.Clone(doc)
		}
	})
	dst = slices.Grow(dst[:0], len(doc)*11/10)
	b.Run("full", func(b *testing.B) {
		for b.SetBytes(size); b.Loop(); {
			dst = NPMPackument(dst[:0], packageHead, list, 0, "https://npm.pkg.example.com/acme")
		}
	})
	b.Run("full into a new buffer", func(b *testing.B) {
		for b.SetBytes(size); b.Loop(); {
			NPMPackument(nil, packageHead, list, 0, "https://npm.pkg.example.com/acme")
		}
	})
	b.Run("sort", func(b *testing.B) {
		for b.Loop() {
			SortNPM(slices.Clone(list))
		}
	})
}
