package serve

import "testing"

// TestIfNoneMatch: weak comparison, RFC 9110 section 13.1.2.
func TestIfNoneMatch(t *testing.T) {
	for h, want := range map[string]bool{
		`"a"`: true, `W/"a"`: true, `*`: true, ` * `: true, `"b", "a"`: true, `"b",W/"a"`: true, `W/"b" , "a"`: true, `,, "a"`: true,
		`"b"`: false, ``: false, `a`: false, `"a`: false, `a"`: false, `"A"`: false, `W/`: false, `"a,b"`: false, `"b", a`: false,
		`"a,b", "a"`: true,
	} {
		if got := matches([]byte(h), []byte(`"a"`)); got != want {
			t.Errorf("%s: %v", h, got)
		}
	}
}

func FuzzIfNoneMatch(f *testing.F) {
	for _, h := range []string{`"a"`, `W/"a", "b"`, `*`, `"`, `W/`, `"a,b"`} {
		f.Add(h)
	}
	f.Fuzz(func(t *testing.T, h string) {
		if strongMatch([]byte(h), []byte(`"a"`)) && !matches([]byte(h), []byte(`"a"`)) {
			t.Errorf("%q matches strongly, but not weakly", h)
		}
	})
}
