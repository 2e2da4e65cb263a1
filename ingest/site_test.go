package ingest

import (
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"offprint/events"
	"offprint/events/stream"
	"offprint/schema"
)

// house is a site that works as a whole: what is appended is folded, and stored
// files are validated.
type house struct {
	*site
	blobs *fakeBlobs
	clock atomic.Int64 // Unix milliseconds; goes on by one at each look

	// judge says what is wrong with a file, "" if nothing; it may block.
	judge   func(filename string) (code, reason string)
	judging sync.WaitGroup
}

func newHouse(t *testing.T) *house {
	h := &house{site: newSite(t), blobs: &fakeBlobs{aborts: make(chan struct{}, 100)}, judge: func(string) (string, string) { return "", "" }}
	h.clock.Store(1_700_000_000_000)
	h.api.cfg.Now = func() time.Time { return time.UnixMilli(h.clock.Add(1)) }
	h.api.cfg.SettleFor = 5 * time.Second
	h.api.blobs = h.blobs
	fold := &folding{t, h.store}
	applied := h.log.done
	h.log.done = func(log events.Log, serial uint64) { // under the log's lock: one after the other
		e := h.log.stored[len(h.log.stored)-1]
		fold.apply(e)
		applied(log, serial)
		if d, ok := e.Data.(*events.ArtifactBytes); ok {
			h.judging.Go(func() { h.validate(e, d) })
		}
	}
	t.Cleanup(h.judging.Wait)
	return h
}

// validate does the work of the validators.
func (h *house) validate(e events.Event, d *events.ArtifactBytes) {
	code, reason := h.judge(d.Filename)
	e.Kind, e.Data = events.ArtifactProcessed, &events.ArtifactFacts{Base: d.Base, Facts: json.RawMessage(`{"upload":{"sha256":"` + d.SHA256 + `"}}`)}
	if code != "" {
		e.Kind, e.Data = events.ArtifactFailed, &events.ArtifactFailure{Base: d.Base, Code: code, Reason: reason}
	}
	e.Subject.Kind = e.Kind
	for {
		last, _ := h.log.Last(h.t.Context(), e.Subject.Boundary())
		if _, err := h.log.Append(h.t.Context(), e, last); !errors.Is(err, stream.ErrLostRace) {
			return
		}
	}
}

// kinds are those of the events stored so far.
func (h *house) kinds() (out []events.Kind) {
	h.log.mu.Lock()
	defer h.log.mu.Unlock()
	for _, e := range h.log.stored {
		out = append(out, e.Kind)
	}
	return out
}

// vars are what replayed exchanges refer to.
func (h *house) vars() map[string]string {
	return map[string]string{"token": "admin-x", "host": "127.0.0.1"}
}

// as makes every credential stand for these rights.
func (h *house) as(r *schema.Rights) { h.book.rights = r }

// must sends a request that has to be answered with status, and gives the
// document's id and headers.
func (h *house) must(status int, head, body string) (id string, header func(string) string) {
	h.t.Helper()
	res, text := h.send(head+auth, body)
	if res.StatusCode != status {
		h.t.Fatalf("%s: %d %s", head, res.StatusCode, text)
	}
	var doc struct{ Data struct{ ID string } }
	_ = json.Unmarshal([]byte(text), &doc)
	return doc.Data.ID, res.Header.Get
}

// newRelease makes a release of the product relay's npm package, and openFile
// an artifact of it, whose upload path it gives.
func (h *house) newRelease(version string) string {
	h.t.Helper()
	id, _ := h.must(201, "POST /v1/releases", releaseBody(version, `"package":{"data":{"type":"packages","id":"`+appID+`"}},`))
	return id
}

func releaseBody(version, relationships string) string {
	return `{"data":{"type":"releases","attributes":{"version":"` + version + `","channel":"stable"},"relationships":{` + relationships +
		`"product":{"data":{"type":"products","id":"` + relay + `"}}}}}`
}

func (h *house) openFile(release, attributes string) (id, path string) {
	h.t.Helper()
	id, header := h.must(307, "POST /v1/artifacts", artifactBody(release, attributes))
	_, path, _ = strings.Cut(header("Location"), "http://127.0.0.1")
	return id, path
}

func artifactBody(release, attributes string) string {
	return `{"data":{"type":"artifacts","attributes":{` + attributes + `},"relationships":{"release":{"data":{"type":"releases","id":"` + release + `"}}}}}`
}

// status is that of an artifact, as it is stored.
func (h *house) status(id string) string {
	h.t.Helper()
	a, err := schema.Get[schema.Artifact](h.t.Context(), h.store, acme, schema.Artifacts, id)
	if err != nil {
		h.t.Fatal(err)
	}
	return strings.TrimSpace(a.Status + " " + a.FailureReason)
}
