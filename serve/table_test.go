package serve

import (
	"testing"

	"pgregory.net/rapid"
)

// TestTableIsAMap: a table has what a map has that the same was done to, and no
// older table changes.
func TestTableIsAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now, want := &table[int]{}, map[string]*int{}
		keys := rapid.SliceOfN(rapid.StringN(0, 40, 40), 1, 20).Draw(t, "keys")
		for range rapid.IntRange(1, 100).Draw(t, "steps") {
			key := rapid.SampledFrom(keys).Draw(t, "key")
			before, had := now, now.get([]byte(key))
			if rapid.Bool().Draw(t, "put") {
				v := new(int)
				now, want[key] = now.with([]byte(key), v), v
			} else {
				now = now.with([]byte(key), nil)
				delete(want, key)
			}
			if before.get([]byte(key)) != had {
				t.Fatalf("%q changed in an old table", key)
			}
			for _, key := range keys {
				if now.get([]byte(key)) != want[key] {
					t.Fatalf("%q: %v, want %v", key, now.get([]byte(key)), want[key])
				}
			}
			n := 0
			for range now.all() {
				n++
			}
			if n != len(want) || now.len() != len(want) {
				t.Fatalf("%d and %d, want %d", n, now.len(), len(want))
			}
		}
	})
}
