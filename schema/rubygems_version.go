package schema

import (
	"slices"
	"strings"
)

// GemVersionValid says whether RubyGems reads v as a version
// (Gem::Version::VERSION_PATTERN,
// https://github.com/ruby/rubygems/blob/master/lib/rubygems/version.rb).
func GemVersionValid(v string) bool {
	head, tail, dash := strings.Cut(v, "-")
	if dash && !gemWords(tail, "-.") {
		return false
	}
	first, rest, more := strings.Cut(head, ".")
	if first == "" || strings.Trim(first, "0123456789") != "" {
		return false
	}
	return !more || gemWords(rest, ".")
}

// gemWords says whether s is letters and digits, divided by one of seps each.
func gemWords(s, seps string) bool {
	word := false
	for _, c := range []byte(s) {
		switch {
		case isDigit(c) || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
			word = true
		case strings.IndexByte(seps, c) >= 0 && word:
			word = false
		default:
			return false
		}
	}
	return word
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// GemNumber is a version as RubyGems writes it: every "-" as ".pre.".
func GemNumber(v string) string { return strings.ReplaceAll(v, "-", ".pre.") }

// GemPrerelease says that a version has a letter.
func GemPrerelease(number string) bool {
	return strings.ContainsFunc(number, func(c rune) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' })
}

// CompareGemVersions orders numbers as Gem::Version does: runs of digits by
// value, runs of letters by bytes, letters before digits, missing ones as 0,
// without zeros at the end of the release and of the prerelease part.
func CompareGemVersions(a, b string) int {
	if a == b {
		return 0
	}
	var roomA, roomB [16]string
	x, y := gemSegments(roomA[:0], a), gemSegments(roomB[:0], b)
	for i := range max(len(x), len(y)) {
		p, q := "0", "0"
		if i < len(x) {
			p = x[i]
		}
		if i < len(y) {
			q = y[i]
		}
		if c := compareGemSegments(p, q); c != 0 {
			return c
		}
	}
	return 0
}

func compareGemSegments(p, q string) int {
	numP, numQ := isDigit(p[0]), isDigit(q[0])
	switch {
	case numP && numQ:
		if len(p) != len(q) { // neither begins with zero
			return len(p) - len(q)
		}
		return strings.Compare(p, q)
	case numP:
		return 1
	case numQ:
		return -1
	}
	return strings.Compare(p, q)
}

// gemSegments splits a number into its runs, numbers without leading zeros.
func gemSegments(dst []string, v string) []string {
	v = GemNumber(v)
	prerelease := -1 // index of the first word
	for i := 0; i < len(v); {
		if v[i] == '.' {
			i++
			continue
		}
		end := i + 1
		for end < len(v) && v[end] != '.' && isDigit(v[end]) == isDigit(v[i]) {
			end++
		}
		run := v[i:end]
		if isDigit(run[0]) {
			if run = strings.TrimLeft(run, "0"); run == "" {
				run = "0"
			}
		} else if prerelease < 0 {
			dst = dropZeros(dst, 0)
			prerelease = len(dst)
		}
		dst = append(dst, run)
		i = end
	}
	return dropZeros(dst, max(prerelease, 0))
}

func dropZeros(list []string, from int) []string {
	for len(list) > from && list[len(list)-1] == "0" {
		list = list[:len(list)-1]
	}
	return list
}

// GemVersionsOf gives the gem versions that a release of a semantic version may
// have, compared by Gem::Version.
func GemVersionsOf(release string) []string {
	release, _, _ = strings.Cut(release, "+")
	core, pre, found := strings.Cut(release, "-")
	if !found {
		return []string{core}
	}
	pre = strings.ReplaceAll(pre, "-", ".pre.")
	return []string{core + "." + pre, core + ".pre." + pre}
}

// GemVersionFits says whether a gem of this version belongs to the release.
func GemVersionFits(version, release string) bool {
	return slices.ContainsFunc(GemVersionsOf(release), func(v string) bool {
		return CompareGemVersions(version, v) == 0
	})
}
