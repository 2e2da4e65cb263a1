package stream

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"offprint/events"
)

// unreliable is a JetStream on which publishes go wrong: before is asked ahead
// of each, after behind it.
type unreliable struct {
	jetstream.JetStream
	before func(n int, msg *nats.Msg) error
	after  func(n int, msg *nats.Msg) error
	n      int
}

func (u *unreliable) PublishMsg(ctx context.Context, msg *nats.Msg, opts ...jetstream.PublishOpt) (*jetstream.PubAck, error) {
	u.n++
	if u.before != nil {
		if err := u.before(u.n, msg); err != nil {
			return nil, err
		}
	}
	ack, err := u.JetStream.PublishMsg(ctx, msg, opts...)
	if u.after != nil && err == nil {
		if err := u.after(u.n, msg); err != nil {
			return nil, err
		}
	}
	return ack, err
}

func once(err error) func(int, *nats.Msg) error {
	return func(n int, _ *nats.Msg) error {
		if n == 1 {
			return err
		}
		return nil
	}
}

func mustAppend(t *testing.T, l *Log, e events.Event, last, want uint64) {
	t.Helper()
	if seq, err := l.Append(t.Context(), e, last); err != nil || seq != want {
		t.Fatalf("appended at %d, want %d: %v", seq, want, err)
	}
}

func wantEnd(t *testing.T, l *Log, want uint64) {
	t.Helper()
	if end, err := l.End(t.Context(), events.Releases); err != nil || end != want {
		t.Errorf("the log ends at %d, want %d: %v", end, want, err)
	}
}

// TestE1AckLost: the repeat of a stored event is answered like a lost race by a
// single server; its own id is found.
func TestE1AckLost(t *testing.T) {
	l := open(t)
	l.js = &unreliable{JetStream: l.js, after: once(nats.ErrTimeout)}
	mustAppend(t, l, product("p1", "one"), 0, 1)
	wantEnd(t, l, 1)
	if _, err := l.Append(t.Context(), product("p2", "two"), 0); !errors.Is(err, ErrLostRace) {
		t.Fatalf("a decision on an old state was taken: %v", err)
	}
}

// TestE2Duplicate: a replicated stream knows the id of the repeat. A single
// server does so too if it is not asked for the sequence.
func TestE2Duplicate(t *testing.T) {
	l := open(t)
	l.js = &unreliable{JetStream: l.js, after: once(nats.ErrTimeout), before: func(n int, msg *nats.Msg) error {
		if n == 2 {
			msg.Header.Del(jetstream.ExpectedLastSubjSeqHeader)
			msg.Header.Del(jetstream.ExpectedLastSubjSeqSubjHeader)
		}
		return nil
	}}
	mustAppend(t, l, product("p1", "one"), 0, 1)
	wantEnd(t, l, 1)
}

// TestE3FoundBehindAnother: our event is found though another came after it.
func TestE3FoundBehindAnother(t *testing.T) {
	l := open(t)
	other := *l
	l.js = &unreliable{JetStream: l.js, after: func(n int, _ *nats.Msg) error {
		if n == 1 {
			mustAppend(t, &other, product("p2", "two"), 1, 2)
			return nats.ErrTimeout
		}
		return nil
	}}
	mustAppend(t, l, product("p1", "one"), 0, 1)
	if last, err := l.Last(t.Context(), product("", "").Subject.Boundary()); err != nil || last != 2 {
		t.Fatal(last, err)
	}
}

// TestUnknownThenLost: nothing was stored by the first try, and another event
// came before the second.
func TestUnknownThenLost(t *testing.T) {
	l := open(t)
	other := *l
	l.js = &unreliable{JetStream: l.js, before: func(n int, _ *nats.Msg) error {
		if n == 1 {
			mustAppend(t, &other, product("p2", "two"), 0, 1)
			return nats.ErrNoResponders
		}
		return nil
	}}
	if _, err := l.Append(t.Context(), product("p1", "one"), 0); !errors.Is(err, ErrLostRace) {
		t.Fatal(err)
	}
	wantEnd(t, l, 1)
}

// TestE4TwoWriters: one wins; the other appends behind it when it has read
// again.
func TestE4TwoWriters(t *testing.T) {
	l := open(t)
	errs := make(chan error, 2)
	for _, name := range []string{"one", "two"} {
		go func() {
			_, err := l.Append(t.Context(), product("p-"+name, name), 0)
			errs <- err
		}()
	}
	first, second := <-errs, <-errs
	if first == nil {
		first, second = second, first
	}
	if !errors.Is(first, ErrLostRace) || second != nil {
		t.Fatal(first, second)
	}
	last, err := l.Last(t.Context(), product("", "").Subject.Boundary())
	if err != nil {
		t.Fatal(err)
	}
	mustAppend(t, l, product("p3", "three"), last, 2)
}

// TestE5ParallelPackages: writers of different boundaries never race.
func TestE5ParallelPackages(t *testing.T) {
	l := open(t)
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() {
			key := fmt.Sprintf("app%d", i)
			e := events.Event{ID: "id-" + key, AccountID: "acc", Kind: events.PackageCreated, Resource: "packages/" + key,
				Subject: events.Subject{Log: events.Releases, Account: "acme", Product: "p1", Package: key, Kind: events.PackageCreated},
				Data:    &events.PackageData{Base: events.Base{Product: "p1", Package: key, Key: key}, Name: key}}
			if _, err := l.Append(t.Context(), e, 0); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	wantEnd(t, l, 100)
}

// TestE6PendingWrite: 10164 is a lost race like 10071.
func TestE6PendingWrite(t *testing.T) {
	l := open(t)
	l.js = &unreliable{JetStream: l.js, before: once(&jetstream.APIError{Code: 400, ErrorCode: codeWrongLastPending})}
	if _, err := l.Append(t.Context(), product("p1", "one"), 0); !errors.Is(err, ErrLostRace) {
		t.Fatal(err)
	}
}

// TestE7EveryPublishExpects: what this module publishes into the streams says
// what it expects to come after. Publishes are made by the files named here
// and no other.
func TestE7EveryPublishExpects(t *testing.T) {
	publishes := []string{"PublishMsg(", ".Publish(", "PublishMsgAsync(", "PublishAsync(", "RequestMsg", "PublishRequest("}
	allowed := map[string]string{
		"events/stream/append.go": "ExpectedLastSubjSeqHeader",
		"events/stream/batch.go":  "ExpectedLastSeqHeader",
	}
	notices := "NoticeSubject" // change notices travel on core NATS
	root := "../.."
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(strings.TrimPrefix(path, root+"/"))
		for _, call := range publishes {
			if !strings.Contains(string(source), call) || !strings.Contains(string(source), "nats") {
				continue
			}
			if header := allowed[name]; header == "" && !strings.Contains(string(source), notices) {
				t.Errorf("%s calls %s", name, call)
			} else if !strings.Contains(string(source), header) {
				t.Errorf("%s calls %s without %s", name, call, header)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	// What is on the wire of an append:
	l := open(t)
	var seen *nats.Msg
	l.js = &unreliable{JetStream: l.js, before: func(_ int, msg *nats.Msg) error { seen = msg; return nil }}
	mustAppend(t, l, product("p1", "one"), 0, 1)
	for name, want := range map[string]string{"Nats-Expected-Last-Subject-Sequence": "0",
		"Nats-Expected-Last-Subject-Sequence-Subject": "releases.acme._._.>", "Nats-Msg-Id": "id-one", "ce-id": "id-one"} {
		if got := seen.Header[name]; len(got) != 1 || got[0] != want {
			t.Errorf("%s: %v, want %s", name, got, want)
		}
	}
}

// TestLogUnavailable: an append gives up when its time is over, and an event
// that the stream can never take is refused at once.
func TestLogUnavailable(t *testing.T) {
	l := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	u := &unreliable{JetStream: l.js, before: func(n int, _ *nats.Msg) error {
		if n == 3 {
			cancel()
		}
		return nats.ErrTimeout
	}}
	l.js = u
	if _, err := l.Append(ctx, product("p1", "one"), 0); !errors.Is(err, ErrUnavailable) || u.n != 3 {
		t.Errorf("%v after %d tries", err, u.n)
	}
	l.js = &unreliable{JetStream: u.JetStream, before: once(&jetstream.APIError{Code: 503, ErrorCode: 10023})}
	if _, err := l.Append(t.Context(), product("p1", "one"), 0); !errors.Is(err, ErrUnavailable) {
		t.Error(err)
	}
	l.js = u.JetStream
	for _, size := range []int{MaxMessage, 9 << 20} { // refused by the stream, by the connection
		if _, err := l.Append(t.Context(), large(size), 0); !errors.Is(err, ErrTooLarge) {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
	wantEnd(t, l, 0)
	mustAppend(t, l, large(MaxMessage-1000), 0, 1)
}

func large(size int) events.Event {
	e := product("p1", "large")
	e.Data.(*events.ProductData).Name = strings.Repeat("x", size)
	return e
}
