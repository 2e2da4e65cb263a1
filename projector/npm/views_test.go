package npm

import (
	"crypto/sha256"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"offprint/schema"
	"offprint/schema/schematest"
)

// TestN39OnlyTheViewsThatSeeIt: of 10 views of 5,000 versions, publishing one
// changes the documents of those that see it.
func TestN39OnlyTheViewsThatSeeIt(t *testing.T) {
	const many = 5000
	var text strings.Builder
	text.WriteString("2026-09-30T08:00 product LICENSED\n2026-09-30T08:00 package\n")
	for i := range many {
		fmt.Fprintf(&text, "2026-10-01T08:00 release %d.%d.0 needs=e%d status=PUBLISHED\n", i/100, i%100, i%10)
	}
	s := parseScript(t, &txtar.Archive{Files: []txtar.File{{Name: "script", Data: []byte(text.String())}}})
	// One tarball is enough; what differs between versions is not at stake here.
	s.line("", strings.Fields("2026-10-01T08:01 upload 0.0.0 x.tgz"))
	sample := s.events[len(s.events)-3:]
	for i := 1; i < many; i++ {
		s.copyUpload(sample, fmt.Sprintf("%d.%d.0", i/100, i%100))
	}
	s.line("", strings.Fields("2026-10-02T08:00 release 100.0.0 needs=e3"))
	s.copyUpload(sample, "100.0.0")
	store := schematest.NewMemory()
	run(t, store, s.events)
	before := digests(t, s, store)
	s.line("", strings.Fields("2026-10-03T08:00 publish 100.0.0"))
	run(t, store, s.events)
	after := digests(t, s, store)
	for view, digest := range before {
		if changed := digest != after[view]; changed != (view == "license+e3" || view == "license+e3+e4") {
			t.Errorf("%s: changed is %v", view, changed)
		}
	}
}

// digests gives those of the documents of each of 10 views.
func digests(t *testing.T, s *script, store *schematest.Memory) map[string]string {
	d, err := store.Document(t.Context(), schema.EngineDoc("npm", "x"), 0)
	if err != nil {
		t.Fatal(err)
	}
	h, err := schema.ParseHead(d.Head)
	if err != nil {
		t.Fatal(err)
	}
	rules := schema.NewRuleset("relay", d.Fragments)
	out := map[string]string{}
	for _, view := range []string{"license+e0", "license+e1", "license+e2", "license+e3", "license+e4", "license+e0+e1", "license+e3+e4", "license+e5+e6+e7", "license+e8", "license+e9"} {
		selected := rules.Select(d.Fragments, s.rights(view), "LICENSED", math.MaxInt64, false)
		list := releasesOf(t, store, d, selected)
		if len(list) < 500 {
			t.Fatalf("%s sees %d versions", view, len(list))
		}
		full := schema.NPMPackument(nil, h, list, selected.ChangedAt, prefix)
		abbr := schema.NPMAbbreviated(nil, h, list, selected.ChangedAt, prefix)
		out[view] = fmt.Sprintf("%x %d", sha256.Sum256(slices.Concat(full, abbr)), selected.Serial)
	}
	return out
}
