package schema

import (
	"cmp"
	"iter"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"
)

// NPMEngine is the key of the npm engine, and the family of its documents.
const NPMEngine = "npm"

// NPMRelease is one visible release of an npm package: its rule, its
// attributes, its body. Functions that say so need no Body.
type NPMRelease struct {
	Rule *Rule
	Attr NPMAttr
	Body []byte // see NPMBody
}

// key is the version as npm knows it.
func (r *NPMRelease) key() string { return NPMVersionKey(r.Attr.Version) }

func (r *NPMRelease) yanked() bool { return r.Rule != nil && r.Rule.Status == Yanked }

// rank orders releases of one version key by which of them is listed.
func (r *NPMRelease) rank() int {
	switch {
	case r.yanked():
		return 0
	case r.Rule != nil && r.Rule.Status == Draft:
		return 1
	}
	return 2
}

// NPMVersionKey is a version without its build metadata: npm drops that when it
// cleans a version, and could not find an exact pin otherwise.
func NPMVersionKey(version string) string {
	key, _, _ := strings.Cut(version, "+")
	return key
}

// NPMCanonicalFile is the name under which every client finds the tarball of a
// version: the package's name without scope, a hyphen, the version key.
func NPMCanonicalFile(key, version string) string {
	return key[strings.LastIndexByte(key, '/')+1:] + "-" + NPMVersionKey(version) + ".tgz"
}

// SortNPM puts releases in the order of the documents: ascending semver
// precedence (https://semver.org/#spec-item-11), then build metadata, then
// release id. What is no semver comes first, by its bytes. Bodies are not
// needed.
func SortNPM(list []NPMRelease) {
	type place struct {
		version *semver.Version // nil: none
		release NPMRelease
	}
	places := make([]place, len(list))
	for i, r := range list {
		v, err := semver.StrictNewVersion(r.Attr.Version)
		if err != nil {
			v = nil
		}
		places[i] = place{v, r}
	}
	slices.SortStableFunc(places, func(a, b place) int {
		if a.version == nil || b.version == nil {
			return cmp.Or(cmp.Compare(known(a.version), known(b.version)),
				cmp.Compare(a.release.Attr.Version, b.release.Attr.Version), cmp.Compare(a.release.Attr.Release, b.release.Attr.Release))
		}
		return cmp.Or(a.version.Compare(b.version), cmp.Compare(a.version.Metadata(), b.version.Metadata()),
			cmp.Compare(a.release.Attr.Release, b.release.Attr.Release))
	})
	for i := range places {
		list[i] = places[i].release
	}
}

func known(v *semver.Version) int {
	if v == nil {
		return 0
	}
	return 1
}

// npmListed gives the releases that documents list, of a sorted list, by index
// and version key: one for each key. Where a yanked release and its successor
// differ in build metadata alone, the live one is listed.
func npmListed(list []NPMRelease) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		best, key := 0, ""
		for i := range list {
			k := list[i].key()
			if i > 0 && k == key {
				if list[i].rank() >= list[best].rank() {
					best = i
				}
				continue
			}
			if i > 0 && !yield(best, key) {
				return
			}
			best, key = i, k
		}
		if len(list) > 0 {
			yield(best, key)
		}
	}
}

// NPMFind gives the index of the release that a version or dist-tag names in a
// sorted list, -1 if there is none. A version is cleaned as npm does: blanks, a
// leading v or = and build metadata go. Bodies are not needed.
func NPMFind(list []NPMRelease, spec string) int {
	for _, t := range npmTags(list) {
		if t.name == spec {
			return t.index
		}
	}
	key := NPMVersionKey(strings.TrimLeft(strings.TrimSpace(spec), "=v \t"))
	for i, k := range npmListed(list) {
		if k == key {
			return i
		}
	}
	return -1
}

// NPMFindFile gives the index of the release whose tarball has the name file in
// a sorted list, -1 if there is none: the canonical name comes first, then an
// artifact's own filename, of several the highest version. Bodies are not
// needed.
func NPMFindFile(list []NPMRelease, key, file string) int {
	if version, ok := canonicalVersion(key, file); ok {
		for i, k := range npmListed(list) {
			if k == version {
				return i
			}
		}
	}
	for i := len(list) - 1; i >= 0; i-- {
		if list[i].Attr.Filename == file {
			return i
		}
	}
	return -1
}

// canonicalVersion is the inverse of NPMCanonicalFile.
func canonicalVersion(key, file string) (version string, ok bool) {
	rest, ok := strings.CutPrefix(file, key[strings.LastIndexByte(key, '/')+1:]+"-")
	if !ok {
		return "", false
	}
	return strings.CutSuffix(rest, ".tgz")
}
