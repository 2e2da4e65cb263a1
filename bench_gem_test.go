package main

import (
	"fmt"
	"testing"
	"time"

	"offprint/projector/rubygems"
)

// benchGems measures /info of a gem of 50 versions and /versions of many gems,
// warm, as bundler asks for them. The baseline writes the same bytes with the
// same headers, for nobody in particular.
func benchGems(b *testing.B, s scale, table *figures) {
	f := newDepot(b)
	var key string
	facts := gemFacts(b, gemspec{more: requirements}, "1.0.0")
	f.fill(func(shop *shop) {
		relay := shop.gemPkg("relay")
		for _, version := range versions(0, 50) {
			shop.gemPublish(relay, version, gemOf(facts, version))
		}
		for i := range s.packages {
			shop.gemPublish(shop.gemPkg(fmt.Sprintf("gem-%04d", i)), "1.0.0", gemOf(facts, "1.0.0"))
		}
		key = shop.license(shop.policy(), time.Time{})
	})
	ours := f.up().endpoint()
	for _, path := range []string{"/info/relay", "/versions"} {
		request := getRequest("/rubygems/acme"+path, "Authorization", "License "+key)
		answer := ask(b, ours, request)
		plain := startBare(b, answer)
		sameReply(b, answer, ask(b, plain, request))
		d := duel(b, s, sameRequest(request, answer.Status), ours, sameRequest(request, answer.Status), plain)
		d.report(table, fmt.Sprintf("rubygems %s (%d, %.1f KB)", path, answer.Status, float64(len(answer.Body))/1000), "≥ 0.8", "")
	}
}

// gemOf is a gem of another version.
func gemOf(facts rubygems.Facts, version string) []rubygems.Facts {
	facts.Version = version
	return []rubygems.Facts{facts}
}
