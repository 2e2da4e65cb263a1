package schema

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// npmTag is a dist-tag and the release it names.
type npmTag struct {
	name  string
	index int
	key   string // the release's version key
}

// npmTags gives the dist-tags of a sorted list in the order of the documents:
// latest, if anything is listed, then the others by bytes.
func npmTags(list []NPMRelease) []npmTag {
	var tags []npmTag
	var tagged, stable, live, gone npmTag // candidates for latest, the last one of each kind
	for i, key := range npmListed(list) {
		r := &list[i]
		if t := r.Attr.Tag; t != "" && t != "latest" {
			tags = append(tags, npmTag{t, i, key})
		}
		at := npmTag{"latest", i, key}
		switch {
		case r.yanked():
			gone = at
			continue
		case r.Attr.Tag == "latest":
			tagged = at
		}
		live = at
		if !strings.Contains(key, "-") {
			stable = at
		}
	}
	// Of one tag on two releases, which a log never has, the higher version's
	// comes last and stays.
	slices.SortStableFunc(tags, func(a, b npmTag) int { return cmp.Compare(a.name, b.name) })
	out := tags[:0]
	for i, t := range tags {
		if i+1 == len(tags) || tags[i+1].name != t.name {
			out = append(out, t)
		}
	}
	for _, latest := range []npmTag{tagged, stable, live, gone} {
		if latest.name != "" {
			return slices.Insert(out, 0, latest)
		}
	}
	return out
}

// NPMLatest gives the index of dist-tags.latest of a sorted list: the release
// that is tagged so, else the highest stable one, else the highest; -1 if the
// list is empty. Yanked releases count only when there is nothing else. Bodies
// are not needed.
func NPMLatest(list []NPMRelease) int {
	tags := npmTags(list)
	if len(tags) == 0 {
		return -1
	}
	return tags[0].index
}

// NPMDistTags appends the dist-tags of a sorted list. Bodies are not needed.
func NPMDistTags(dst []byte, list []NPMRelease) []byte {
	return appendNPMTags(dst, npmTags(list))
}

func appendNPMTags(dst []byte, tags []npmTag) []byte {
	dst = append(dst, '{')
	for i, t := range tags {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = AppendJSONString(dst, t.name)
		dst = append(dst, ':')
		dst = AppendJSONString(dst, t.key)
	}
	return append(dst, '}')
}

// comparator is what node-semver takes for a version or one side of a range in
// its loose mode, by which npm reads the part after the @ of an argument.
//
// https://github.com/npm/node-semver/blob/main/internal/re.js
var comparator = regexp.MustCompile(`^(?:~>?|\^|[<>]=?)?[v=]*(?:\d+|[xX*])` +
	`(?:\.(?:\d+|[xX*])(?:\.(?:\d+|[xX*])(?:-?[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?)?)?$`)

// NPMTag reports whether npm would read tag as a tag, and not as a version or a
// range: 1.0, v1.4, 1.x, *, and anything with such a word in it are none. The
// empty tag is none.
func NPMTag(tag string) bool {
	for part := range strings.SplitSeq(tag, "||") {
		words := strings.Fields(part)
		if len(words) == 0 {
			return false // an empty part of a range means any version
		}
		for _, w := range words {
			if comparator.MatchString(w) {
				return false
			}
		}
	}
	return true
}
