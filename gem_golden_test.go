package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/valyala/fasthttp"
	"golang.org/x/tools/txtar"

	"offprint/events"
	"offprint/projector"
	"offprint/projector/logtest"
	"offprint/projector/rubygems"
	"offprint/schema"
	"offprint/schema/principal"
	"offprint/schema/schematest"
	"offprint/serve"
)

var updateGems = flag.Bool("update-gems", false, "rewrite testdata/gems.txtar")

// TestGemDocuments: a history of gems gives exactly these documents, whether it
// is projected at once or event by event with a restart between each.
func TestGemDocuments(t *testing.T) {
	const path = "testdata/gems.txtar"
	sealer, err := schema.NewSealer(make([]byte, schema.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	log := logtest.NewLog()
	key, goldKey := gemHistory(t, newShop(func(e events.Event) { log.Put(e) }, sealer))
	whole := gemDocuments(t, log, sealer, false, key, goldKey)
	if step := gemDocuments(t, log, sealer, true, key, goldKey); string(step) != string(whole) {
		t.Errorf("event by event:\n%s\n--- at once:\n%s", step, whole)
	}
	if *updateGems {
		if err := os.WriteFile(path, whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(whole) != string(want) {
		t.Errorf("is\n%s\nwant\n%s", whole, want)
	}
}

// gemHistory is what happens to the gems of the golden documents.
func gemHistory(t *testing.T, s *shop) (key, goldKey string) {
	of := func(release string, gems ...gemspec) (list []rubygems.Facts) {
		for _, g := range gems {
			list = append(list, gemFacts(t, g, release))
		}
		return list
	}
	gold := s.entitlement("GOLD")
	policy := s.policy()
	key, goldKey = s.license(policy, time.Time{}), s.license(policy, time.Time{}, gold)
	acme, other := s.gemPkg("acme"), s.gemPkg("Zebra_x.y")
	s.gemPublish(acme, "1.0.0", of("1.0.0", gemspec{more: requirements + "description: Grüße, 日本\nemail: [a@b.c]\nmetadata: {b: x, a: y}\nlicenses: [MIT]\n"}))
	second := s.gemPublish(acme, "1.1.0", of("1.1.0", gemspec{version: "1.1.0", platform: "jruby"}, gemspec{version: "1.1.0"}))
	s.gemPublish(other, "2.0.0-rc.1", of("2.0.0-rc.1", gemspec{version: "2.0.0-rc.1"}))
	s.gemPublish(acme, "1.2.0", of("1.2.0", gemspec{version: "1.2.0"}), gold)
	third := s.gemPublish(acme, "1.3.0", of("1.3.0", gemspec{version: "1.3.0"}))
	base := func(e edition) events.Base {
		b := s.gemBase(e.pkg)
		b.Release, b.Version = e.release, e.version
		return b
	}
	s.tell(events.ReleaseYanked, "releases/"+second.release, s.place(acme), &events.ReleaseYank{Base: base(second)})
	s.put(s.publication(second))
	s.tell(events.ReleaseDeleted, "releases/"+third.release, s.place(acme), &events.ReleaseGone{Base: base(third)})
	file := base(second)
	file.Artifact = second.artifact
	s.tell(events.ArtifactDeleted, "artifacts/"+second.artifact, s.place(acme), &events.ArtifactGone{Base: file})
	s.gemDraft(other, "3.0.0", of("3.0.0", gemspec{version: "3.0.0"}))
	return key, goldKey
}

// gemDocuments projects a log and gives all documents of both licenses.
func gemDocuments(t *testing.T, log *logtest.Log, sealer *schema.Sealer, step bool, keys ...string) []byte {
	t.Helper()
	store := schematest.NewMemory()
	for _, name := range []events.Log{events.Releases, events.Access} {
		end, err := log.End(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		from := end
		if step {
			from = 1
		}
		for to := from; to <= end; to++ {
			if err := projector.CatchUp(context.Background(), name, log, store, projectorEngines(), to, nil, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	var list []*serve.Engine
	for _, e := range engines() {
		list = append(list, e.serve)
	}
	server := serve.New(serve.Config{}, store, principal.NewBook(store, sealer), sealer, files{}, list...)
	var out txtar.Archive
	for i, key := range keys {
		for _, path := range []string{"/", "/versions", "/names", "/info/acme", "/info/Zebra_x.y", "/specs.4.8.gz", "/latest_specs.4.8.gz", "/prerelease_specs.4.8.gz",
			"/quick/Marshal.4.8/acme-1.0.0.gemspec.rz", "/quick/Marshal.4.8/acme-1.1.0-java.gemspec.rz", "/quick/Marshal.4.8/acme-1.2.0.gemspec.rz"} {
			var req fasthttp.Request
			req.SetRequestURI("/rubygems/acme" + path)
			req.Header.SetHost("pkg.example")
			req.Header.Set("Authorization", "License "+key)
			ctx := &fasthttp.RequestCtx{}
			ctx.Init(&req, nil, nil)
			server.Handle(ctx)
			body := string(ctx.Response.Body())
			if strings.Contains(path, "4.8") && ctx.Response.StatusCode() == 200 {
				body = fmt.Sprintf("%q\n", unpacked(t, path, ctx.Response.Body()))
			}
			out.Files = append(out.Files, txtar.File{Name: fmt.Sprintf("%s %s %d", []string{"license", "gold"}[i], path, ctx.Response.StatusCode()),
				Data: fmt.Appendf(nil, "ETag %s, serial %s\n%s", ctx.Response.Header.Peek("ETag"), ctx.Response.Header.Peek("X-Offprint-Serial"), body)})
		}
	}
	return txtar.Format(&out)
}
