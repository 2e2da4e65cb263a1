package schema

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/Masterminds/semver/v3"
	"pgregory.net/rapid"
)

// version makes a release of a test; the id says which it is.
func version(v, tag string, status Status) NPMRelease {
	return NPMRelease{Rule: &Rule{Status: status}, Attr: NPMAttr{Release: "r-" + v, Version: v, Tag: tag, Filename: "own-" + v + ".tgz"}}
}

func published(versions ...string) []NPMRelease {
	var list []NPMRelease
	for _, v := range versions {
		list = append(list, version(v, "", Published))
	}
	SortNPM(list)
	return list
}

func versions(list []NPMRelease) string {
	var out []string
	for _, r := range list {
		out = append(out, r.Attr.Version)
	}
	return strings.Join(out, " ")
}

func TestN40Order(t *testing.T) {
	const want = "nonsense 0.9.0 1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0 1.0.0+1 1.0.0+b 1.1.0-beta.1 1.1.0 2.0.0 10.0.0"
	list := published(strings.Fields(want)...)
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.Permutation(list).Draw(t, "list")
		SortNPM(list)
		if got := versions(list); got != want {
			t.Fatalf("got %s\nwant %s", got, want)
		}
	})
}

// drawRelease draws from few versions, so that many are equal but for their
// build metadata.
func drawRelease(t *rapid.T) NPMRelease {
	v := fmt.Sprintf("%d.%d.0", rapid.IntRange(0, 2).Draw(t, "major"), rapid.IntRange(0, 11).Draw(t, "minor"))
	v += rapid.SampledFrom([]string{"", "", "-beta", "-beta.2", "-beta.10", "-1"}).Draw(t, "pre")
	v += rapid.SampledFrom([]string{"", "", "+1", "+a"}).Draw(t, "build")
	r := version(v, rapid.SampledFrom([]string{"", "", "", "latest", "next", "é"}).Draw(t, "tag"),
		rapid.SampledFrom([]Status{Published, Published, Draft, Yanked}).Draw(t, "status"))
	r.Attr.Release = fmt.Sprint("r", rapid.IntRange(0, 1<<30).Draw(t, "id"))
	return r
}

// oracle gives the version keys that a document lists, in order, and the key of
// latest, in the plainest way.
func oracle(list []NPMRelease) (keys []string, latest string) {
	best := map[string]NPMRelease{} // by version key
	for _, r := range list {
		old, there := best[r.key()]
		if !there || r.rank() > old.rank() || r.rank() == old.rank() && (build(r) > build(old) || build(r) == build(old) && r.Attr.Release > old.Attr.Release) {
			best[r.key()] = r
		}
	}
	for key := range best {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b string) int { return semver.MustParse(a).Compare(semver.MustParse(b)) })
	score := func(key string) int {
		r := best[key]
		switch {
		case r.Rule.Status == Yanked:
			return 1
		case r.Attr.Tag == "latest":
			return 4
		case semver.MustParse(key).Prerelease() == "":
			return 3
		}
		return 2
	}
	for _, key := range keys { // ascending, so the highest of a score stays
		if latest == "" || score(key) >= score(latest) {
			latest = key
		}
	}
	return keys, latest
}

func build(r NPMRelease) string {
	_, build, _ := strings.Cut(r.Attr.Version, "+")
	return build
}

func TestN12LatestAndOrderAgainstOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(rapid.Custom(drawRelease), 0, 12).Draw(t, "list")
		wantKeys, wantLatest := oracle(list)
		SortNPM(list)
		var keys []string
		for i := range npmListed(list) {
			keys = append(keys, list[i].key())
		}
		if !slices.Equal(keys, wantKeys) {
			t.Fatalf("keys %v, want %v", keys, wantKeys)
		}
		latest := ""
		if i := NPMLatest(list); i >= 0 {
			latest = list[i].key()
		}
		if latest != wantLatest {
			t.Fatalf("latest %q, want %q", latest, wantLatest)
		}
		if !slices.IsSortedFunc(npmTags(list), func(a, b npmTag) int {
			return cmp.Or(-cmp.Compare(boolean(a.name == "latest"), boolean(b.name == "latest")), cmp.Compare(a.name, b.name))
		}) {
			t.Fatalf("tags out of order: %s", NPMDistTags(nil, list))
		}
		for _, key := range keys {
			if i := NPMFind(list, key); i < 0 || list[i].key() != key {
				t.Fatalf("%s is not found: %d", key, i)
			}
		}
	})
}

func boolean(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestLatest(t *testing.T) {
	for _, c := range []struct {
		name string
		list []NPMRelease
		want string
	}{
		{"nothing", nil, `{}`},
		{"N12 stable before prerelease", published("1.0.0", "1.1.0", "2.0.0-beta.1"), `{"latest":"1.1.0"}`},
		{"N13 prereleases alone", published("2.0.0-beta.1", "2.0.0-beta.3"), `{"latest":"2.0.0-beta.3"}`},
		{"N14 a tag wins", []NPMRelease{version("1.0.0", "latest", Published), version("1.2.0", "", Published)}, `{"latest":"1.0.0"}`},
		{"N28 yanked last of all", []NPMRelease{version("1.0.0-a", "", Draft), version("1.2.0", "latest", Yanked)}, `{"latest":"1.0.0-a"}`},
		{"N28 yanked alone", []NPMRelease{version("1.0.0", "", Yanked), version("1.2.0-a", "old", Yanked)}, `{"latest":"1.2.0-a","old":"1.2.0-a"}`},
		{"other tags by bytes", []NPMRelease{version("1.0.0", "b", Published), version("1.1.0", "B", Published), version("1.2.0", "a\"", Published)},
			`{"latest":"1.2.0","B":"1.1.0","a\"":"1.2.0","b":"1.0.0"}`},
		{"N18 the live one of two builds", []NPMRelease{version("1.0.0+5", "now", Published), version("1.0.0+6", "gone", Yanked)}, `{"latest":"1.0.0","now":"1.0.0"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := string(NPMDistTags(nil, c.list)); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestN16Tags(t *testing.T) {
	for tag, want := range map[string]bool{
		"latest": true, "next": true, "beta-2": true, "v": true, "node-18": true, "é": true, "release candidate": true, "1st": true,
		"x86": true, "v1-lts": true, "2026q1": true, "1.0.lts": true, "a.1": true, "X11": true, "~": true, "-": true,
		"": false, " ": false, "1": false, "1.0": false, "v1.4": false, "1.x": false, "x": false, "X": false, "*": false, "1.2.3": false,
		"=1.2.3": false, "v 1": false, ">=1": false, "^1.2": false, "~1": false, "~>1": false, "1 - 2": false, "1 || 2": false, "a||": false, "a || 1": false,
		"1.2.3beta": false, "1.2.3-beta.1+b": false, "x.x.x": false, "1.*": false, "see 1.0": false, "01.02.03": false, " 1.0 ": false, "<2": false,
	} {
		if got := NPMTag(tag); got != want {
			t.Errorf("NPMTag(%q) = %v", tag, got)
		}
	}
}

func TestN18Find(t *testing.T) {
	list := []NPMRelease{version("1.0.0+5", "old", Yanked), version("1.0.0+6", "", Published), version("1.1.0-beta.1", "next", Published), version("1.1.0", "", Published)}
	SortNPM(list)
	for spec, want := range map[string]string{
		"1.0.0": "1.0.0+6", "1.0.0+5": "1.0.0+6", "v1.0.0": "1.0.0+6", "=v1.1.0": "1.1.0", " 1.1.0 ": "1.1.0",
		"latest": "1.1.0", "next": "1.1.0-beta.1", "old": "", "1.1": "", "": "", "Latest": "",
	} {
		got := ""
		if i := NPMFind(list, spec); i >= 0 {
			got = list[i].Attr.Version
		}
		if got != want {
			t.Errorf("NPMFind(%q) = %q, want %q", spec, got, want)
		}
	}
}

func TestN34FindFile(t *testing.T) {
	list := published("1.0.0", "1.1.0", "1.2.0+7")
	list[0].Attr.Filename, list[1].Attr.Filename = "same.tgz", "same.tgz"
	for file, want := range map[string]string{
		"x-1.0.0.tgz": "1.0.0", "same.tgz": "1.1.0", "x-1.2.0.tgz": "1.2.0+7", "own-1.2.0+7.tgz": "1.2.0+7",
		"x-1.2.0+7.tgz": "", "X-1.0.0.tgz": "", "x-1.0.0.tar.gz": "", "x-9.0.0.tgz": "", "": "",
	} {
		got := ""
		if i := NPMFindFile(list, "@acme/x", file); i >= 0 {
			got = list[i].Attr.Version
		}
		if got != want {
			t.Errorf("NPMFindFile(%q) = %q, want %q", file, got, want)
		}
	}
	if got := NPMCanonicalFile("x", "1.0.0-a+b"); got != "x-1.0.0-a.tgz" {
		t.Error(got)
	}
}
