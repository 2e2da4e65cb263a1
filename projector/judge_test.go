package projector

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"offprint/events"
	"offprint/events/stream"
	"offprint/schema"
	"offprint/schema/schematest"
)

// shelf is one package with releases and files, as a store holds them, and
// what a Runner needs beside it.
type shelf struct {
	t        *testing.T
	store    *schematest.Memory
	serial   uint64
	bytes    map[string]string // by sha256, which is "sha of <artifact>"
	opened   int
	races    int // appends to lose
	verdicts []events.Event
}

func newShelf(t *testing.T) *shelf {
	s := &shelf{t: t, store: schematest.NewMemory(), bytes: map[string]string{}}
	s.put(&schema.Package{Base: schema.Base{ID: "x", Account: "acme"}, Product: "relay", Key: "@acme/x", Engine: "npm"})
	return s
}

func (s *shelf) put(r schema.Resource) {
	rec := r.Record()
	s.serial++
	rec.Serial = s.serial
	if err := s.store.Commit(s.t.Context(), schema.Batch{Cursor: "releases", From: s.serial - 1, To: s.serial, Records: []schema.Record{rec}}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shelf) release(version, status string) {
	s.put(&schema.Release{Base: schema.Base{ID: "r" + version, Account: "acme"}, Product: "relay", Package: "x", Version: version, Status: status})
}

// file puts an artifact with these bytes and gives the event that stored them.
func (s *shelf) file(version, filename, status, bytes string) (events.Event, *events.ArtifactBytes) {
	id := version + "/" + filename
	s.bytes["sha of "+id] = bytes
	s.put(&schema.Artifact{Base: schema.Base{ID: id, Account: "acme"}, Product: "relay", Package: "x", Engine: "npm", Release: "r" + version,
		Filename: filename, Status: status, Size: int64(len(bytes)), SHA256: "sha of " + id})
	d := &events.ArtifactBytes{Base: events.Base{Release: "r" + version, Artifact: id}, SHA256: "sha of " + id, Size: int64(len(bytes))}
	return events.Event{AccountID: "acme", Kind: events.ArtifactStored, Resource: "artifacts/" + id, Data: d}, d
}

// settle gives the verdict on a file that waits for one; "" if nothing was
// appended.
func (s *shelf) settle(e events.Event, d *events.ArtifactBytes) string {
	s.t.Helper()
	s.verdicts = nil
	r := &Runner{Log: s, Store: s.store, Blobs: s, Engines: testEngines(), Now: time.Now, Logger: slog.New(slog.DiscardHandler),
		Cursor: func(ctx context.Context) (uint64, error) { return s.store.Cursor(ctx, "releases") }}
	if err := r.settle(s.t.Context(), e, d, s.serial); err != nil {
		s.t.Fatal(err)
	}
	switch {
	case len(s.verdicts) == 0:
		return ""
	case len(s.verdicts) > 1:
		s.t.Fatal("more than one verdict", s.verdicts)
	}
	switch d := s.verdicts[0].Data.(type) {
	case *events.ArtifactFailure:
		return d.Code + ": " + d.Reason
	case *events.ArtifactFacts:
		return string(d.Facts)
	}
	s.t.Fatalf("verdict %+v", s.verdicts[0])
	return ""
}

func (s *shelf) OpenBlob(_ context.Context, sha256 string) (io.ReadCloser, error) {
	s.opened++
	return io.NopCloser(strings.NewReader(s.bytes[sha256])), nil
}

func (s *shelf) Last(context.Context, events.Boundary) (uint64, error) { return s.serial, nil }

func (s *shelf) Append(_ context.Context, e events.Event, _ uint64) (uint64, error) {
	if s.races > 0 {
		s.races--
		return 0, stream.ErrLostRace
	}
	s.verdicts = append(s.verdicts, e)
	return s.serial + 1, nil
}

const goodFile = `{"manifest":{}}`

func TestN19VersionKeyTaken(t *testing.T) {
	s := newShelf(t)
	s.release("1.0.0+5", published)
	s.release("1.0.0+6", draft)
	s.release("1.0.1", published)
	s.file("1.0.1", "x.tgz", uploaded, goodFile)
	if got := s.settle(s.file("1.0.0+6", "x.tgz", processing, goodFile)); !strings.HasPrefix(got, `{"artifact":"1.0.0+6/x.tgz","engine":"npm"`) {
		t.Error("a twin without a file:", got)
	}
	s.file("1.0.0+5", "x.tgz", uploaded, goodFile)
	const want = "NPM_VERSION_TAKEN: npm ignores build metadata: version 1.0.0 is taken by release 1.0.0+5."
	if got := s.settle(s.file("1.0.0+6", "x.tgz", processing, goodFile)); got != want {
		t.Error(got)
	}
	s.release("1.0.0+5", yanked)
	if got := s.settle(s.file("1.0.0+6", "x.tgz", processing, goodFile)); strings.HasPrefix(got, "NPM") {
		t.Error("after the yank:", got)
	}
}

func TestSecondTarballFails(t *testing.T) {
	s := newShelf(t)
	s.release("1.0.0", draft)
	for _, status := range []string{waiting, processing, failed, yanked} {
		s.file("1.0.0", "other.tgz", status, goodFile)
		if got := s.settle(s.file("1.0.0", "x.tgz", processing, goodFile)); strings.HasPrefix(got, "NPM") {
			t.Errorf("beside one that is %s: %s", status, got)
		}
	}
	s.file("1.0.0", "other.tgz", uploaded, goodFile)
	if got := s.settle(s.file("1.0.0", "x.tgz", processing, goodFile)); got != "NPM_TARBALL_TAKEN: The release already has other.tgz." {
		t.Error(got)
	}
	// What is wrong with the file itself comes first.
	if got := s.settle(s.file("1.0.0", "x.tgz", processing, "no JSON")); !strings.HasPrefix(got, "NPM_MANIFEST_INVALID: ") {
		t.Error(got)
	}
}

func TestN25PlainFilesAreNotRead(t *testing.T) {
	s := newShelf(t)
	s.release("1.0.0", draft)
	s.file("1.0.0", "x.tgz", uploaded, goodFile)
	const want = `{"artifact":"1.0.0/x.zip","engine":"npm","upload":{"sha256":"sha of 1.0.0/x.zip","size":3},"warnings":[],"contentType":"application/zip"}`
	if got := s.settle(s.file("1.0.0", "x.zip", processing, "zip")); got != want || s.opened > 0 {
		t.Errorf("%s, opened %d times", got, s.opened)
	}
}

func TestFileIsReadOnceHoweverManyRacesAreLost(t *testing.T) {
	s := newShelf(t)
	s.release("1.0.0", draft)
	s.races = 5
	if got := s.settle(s.file("1.0.0", "x.tgz", processing, goodFile)); !strings.Contains(got, `"manifest":{}`) || s.opened != 1 {
		t.Errorf("%s, opened %d times", got, s.opened)
	}
	if got := s.settle(s.file("1.0.0", "x.tgz", uploaded, goodFile)); got != "" {
		t.Error("judged again:", got)
	}
}
