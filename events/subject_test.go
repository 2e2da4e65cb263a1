package events

import (
	"errors"
	"strings"
	"testing"
)

// TestE14PackageTokens is the table of the description of subjects, and keys
// that no engine takes but that must lie somewhere.
func TestE14PackageTokens(t *testing.T) {
	for key, token := range map[string]string{
		"app":              "app",
		"foo.bar":          "foo%2Ebar",
		"@acme/app":        "%40acme%2Fapp",
		"_":                "%5F",
		"A_b":              "a_b",
		"50%>*":            "50%25%3E%2A",
		"team/tools/relay": "team%2Ftools%2Frelay",
		"":                 "_",
		"a.b":              "a%2Eb",
		">":                "%3E",
		"*":                "%2A",
		"a b":              "a%20b",
		"__":               "__",
		"_a":               "_a",
		"🦊":                "%F0%9F%A6%8A",
		"É":                "%C3%A9",
		"a\tb\n":           "a%09b%0A",
	} {
		if got := PackageToken(key); got != token {
			t.Errorf("token of %q is %s, want %s", key, got, token)
		}
		back, err := parsePackageToken(token)
		if err != nil || back != strings.ToLower(key) {
			t.Errorf("key of %s is %q, %v", token, back, err)
		}
	}
}

func TestSubjects(t *testing.T) {
	for text, s := range map[string]Subject{
		"releases.acme.8c5e.%40acme%2Fapp.release.published": {Log: Releases, Account: "acme", Product: "8c5e", Package: "@acme/app", Kind: ReleasePublished},
		"releases.acme._._.account.created":                  {Log: Releases, Account: "acme", Kind: AccountCreated},
		"releases.acme.8c5e._.artifact.stored":               {Log: Releases, Account: "acme", Product: "8c5e", Kind: ArtifactStored},
		"releases.acme.8c5e.%5F.package.created":             {Log: Releases, Account: "acme", Product: "8c5e", Package: "_", Kind: PackageCreated},
		"releases.a.b.c.release.constraints-attached":        {Log: Releases, Account: "a", Product: "b", Package: "c", Kind: ReleaseConstraintsAttached},
		"access.acme.license.1f0c.suspended":                 {Log: Access, Account: "acme", ID: "1f0c", Kind: LicenseSuspended},
		"access.acme.token._.revoked":                        {Log: Access, Account: "acme", Kind: TokenRevoked},
	} {
		if got := s.String(); got != text {
			t.Errorf("%+v lies at %s, want %s", s, got, text)
		}
		if got, err := ParseSubject(text); err != nil || got != s {
			t.Errorf("%s is %+v, %v", text, got, err)
		}
	}
}

// TestE15SubjectsThatNobodyWrites are refused.
func TestE15SubjectsThatNobodyWrites(t *testing.T) {
	for _, text := range []string{
		"", ".", "releases", "releases.acme", "releases.acme.p.k.release", "releases.acme.p.k.release.published.more",
		"releases..p.k.release.published", "releases.acme.p.k.release.", ".acme.p.k.release.published",
		"releases.acme.p.%2f.release.published", "releases.acme.p.%61.release.published", "releases.acme.p.%5f.release.published",
		"releases.acme.p.%2.release.published", "releases.acme.p.%.release.published", "releases.acme.p.%GG.release.published",
		"releases.acme.p.A.release.published", "releases.acme.p.a b.release.published", "releases.acme.p.%41.release.published",
		"releases.acme.p.*.release.published", "releases.acme.p.é.release.published", "releases.acme.p.a%5Fb.release.published",
		"access.acme.license.created", "access.acme.license.l.created.more", "usage.acme.p.k.artifact.downloaded",
	} {
		if s, err := ParseSubject(text); !errors.Is(err, ErrSubject) {
			t.Errorf("%q is %+v, %v", text, s, err)
		}
	}
}

// TestBoundaries is the table of the description of writing.
func TestBoundaries(t *testing.T) {
	for want, list := range map[string][]Subject{
		"releases.acme._._.>": {
			{Log: Releases, Account: "acme", Kind: AccountUpdated}, {Log: Releases, Account: "acme", Kind: ProductCreated},
			{Log: Releases, Account: "acme", Kind: EntitlementDeleted}},
		"releases.acme.*.%40acme%2Fapp.>": {
			{Log: Releases, Account: "acme", Product: "p1", Package: "@acme/app", Kind: PackageCreated},
			{Log: Releases, Account: "acme", Product: "p2", Package: "@Acme/App", Kind: ReleasePublished},
			{Log: Releases, Account: "acme", Product: "p1", Package: "@acme/app", Kind: ArtifactStored}},
		"releases.acme.p1._.>": {
			{Log: Releases, Account: "acme", Product: "p1", Kind: ReleaseCreated}, {Log: Releases, Account: "acme", Product: "p1", Kind: ArtifactFailed}},
		"access.acme.license.l1.>":          {{Log: Access, Account: "acme", ID: "l1", Kind: LicenseCreated}, {Log: Access, Account: "acme", ID: "l1", Kind: LicenseRevoked}},
		"access.acme.token.t1.>":            {{Log: Access, Account: "acme", ID: "t1", Kind: TokenGenerated}, {Log: Access, Account: "acme", ID: "t1", Kind: TokenRevoked}},
		"access.acme.user.>":                {{Log: Access, Account: "acme", ID: "u1", Kind: UserCreated}, {Log: Access, Account: "acme", ID: "u2", Kind: UserCreated}},
		"access.acme.policy.y1.>":           {{Log: Access, Account: "acme", ID: "y1", Kind: PolicyDeleted}},
		"access.acme.webhook-endpoint.w1.>": {{Log: Access, Account: "acme", ID: "w1", Kind: "webhook-endpoint.created"}},
	} {
		for _, s := range list {
			if got := s.Boundary(); got != (Boundary{s.Log, want}) {
				t.Errorf("boundary of %s is %+v, want %s", s, got, want)
			}
			if got := s.Kind.Log(); got != s.Log {
				t.Errorf("%s lies on %s", s.Kind, got)
			}
		}
	}
}
