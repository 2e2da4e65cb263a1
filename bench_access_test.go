package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"offprint/schema"
	"offprint/schema/principal"
	"offprint/schema/sqlite"
)

// benchAccess measures what it costs to know who may see what.
func benchAccess(b *testing.B, s scale, table *figures) {
	benchViewKey(table)
	benchUnknownLicense(b, s, table)
	benchRevoking(b, s, table)
}

// benchViewKey measures the decision that every request takes: a package of
// 3,000 releases under eight rules, a license with three entitlements that has
// ended.
func benchViewKey(table *figures) {
	rules, rights := manyRules(3000)
	room := make([]byte, 0, 64)
	const calls = 200_000
	began := time.Now()
	for range calls {
		room = rules.ViewKey(room[:0], rights, "LICENSED", 0)
	}
	each := float64(time.Since(began).Nanoseconds()) / 1000 / calls
	table.bounded("deciding the view of 3000 releases under 8 rules", "µs", each, "", "≤ 2")
}

// manyRules gives the rules of a package and a caller's rights to it.
func manyRules(releases int) (*schema.Ruleset, *schema.Rights) {
	sets := [][]string{nil, {"e1"}, {"e2"}, {"e3"}, {"e4"}, {"e1", "e2"}, {"e3", "e4"}, {"e1", "e2", "e3", "e4"}}
	var list []schema.Fragment
	for i := range releases {
		list = append(list, schema.Fragment{Key: fmt.Sprint("r", i), Rule: schema.Rule{Status: schema.Published, Public: true,
			Constraints: sets[i%len(sets)], Date: int64(i)}})
	}
	grant := schema.NewGrant(&schema.License{Product: "p", Entitlements: []string{"e1", "e2", "e4"}, Expiry: int64(releases / 2)}, &schema.Policy{}, false)
	return schema.NewRuleset("p", list), &schema.Rights{Kind: schema.LicenseCaller, Grants: []schema.Grant{grant}}
}

// benchUnknownLicense measures how long the rights of a license take that
// nobody has used since the start, with many others in the store.
func benchUnknownLicense(b *testing.B, s scale, table *figures) {
	store, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "store.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer store.Close()
	sealer, err := schema.NewSealer(make([]byte, schema.KeySize))
	if err != nil {
		b.Fatal(err)
	}
	fillLicenses(b, store, sealer, s.stored)
	book := principal.NewBook(store, sealer)
	before := heap()
	var took []time.Duration
	for range 2000 {
		key := fmt.Appendf(nil, "KEY-%d", rand.IntN(s.stored))
		began := time.Now()
		rights, refusal, err := book.Rights(context.Background(), "acme", principal.Presented{Form: principal.KeyForm, Secret: key}, 0)
		took = append(took, time.Since(began))
		if err != nil || refusal != nil || len(rights.Grants) != 1 {
			b.Fatal(rights, refusal, err)
		}
	}
	name := fmt.Sprintf("rights of a license not in memory, of %d in SQLite", s.stored)
	table.bounded(name, "ms", milliseconds(percentile(took, 50)), fmt.Sprintf("p99 %.2f ms", milliseconds(percentile(took, 99))), "≤ 1")
	table.measured("  memory: with the store open; 2000 licenses later", fmt.Sprintf("%.1f MB; %.1f MB", before, heap()), "")
}

// fillLicenses stores licenses of one policy, with the keys KEY-0 and so on.
func fillLicenses(b *testing.B, store schema.Store, sealer *schema.Sealer, n int) {
	b.Helper()
	const run = 5000
	for from := 0; from < n; from += run {
		batch := schema.Batch{Cursor: "access", From: uint64(from), To: uint64(min(from+run, n))}
		if from == 0 {
			batch.Records = append(batch.Records, (&schema.Policy{Base: schema.Base{Account: "acme", ID: "plan"}, Product: "p"}).Record())
		}
		for i := from; i < min(from+run, n); i++ {
			l := schema.License{Base: schema.Base{Account: "acme", ID: fmt.Sprintf("0193%08d-0000-7000-8000", i), Created: int64(i)}, Product: "p",
				Policy: "plan", KeyDigest: sealer.Hex(schema.LicenseSecret, fmt.Sprint("KEY-", i))}
			batch.Records = append(batch.Records, l.Record())
		}
		if err := store.Commit(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
}

// heap is the memory in use after a collection, in MB.
func heap() float64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return float64(m.HeapInuse) / 1e6
}

// benchRevoking measures reads before, while and after licenses are revoked,
// which each are refused when the call has answered.
func benchRevoking(b *testing.B, s scale, table *figures) {
	f := newDepot(b)
	var key string
	var doomed, keys []string
	f.fill(func(shop *shop) {
		hot := shop.pkg("hot")
		for _, version := range versions(0, 50) {
			shop.publish(hot, version)
		}
		policy := shop.policy()
		key = shop.license(policy, time.Time{})
		for range 400 {
			keys = append(keys, shop.license(policy, time.Time{}))
			doomed = append(doomed, shop.sold)
		}
	})
	p := f.up()
	l := sameRequest(getRequest("/npm/acme/hot", installing(key)...), 200)
	before := l.run(b, p.endpoint(), s.round)
	stop := l.start(b, p.endpoint())
	revoked := 0
	for began := time.Now(); time.Since(began) < s.round && revoked < len(doomed); revoked++ {
		if _, err := p.api.call(b.Context(), "DELETE", below(p.Account, "licenses/"+doomed[revoked]), nil, nil); err != nil {
			b.Fatal(err)
		}
		if a := p.get("/npm/acme/hot", "License "+keys[revoked]); a.status != 401 {
			b.Fatalf("revoked, but answered %d", a.status)
		}
	}
	during := stop()
	after := l.run(b, p.endpoint(), s.round)
	name := fmt.Sprintf("reads while %.0f licenses a second are revoked; before", float64(revoked)/during.took.Seconds())
	table.compared(name, "/s", []float64{during.perSecond()}, []float64{before.perSecond()}, "")
	table.compared("  after; before", "/s", []float64{after.perSecond()}, []float64{before.perSecond()}, "")
}
