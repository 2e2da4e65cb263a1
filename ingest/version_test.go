package ingest

import (
	"strings"
	"testing"

	"github.com/Masterminds/semver/v3"
)

// TestP10Versions: what is stored of what is sent.
func TestP10Versions(t *testing.T) {
	for sent, want := range map[string]string{
		"1.0.0": "1.0.0", "1": "1.0.0", "1.2": "1.2.0", "0": "0.0.0", "1.2-rc.1": "1.2.0-rc.1", "1.0.0+a": "1.0.0+a", "1.0.0+01": "1.0.0+01",
		"1.0.0-rc.1+b.2": "1.0.0-rc.1+b.2", "1.0.0-0a": "1.0.0-0a", "1.0.0--": "1.0.0--", "999999999999999999.0.0": "999999999999999999.0.0",
		"v1.0.0": "", "1.0.0.0": "", "01.0.0": "", "1.0.0-01": "", " 1.0.0": "", "1.0.0 ": "", "1. 0": "", "": "", "1.": "", "1.0.0-": "", "1.0.0+": "",
		"1.0.0-a..b": "", "1.0.0-ä": "", "1000000000000000000.0.0": "", "1.0.0\n": "", "latest": "", "1.x": "", "-1.0.0": "",
	} {
		got, pre, ok := parseVersion(sent)
		if got != want || ok != (want != "") {
			t.Errorf("%q: %q", sent, got)
		}
		if v, err := semver.StrictNewVersion(got); ok && (err != nil || v.Prerelease() != pre) {
			t.Errorf("%q: %v, pre-release %q", got, err, pre)
		}
	}
}

// FuzzVersion: what is taken is a semantic version that is stored as it is.
func FuzzVersion(f *testing.F) {
	for _, s := range []string{"1", "1.2-rc.1+b", "v1", "1.0.0-01", "1.0.0--+-"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		stored, pre, ok := parseVersion(s)
		if !ok {
			return
		}
		v, err := semver.StrictNewVersion(stored)
		if err != nil || v.Prerelease() != pre {
			t.Fatalf("%q: %q %v", s, stored, err)
		}
		if again, _, ok := parseVersion(stored); !ok || again != stored {
			t.Fatalf("%q is stored as %q", stored, again)
		}
	})
}

// TestP11P12P13Channels: channel, pre-release, whether they fit.
func TestP11P12P13Channels(t *testing.T) {
	for _, tt := range []struct {
		channel, pre string
		fits         bool
	}{
		{"stable", "", true}, {"stable", "alpha.1", false}, {"rc", "", false}, {"rc", "rc", true}, {"rc", "rc.1", true}, {"rc", "rc1", true},
		{"rc", "beta", false}, {"beta", "exp.1", false}, {"alpha", "alpha-3", true}, {"dev", "dev.20260101", true}, {"dev", "x.dev", false},
	} {
		if fitsChannel(tt.channel, tt.pre) != tt.fits {
			t.Errorf("%+v", tt)
		}
	}
}

// TestP59VersionOrder: by precedence, then by build.
func TestP59VersionOrder(t *testing.T) {
	order := strings.Fields("1.0.0-alpha 1.0.0-alpha.2 1.0.0-alpha.10 1.0.0-rc.1 1.0.0 1.0.0+a 1.0.0+b 1.9.0 1.10.0")
	for i, a := range order {
		for j, b := range order {
			if got := compareVersions(a, b); (got < 0) != (i < j) || (got > 0) != (i > j) {
				t.Errorf("%s %s: %d", a, b, got)
			}
		}
	}
}

// TestTags: by engine.
func TestTags(t *testing.T) {
	for _, tt := range []struct{ engine, tag, code string }{
		{"", "1.x", ""}, {"", "my tag", ""}, {"", "a/b", "TAG_INVALID"}, {"", "action", "TAG_NOT_ALLOWED"}, {"", "a\tb", "TAG_INVALID"}, {"", "a\u202eb", "TAG_INVALID"},
		{"", strings.Repeat("a", 256), "TAG_TOO_LONG"}, {"raw", "v1", ""},
		{"npm", "latest", ""}, {"npm", "v1", "TAG_INVALID"}, {"npm", "1.0.0", "TAG_INVALID"}, {"npm", "*", "TAG_INVALID"}, {"npm", "x", "TAG_INVALID"},
		{"npm", ">=1", "TAG_INVALID"}, {"npm", "my 2", "TAG_INVALID"}, {"npm", "next-1", ""},
		{"oci", "v1.0", ""}, {"oci", "my tag", "TAG_INVALID"}, {"oci", ".x", "TAG_INVALID"}, {"oci", strings.Repeat("a", 129), "TAG_INVALID"}, {"oci", strings.Repeat("a", 128), ""},
	} {
		var p problems
		p.tag(tt.tag, tt.engine)
		got := ""
		if len(p) > 0 {
			got = p[0].code
		}
		if got != tt.code {
			t.Errorf("%s %q: %q", tt.engine, tt.tag, got)
		}
	}
}
