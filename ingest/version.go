package ingest

import (
	"cmp"
	"regexp"
	"strings"

	"github.com/Masterminds/semver/v3"
)

// number is a numeric identifier of a version: no leading zero, at most 18
// digits, so that it fits every client's integers.
const number = `(?:0|[1-9][0-9]{0,17})`

const (
	preWord   = `(?:` + number + `|[0-9]*[A-Za-z-][0-9A-Za-z-]*)`
	buildWord = `[0-9A-Za-z-]+`
)

// versionForm is SemVer 2.0.0 (https://semver.org/#backusnaur-form-grammar-for-valid-semver-versions)
// in which minor and patch may be left out.
var versionForm = regexp.MustCompile(`^(` + number + `)(?:\.(` + number + `))?(?:\.(` + number + `))?` +
	`(?:-(` + preWord + `(?:\.` + preWord + `)*))?(\+` + buildWord + `(?:\.` + buildWord + `)*)?$`)

// parseVersion gives a version as it is stored, 1 and 1.2 completed to 1.0.0
// and 1.2.0, and its pre-release; ok is false if it is none.
func parseVersion(s string) (version, pre string, ok bool) {
	m := versionForm.FindStringSubmatch(s)
	if m == nil {
		return "", "", false
	}
	version = m[1] + "." + cmp.Or(m[2], "0") + "." + cmp.Or(m[3], "0")
	if m[4] != "" {
		version += "-" + m[4]
	}
	return version + m[5], m[4], true
}

var channels = []string{"stable", "rc", "beta", "alpha", "dev"}

// fitsChannel: stable needs no pre-release, every other channel one that begins
// with the channel's name.
func fitsChannel(channel, pre string) bool {
	if channel == "stable" || pre == "" {
		return channel == "stable" && pre == ""
	}
	return strings.HasPrefix(pre, channel)
}

// compareVersions orders versions by precedence
// (https://semver.org/#spec-item-11), then by build metadata.
func compareVersions(a, b string) int {
	x, xerr := semver.StrictNewVersion(a)
	y, yerr := semver.StrictNewVersion(b)
	if xerr != nil || yerr != nil { // never of a release that this API made
		return cmp.Compare(a, b)
	}
	return cmp.Or(x.Compare(y), cmp.Compare(x.Metadata(), y.Metadata()))
}
