package serve

import (
	"strings"
	"testing"

	"offprint/schema"
)

func sealer(t testing.TB, key byte) *schema.Sealer {
	text := make([]byte, schema.KeySize)
	text[0] = key
	s, err := schema.NewSealer(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestGrantRoundTrip(t *testing.T) {
	s := sealer(t, 0)
	for _, g := range []grant{
		{someID, schema.LicenseCaller, "11110000-0000-4000-8000-000000000001", 1000},
		{someID, schema.StaffCaller, "x", 1000}, {someID, schema.Anonymous, "", 1000},
	} {
		text := g.seal(s)
		if again := g.seal(s); again != text || !strings.HasPrefix(text, "g1.eyJ") {
			t.Errorf("%+v: %s and %s", g, text, again)
		}
		if got, refusal := openGrant(s, []byte(text), someID, 1000_000); refusal != nil || got != g {
			t.Errorf("%s: %+v %v", text, got, refusal)
		}
		for what, code := range map[string]string{"late": "GRANT_EXPIRED", "other": "GRANT_INVALID", "none": "GRANT_INVALID", "key": "GRANT_INVALID"} {
			key, artifact, now := s, someID, int64(1000_000)
			switch what {
			case "late":
				now++
			case "other":
				artifact = strings.Replace(someID, "3", "4", 1)
			case "none":
				artifact = ""
			case "key":
				key = sealer(t, 1)
			}
			if got, refusal := openGrant(key, []byte(text), artifact, now); refusal == nil || refusal.Code != code {
				t.Errorf("%s: %+v %v", what, got, refusal)
			}
		}
	}
	text := grant{Kind: schema.StaffCaller, Expires: 1000}.seal(s)
	if got, refusal := openGrant(s, []byte(text), "", 1); refusal == nil {
		t.Errorf("a grant for nothing: %+v", got)
	}
}

// FuzzGrant: nothing but what was sealed is a grant.
func FuzzGrant(f *testing.F) {
	s := sealer(f, 0)
	g := grant{someID, schema.LicenseCaller, "x", 1000}
	text := g.seal(s)
	for _, x := range []string{text, text + "=", text[:len(text)-1], "g1..", "g1.", "", "g2" + text[2:], strings.Replace(text, "e", "f", 1), strings.Repeat("g1.", 1000)} {
		f.Add(x)
	}
	f.Fuzz(func(t *testing.T, x string) {
		if got, refusal := openGrant(s, []byte(x), someID, 1); refusal == nil && (x != text || got != g) {
			t.Errorf("%q: %+v", x, got)
		}
	})
}
