package projector

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"offprint/events"
	"offprint/projector/logtest"
	"offprint/schema"
	"offprint/schema/schematest"
)

// docOf cuts the serial, and of a fragment its key, off the key of a row.
func docOf(key string) (doc string, ok bool) {
	parts := strings.SplitN(key, "/", 3)
	if len(parts) < 3 {
		return "", false
	}
	return parts[0] + "/" + parts[1], true
}

// run projects the public log of log until it is done or stops.
func run(t *testing.T, log *logtest.Log, s Store, engines Engines, change func(*Projector)) (*Projector, string, error) {
	t.Helper()
	end, _ := log.End(t.Context(), events.Releases)
	ctx, notify := until(t, end)
	var text bytes.Buffer
	p := New(events.Releases, log, s, engines, slog.New(slog.NewTextHandler(&text, nil)), notify)
	if change != nil {
		change(p)
	}
	err := p.Run(ctx)
	return p, text.String(), err
}

// bad appends a message that is like the last one of log but for a change.
func bad(log *logtest.Log, change func(s *events.Stored)) uint64 {
	all := log.Stored(events.Releases)
	s := all[len(all)-1]
	header := map[string][]string{"ce-id": {"bad"}}
	for k, v := range s.Header {
		if k != "ce-id" {
			header[k] = v
		}
	}
	s.Header = header
	change(&s)
	return log.PutRaw(events.Releases, s.Subject, s.Header, s.Body)
}

func product(log *logtest.Log, id string) uint64 {
	kind := events.ProductCreated
	return log.Put(events.Event{ID: "id-" + id, AccountID: "A", Kind: kind, Resource: "products/" + id, Time: start,
		Subject: events.Subject{Log: events.Releases, Account: "acme", Kind: kind},
		Data:    &events.ProductData{Base: events.Base{Product: id}, Name: id}})
}

// TestE18Poison: an event that cannot be read, or contradicts its subject
// (E15), or what is there, is parked; the others are applied.
func TestE18Poison(t *testing.T) {
	for name, change := range map[string]func(s *events.Stored){
		"truncated":          func(s *events.Stored) { s.Body = s.Body[:len(s.Body)/2] },
		"E15 subject":        func(s *events.Stored) { s.Subject = "releases.acme.p.%2f.product.created" },
		"E15 another kind":   func(s *events.Stored) { s.Subject = "releases.acme._._.product.deleted" },
		"no CloudEvent":      func(s *events.Stored) { s.Header = map[string][]string{"ce-id": {"bad"}} },
		"created twice":      func(*events.Stored) {},
		"a private event":    func(s *events.Stored) { s.Header["ce-type"] = []string{"offprint.license.created.v1"} },
		"a set of no number": func(s *events.Stored) { s.Body = bytes.Replace(s.Body, []byte(`"name":"p1"`), []byte(`"name":1`), 1) },
	} {
		t.Run(name, func(t *testing.T) {
			log := logtest.NewLog()
			product(log, "p1")
			serial := bad(log, change)
			product(log, "p2")
			s := schematest.NewMemory()
			p, text, err := run(t, log, s, testEngines(), nil)
			if err != nil {
				t.Fatal(err)
			}
			parked, err := s.Parked(t.Context())
			if err != nil || len(parked) != 1 || parked[0].Serial != serial || parked[0].ID != "bad" || parked[0].Reason == "" || parked[0].Log != "releases" {
				t.Errorf("%+v, %v", parked, err)
			}
			if p.Stats.Parked.Load() != 1 || strings.Count(text, "level=ERROR") != 1 {
				t.Errorf("%d parked\n%s", p.Stats.Parked.Load(), text)
			}
			for _, id := range []string{"p1", "p2"} {
				if _, err := s.Record(t.Context(), "A", schema.Products, id); err != nil {
					t.Errorf("%s: %v", id, err)
				}
			}
		})
	}
}

// TestE17UnknownKind: the projector stops before it, what came earlier is
// committed, and kind and serial are named in one line and to readyz.
func TestE17UnknownKind(t *testing.T) {
	for _, typ := range []string{"offprint.product.merged.v1", "offprint.product.created.v2"} {
		log := logtest.NewLog()
		product(log, "p1")
		bad(log, func(s *events.Stored) { s.Header["ce-type"] = []string{typ} })
		product(log, "p2")
		s := schematest.NewMemory()
		p, text, err := run(t, log, s, testEngines(), nil)
		var unknown *events.UnknownKindError
		if !errors.As(err, &unknown) || unknown.Type != typ {
			t.Fatalf("%v", err)
		}
		reached(t, s, events.Releases, 1)
		if why := p.Stats.Blocked.Load(); why == nil || !strings.Contains(*why, typ) || !strings.Contains(*why, " 2") {
			t.Errorf("blocked: %v", why)
		}
		if strings.Count(text, "\n") != 1 || !strings.Contains(text, typ) || !strings.Contains(text, "releases 2") {
			t.Errorf("log:\n%s", text)
		}
		if _, err := s.Record(t.Context(), "A", schema.Products, "p2"); !errors.Is(err, schema.ErrNotFound) {
			t.Errorf("what comes after it was applied: %v", err)
		}
		end, _ := log.End(t.Context(), events.Releases)
		if err := CatchUp(t.Context(), events.Releases, log, s, testEngines(), end, nil, nil); !errors.As(err, &unknown) {
			t.Errorf("catch up: %v", err)
		}
	}
}

// TestE20Orphans are counted, change nothing, and are no poison.
func TestE20Orphans(t *testing.T) {
	log := logtest.NewLog()
	product(log, "p1")
	for _, e := range []events.Event{
		{Kind: events.ReleasePublished, Data: &events.ReleasePublication{Base: events.Base{Release: "gone"}}},
		{Kind: events.ReleaseCreated, Data: &events.ReleaseData{Base: events.Base{Product: "gone", Release: "r"}}},
		{Kind: events.ReleaseCreated, Data: &events.ReleaseData{Base: events.Base{Product: "p1", Package: "gone", Release: "r"}}},
		{Kind: events.ArtifactCreated, Data: &events.ArtifactData{Base: events.Base{Release: "gone", Artifact: "f"}}},
		{Kind: events.ArtifactProcessed, Data: &events.ArtifactFacts{Base: events.Base{Artifact: "gone"}, Facts: json.RawMessage("{}")}},
		{Kind: events.PackageDeleted, Data: &events.PackageGone{Base: events.Base{Package: "gone"}}},
	} {
		where := "p1"
		if d, ok := e.Data.(*events.ReleaseData); ok {
			where = d.Product
		}
		e.AccountID, e.Time, e.Subject = "A", start, events.Subject{Log: events.Releases, Account: "acme", Product: where, Package: "k", Kind: e.Kind}
		e.ID = string(e.Kind)
		log.Put(e)
	}
	before := schematest.NewMemory()
	if err := CatchUp(t.Context(), events.Releases, log, before, testEngines(), 1, nil, nil); err != nil {
		t.Fatal(err)
	}
	s := schematest.NewMemory()
	p, text, err := run(t, log, s, testEngines(), nil)
	if err != nil || p.Stats.Orphans.Load() != 6 || p.Stats.Parked.Load() != 0 || text != "" {
		t.Errorf("%d orphans, %d parked, %v\n%s", p.Stats.Orphans.Load(), p.Stats.Parked.Load(), err, text)
	}
	same(t, "orphans", dump(t, s), dump(t, before))
}

// TestOrphanLeavesNothingBehind: an event that is found to be an orphan half-way
// does not leave its other half to the next one.
func TestOrphanLeavesNothingBehind(t *testing.T) {
	s := schematest.NewMemory()
	p, _, err := run(t, script(t, npmFile+`release.updated {"release":"r1","set":{"tag":"latest"}}
release.updated {"product":"p1","package":"k1","release":"gone","set":{"tag":"latest"},"tagTakenFrom":"r1"}
release.published {"release":"r1","channel":"stable"}
`), s, testEngines(), nil)
	if err != nil || p.Stats.Orphans.Load() != 1 {
		t.Fatalf("%d orphans, %v", p.Stats.Orphans.Load(), err)
	}
	if r, err := schema.Get[schema.Release](t.Context(), s, "A", schema.Releases, "r1"); err != nil || r.Tag != "latest" {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestOrphansAreCountedOnce, though their batch is tried again.
func TestOrphansAreCountedOnce(t *testing.T) {
	log := logtest.NewLog()
	product(log, "p1")
	bad(log, func(s *events.Stored) { s.Body = s.Body[:3] })
	log.Put(events.Event{Kind: events.PackageDeleted, AccountID: "A", Time: start, Data: &events.PackageGone{Base: events.Base{Package: "gone"}},
		Subject: events.Subject{Log: events.Releases, Account: "acme", Product: "p", Package: "k", Kind: events.PackageDeleted}})
	s := schematest.NewMemory()
	n := 0
	s.Fault = func(string) (bool, error) {
		n++
		if n < 3 {
			return false, errLost
		}
		return true, nil
	}
	p, _, err := run(t, log, s, testEngines(), nil)
	if err != nil || p.Stats.Orphans.Load() != 1 || p.Stats.Parked.Load() != 1 || p.Stats.Events.Load() != 3 {
		t.Errorf("%d orphans, %d parked, %d events, %v", p.Stats.Orphans.Load(), p.Stats.Parked.Load(), p.Stats.Events.Load(), err)
	}
}

// TestHaltOnPoison: what came earlier is committed; nothing is parked.
func TestHaltOnPoison(t *testing.T) {
	log := logtest.NewLog()
	product(log, "p1")
	bad(log, func(s *events.Stored) { s.Body = s.Body[:3] })
	s := schematest.NewMemory()
	p := New(events.Releases, log, s, testEngines(), quiet(), nil)
	p.HaltOnPoison()
	err := p.follow(t.Context())
	if !errors.Is(err, events.ErrDecode) || !strings.Contains(err.Error(), "releases 2") {
		t.Errorf("%v", err)
	}
	reached(t, s, events.Releases, 1)
	if parked, err := s.Parked(t.Context()); len(parked) != 0 || err != nil {
		t.Errorf("%v, %v", parked, err)
	}
}

// TestFoldThatFails: an engine that cannot render, or panics, parks the event
// and nothing of it is in the store; others go on.
func TestFoldThatFails(t *testing.T) {
	for name, render := range map[string]func(schema.Package, schema.Release, schema.Artifact) ([]byte, any, bool, error){
		"error": func(schema.Package, schema.Release, schema.Artifact) ([]byte, any, bool, error) {
			return nil, nil, false, errors.New("no")
		},
		"panic": func(schema.Package, schema.Release, schema.Artifact) ([]byte, any, bool, error) { panic("no") },
	} {
		t.Run(name, func(t *testing.T) {
			log := script(t, npmFile+`artifact.created {"release":"r1","artifact":"f2","filename":"x.zip"}
`)
			engines := testEngines()
			e := engines["npm"]
			e.Render = render
			engines["npm"] = e
			s := schematest.NewMemory()
			p, _, err := run(t, log, s, engines, nil)
			if err != nil || p.Stats.Parked.Load() != 1 {
				t.Fatalf("%d parked, %v", p.Stats.Parked.Load(), err)
			}
			a, err := schema.Get[schema.Artifact](t.Context(), s, "A", schema.Artifacts, "f1")
			if err != nil || a.Status != processing || a.Facts != nil {
				t.Errorf("%+v, %v", a, err)
			}
			if a, err := schema.Get[schema.Artifact](t.Context(), s, "A", schema.Artifacts, "f2"); err != nil || a.Status != waiting {
				t.Errorf("what came after it: %+v, %v", a, err)
			}
		})
	}
}

// TestGapIsNoEvent: a follower that leaves a message out is not believed.
func TestGapIsNoEvent(t *testing.T) {
	log := logtest.NewLog()
	for _, id := range []string{"p1", "p2", "p3"} {
		product(log, id)
	}
	s := schematest.NewMemory()
	p := New(events.Releases, nil, s, testEngines(), quiet(), nil)
	p.begin(context.Background(), 0)
	all := log.Stored(events.Releases)
	first, third := logtest.Message(all[0], 0), logtest.Message(all[2], 0)
	if err := p.take(&first); err != nil {
		t.Fatal(err)
	}
	if err := p.take(&third); err == nil || !strings.Contains(err.Error(), "releases 3 follows 1") {
		t.Errorf("%v", err)
	}
}

// TestDeletionThatFails: a package whose deletion cannot be folded, because one
// of its releases cannot be rendered, is there as before, what the same batch
// changed included.
func TestDeletionThatFails(t *testing.T) {
	text := npmFile
	for _, id := range []string{"2", "3"} {
		text += strings.NewReplacer(`"r1"`, `"r`+id+`"`, `"f1"`, `"f`+id+`"`, "1.0.0", id+".0.0").Replace(strings.SplitAfterN(npmFile, "\n", 4)[3])
	}
	log := script(t, text+`artifact.updated {"artifact":"f1","set":{"signature":"new"}}
package.deleted {"product":"p1","package":"k1"}
`)
	engines := testEngines()
	e := engines["npm"]
	broken := false
	e.Render = func(p schema.Package, r schema.Release, a schema.Artifact) ([]byte, any, bool, error) {
		if broken && a.ID == "f3" {
			return nil, nil, false, errors.New("no")
		}
		return render(p, r, a)
	}
	engines["npm"] = e
	s := schematest.NewMemory()
	p := New(events.Releases, nil, s, engines, quiet(), nil)
	p.begin(t.Context(), 0)
	all := log.Stored(events.Releases)
	for i, stored := range all {
		if i == len(all)-2 { // from here on nothing is remembered of what was rendered
			if err := p.commit(t.Context()); err != nil {
				t.Fatal(err)
			}
			clear(p.docs.live)
		}
		broken = i == len(all)-1
		m := logtest.Message(stored, 0)
		if err := p.take(&m); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.commit(t.Context()); err != nil || p.Stats.Parked.Load() != 1 {
		t.Fatal(p.Stats.Parked.Load(), err)
	}
	for _, id := range []string{"f1", "f2", "f3"} {
		a, err := schema.Get[schema.Artifact](t.Context(), s, "A", schema.Artifacts, id)
		if err != nil || a.Status != uploaded || (a.Signature == "new") != (id == "f1") {
			t.Errorf("%s: %+v, %v", id, a, err)
		}
	}
}
