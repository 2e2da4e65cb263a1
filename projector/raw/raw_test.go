package raw

import (
	"context"
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"offprint/events"
	"offprint/events/stream"
	"offprint/projector"
	"offprint/schema"
	"offprint/schema/schematest"
)

// list is a log that ends the run after its last event.
type list struct {
	events []events.Event
	end    func()
}

func (l list) Follow(ctx context.Context, _ events.Log, _ uint64, fn func(stream.Message) error) error {
	for i, e := range l.events {
		e.ID, e.AccountID, e.Serial, e.Time = e.Resource, "acme", uint64(i+1), time.UnixMilli(int64(1000*(i+1)))
		if err := fn(stream.Message{Serial: e.Serial, Event: e, Pending: uint64(len(l.events) - i - 1)}); err != nil {
			return err
		}
	}
	l.end()
	return ctx.Err()
}

// TestR14FilesOfARawPackage: a raw package has its files and no index document.
func TestR14FilesOfARawPackage(t *testing.T) {
	base := events.Base{Product: "relay", Package: "tools", Release: "r", Artifact: "a", Filename: "install.sh"}
	store := schematest.NewMemory()
	ctx, cancel := context.WithCancel(t.Context())
	log := list{[]events.Event{
		{Kind: events.ProductCreated, Data: &events.ProductData{Base: events.Base{Product: "relay"}, Name: "Relay"}},
		{Kind: events.PackageCreated, Data: &events.PackageData{Base: events.Base{Product: "relay", Package: "tools", Key: "tools", Engine: "raw"}}},
		{Kind: events.ReleaseCreated, Data: &events.ReleaseData{Base: events.Base{Product: "relay", Package: "tools", Release: "r", Version: "1.0.0"}, Channel: "stable", Status: "PUBLISHED", Tag: "latest"}},
		{Kind: events.ArtifactCreated, Data: &events.ArtifactData{Base: base}},
		{Kind: events.ArtifactStored, Data: &events.ArtifactBytes{Base: base, Size: 9, SHA256: "s", SHA512: "t"}},
		{Kind: events.ArtifactProcessed, Data: &events.ArtifactFacts{Base: base, Facts: json.RawMessage(`{"artifact":"a","engine":"raw","upload":{"sha256":"s","size":9},"contentType":"application/x-sh","warnings":[]}`)}},
	}, cancel}
	p := projector.New(events.Releases, log, store, projector.NewEngines(Engine()), slog.New(slog.DiscardHandler), nil)
	if err := p.Run(ctx); err != nil {
		t.Fatal(err)
	}
	d, err := store.Document(t.Context(), schema.FilesDoc("tools"), 0)
	if err != nil || len(d.Fragments) != 1 {
		t.Fatal(d, err)
	}
	var got schema.FileAttr
	if err := json.Unmarshal(d.Fragments[0].Rule.Attr, &got); err != nil {
		t.Fatal(err)
	}
	want := schema.FileAttr{Artifact: "a", Release: "r", Version: "1.0.0", Tag: "latest", Channel: "stable", Filename: "install.sh", State: "UPLOADED",
		Size: 9, SHA256: "s", SHA512: "t", Type: "application/x-sh", Created: 4000, Stored: 6000, Available: 6000}
	if got != want {
		t.Errorf("%+v\nwant\n%+v", got, want)
	}
	if _, err := store.Document(t.Context(), schema.EngineDoc("raw", "tools"), 0); err != schema.ErrNotFound {
		t.Error("an index document:", err)
	}
}
