package ingest

import (
	"context"
	"strings"
	"sync"
	"testing"

	"offprint/events"
	"offprint/events/stream"
)

// onRealLog puts two APIs, like two processes, on one embedded log that a fold
// follows.
func onRealLog(t *testing.T) (one, two *house, log *stream.Log) {
	one, two = newHouse(t), newHouse(t)
	server, err := stream.Embed(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	nc, err := server.Connect()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	if log, err = stream.Open(t.Context(), nc, 1); err != nil {
		t.Fatal(err)
	}
	two.api.store = one.store
	one.api.log, two.api.log = log, log
	ctx, cancel := context.WithCancel(context.Background())
	var following sync.WaitGroup
	t.Cleanup(func() { cancel(); following.Wait() })
	fold := &folding{t, one.store}
	following.Go(func() {
		_ = log.Follow(ctx, events.Releases, 0, func(m stream.Message) error {
			fold.apply(m.Event)
			one.api.progress.Advance(events.Releases, m.Serial)
			two.api.progress.Advance(events.Releases, m.Serial)
			return m.Err
		})
	})
	return one, two, log
}

// TestP16TwentyPublishersRace for one version, through two processes: exactly
// one wins, and the log has one event.
func TestP16TwentyPublishersRace(t *testing.T) {
	one, two, log := onRealLog(t)
	body := releaseBody("1.0.0", `"package":{"data":{"type":"packages","id":"`+appID+`"}},`)
	answers := make(chan string, 20)
	for i := range 20 {
		h := []*house{one, two}[i%2]
		go func() {
			res, text := h.send("POST /v1/releases"+auth, body)
			if res.StatusCode == 201 {
				answers <- "201"
				return
			}
			answers <- res.Status + " " + text
		}()
	}
	won, taken := 0, 0
	for range 20 {
		switch got := <-answers; {
		case got == "201":
			won++
		case strings.HasPrefix(got, "422 ") && strings.Contains(got, "VERSION_TAKEN"):
			taken++
		default:
			t.Error(got)
		}
	}
	if end, err := log.End(t.Context(), events.Releases); won != 1 || taken != 19 || end != 1 || err != nil {
		t.Fatalf("%d won, %d lost, %d events, %v", won, taken, end, err)
	}
}

// TestP17OneTagTwoReleases: of two that want one tag, one gets it.
func TestP17OneTagTwoReleases(t *testing.T) {
	one, two, log := onRealLog(t)
	var ids []string
	for _, v := range []string{"1.0.0", "2.0.0"} {
		ids = append(ids, one.newRelease(v))
	}
	answers := make(chan int, 2)
	for i, h := range []*house{one, two} {
		go func() {
			res, _ := h.send("PATCH /v1/releases/"+ids[i]+auth, `{"data":{"type":"releases","attributes":{"tag":"latest"}}}`)
			answers <- res.StatusCode
		}()
	}
	if a, b := <-answers, <-answers; a+b != 200+422 {
		t.Fatal(a, b)
	}
	if end, err := log.End(t.Context(), events.Releases); end != 3 || err != nil {
		t.Fatal(end, err)
	}
}
