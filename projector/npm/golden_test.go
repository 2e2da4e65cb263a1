package npm

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"offprint/events"
	"offprint/events/stream"
	"offprint/projector"
	"offprint/schema"
	"offprint/schema/schematest"
)

var update = flag.Bool("update", false, "rewrite the expected documents of testdata")

// TestDocuments folds the events of each archive of testdata and compares the
// documents that callers get with those of the archive. See script for its
// language. The events are folded all at once, and one by one with a restart
// between: the stores must be equal, and so must every document, read when its
// moment was now and read later as of that moment.
func TestDocuments(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no archives", err)
	}
	for _, file := range files {
		a, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		title, _, _ := strings.Cut(string(a.Comment), "\n")
		t.Run(title, func(t *testing.T) { golden(t, file, a) })
	}
}

func golden(t *testing.T, file string, a *txtar.Archive) {
	s := parseScript(t, a)
	once, steps := schematest.NewMemory(), schematest.NewMemory()
	run(t, once, s.events)
	live := map[string]string{}
	for i := range s.events {
		run(t, steps, s.events[:i+1])
		for _, x := range s.shows {
			if x.serial == uint64(i+1) {
				live[x.name()] = x.document(t, steps, 0)
			}
		}
	}
	if got, want := walk(t, steps), walk(t, once); got != want {
		t.Errorf("one by one the store differs:\n%s\nall at once:\n%s", got, want)
	}
	for _, x := range s.shows {
		got := x.document(t, once, x.serial)
		if got != live[x.name()] {
			t.Errorf("%s: now\n%s\nas of serial %d\n%s", x.name(), live[x.name()], x.serial, got)
		}
		s.expect(t, x, got)
	}
	if *update {
		if err := os.WriteFile(file, txtar.Format(s.archive()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if len(s.expected) > 0 {
		t.Errorf("nothing shows %v", s.expected)
	}
}

// eventLog is a log in memory. It ends the projector's run after its last event.
type eventLog struct {
	list []events.Event
	end  func()
}

func (l *eventLog) Follow(ctx context.Context, _ events.Log, after uint64, fn func(stream.Message) error) error {
	for _, e := range l.list {
		if e.Serial <= after {
			continue
		}
		m := stream.Message{Serial: e.Serial, Event: e, Pending: uint64(len(l.list)) - e.Serial}
		if err := fn(m); err != nil {
			return err
		}
	}
	l.end()
	return ctx.Err()
}

// run lets a new projector fold what is not in the store yet.
func run(t testing.TB, store *schematest.Memory, list []events.Event) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	p := projector.New(events.Releases, &eventLog{list, cancel}, store, projector.NewEngines(Engine(), projector.Engine{Key: "raw"}), slog.New(slog.DiscardHandler), nil)
	if err := p.Run(ctx); err != nil {
		t.Fatal(err)
	}
	parked, err := store.Parked(t.Context())
	if err != nil || len(parked) > 0 || p.Stats.Orphans.Load() > 0 {
		t.Fatal("not every event was folded:", parked, p.Stats.Orphans.Load(), err)
	}
	if at, err := store.Cursor(t.Context(), string(events.Releases)); err != nil || at != uint64(len(list)) {
		t.Fatal("cursor", at, err)
	}
}

func walk(t testing.TB, store *schematest.Memory) string {
	var b strings.Builder
	err := store.Walk(t.Context(), func(table, key string, value []byte) error {
		fmt.Fprintf(&b, "%s %s %q\n", table, key, value)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// indented is a document as archives hold it. Compacting gives its very bytes.
func indented(t testing.TB, doc []byte) string {
	var b, back bytes.Buffer
	if err := json.Indent(&b, doc, "", " "); err != nil {
		t.Fatalf("%v: %s", err, doc)
	}
	if err := json.Compact(&back, b.Bytes()); err != nil || !bytes.Equal(back.Bytes(), doc) {
		t.Fatalf("the document is not compact: %s", doc)
	}
	return b.String()
}

// releasesOf gives the releases of npm/x that a selection shows, sorted.
func releasesOf(t testing.TB, store *schematest.Memory, d schema.Document, s schema.Selection) []schema.NPMRelease {
	var list []schema.NPMRelease
	var refs []schema.BodyRef
	for _, i := range s.Visible {
		r := schema.NPMRelease{Rule: &d.Fragments[i].Rule}
		if err := json.Unmarshal(r.Rule.Attr, &r.Attr); err != nil {
			t.Fatal(err)
		}
		list = append(list, r)
		refs = append(refs, schema.BodyRef{Key: d.Fragments[i].Key, Serial: r.Rule.Body})
	}
	bodies, err := store.Bodies(t.Context(), d.Key, refs)
	if err != nil {
		t.Fatal(err)
	}
	for i := range list {
		list[i].Body = bodies[i]
	}
	schema.SortNPM(list)
	return list
}

// expect compares a document with that of the archive, and takes it off the
// list of those still expected.
func (s *script) expect(t *testing.T, x exhibit, got string) {
	want, ok := s.expected[x.name()]
	delete(s.expected, x.name())
	s.got = append(s.got, txtar.File{Name: x.name(), Data: []byte(got + "\n")})
	if !*update && (!ok || want != got+"\n") {
		t.Errorf("%s is\n%s\nwant\n%s", x.name(), got, want)
	}
}

// archive is the script with the documents that it gave.
func (s *script) archive() *txtar.Archive {
	return &txtar.Archive{Comment: s.comment, Files: slices.Concat(s.sources, s.got)}
}
