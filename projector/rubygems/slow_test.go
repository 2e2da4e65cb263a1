package rubygems

import (
	"strings"
	"testing"
)

// TestLongGemspecs: a gemspec of the largest size is read in a time that does
// not explode with it, whatever it consists of. The test itself has no clock;
// the time limit of the test run is the judge.
func TestLongGemspecs(t *testing.T) {
	head := string(spec("1.0.0", ""))
	for _, unit := range []string{"[", "{", "- ", "? ", "a: ", "? a\n", "! ", "&a ", "*a ", "- - - a\n", "'", "\"\\x41", "#\n", "\n", "a: b: c\n", "- |\n ", "--- a\n", "%", "{a: ", "[a, ", "x y: ", "- {\n", ": "} {
		src := head + "x: " + strings.Repeat(unit, (1<<20-len(head))/len(unit))
		if f, err := readSpec([]byte(src)); err == nil && f.Name != "acme" {
			t.Errorf("%q: %+v", unit, f)
		}
	}
}
