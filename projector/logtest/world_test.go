package logtest

import (
	"math/rand/v2"
	"testing"

	"offprint/events"
)

// TestWorldKnowsEveryKind: a long history has every kind of event, and all of
// them decode.
func TestWorldKnowsEveryKind(t *testing.T) {
	w := NewWorld(NewLog(), rand.New(rand.NewPCG(1, 2)).IntN)
	w.Steps(6000)
	for _, kind := range events.Kinds() {
		if w.Kinds()[kind] == 0 {
			t.Errorf("no %s", kind)
		}
	}
	t.Log(w.Kinds())
	for _, log := range []events.Log{events.Releases, events.Access} {
		for _, s := range w.Log.Stored(log) {
			if _, err := events.Decode(s.Subject, s.Header, s.Body, s.Serial); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestMatches(t *testing.T) {
	for _, c := range []struct {
		filter, subject string
		want            bool
	}{
		{"releases.acme.*.app.>", "releases.acme.p1.app.release.created", true},
		{"releases.acme.*.app.>", "releases.acme.p1.ap.release.created", false},
		{"releases.acme._._.>", "releases.acme._._.account.created", true},
		{"releases.acme._._.>", "releases.acme.p._.release.created", false},
		{"access.acme.user.>", "access.acme.user.u1.created", true},
		{"releases.acme.*.%40a%2Fb.>", "releases.acme.p.%40a%2Fb.package.created", true},
	} {
		if Matches(c.filter, c.subject) != c.want {
			t.Errorf("%s and %s", c.filter, c.subject)
		}
	}
}
