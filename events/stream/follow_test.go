package stream

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"offprint/events"
)

func TestReadGivesWhatWasAppended(t *testing.T) {
	l := open(t)
	for i, name := range []string{"a", "b", "c"} {
		mustAppend(t, l, product("p-"+name, name), uint64(i), uint64(i+1))
	}
	for _, c := range []struct {
		after, to uint64
		want      string
	}{{0, 3, "[a b c]"}, {1, 3, "[b c]"}, {1, 2, "[b]"}, {3, 3, "[]"}, {2, 1, "[]"}} {
		got := []string{}
		err := l.Read(t.Context(), events.Releases, c.after, c.to, func(m Message) error {
			got = append(got, m.Event.Data.(*events.ProductData).Name)
			return m.Err
		})
		if err != nil || fmt.Sprint(got) != c.want {
			t.Errorf("%d to %d: %v, %v", c.after, c.to, got, err)
		}
	}
}

// TestFollowGoesOn: what is appended while a follower runs reaches it, in order,
// until its context ends or it says so.
func TestFollowGoesOn(t *testing.T) {
	l := open(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // a deadline is no reason to end early
	defer cancel()
	seen := make(chan uint64)
	done := make(chan error)
	enough := errors.New("enough")
	go func() {
		done <- l.Follow(ctx, events.Releases, 0, func(m Message) error {
			seen <- m.Serial
			if m.Serial == 20 {
				return enough
			}
			return nil
		})
	}()
	for i := range uint64(20) {
		mustAppend(t, l, product("p", fmt.Sprint(i)), i, i+1)
		if got := <-seen; got != i+1 {
			t.Fatalf("%d after %d", got, i)
		}
	}
	if err := <-done; !errors.Is(err, enough) {
		t.Error(err)
	}
	ended, end := context.WithCancel(t.Context())
	go func() { done <- l.Follow(ended, events.Releases, 20, func(Message) error { return nil }) }()
	end()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	short, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	if err := l.Read(short, events.Releases, 19, 25, func(Message) error { return nil }); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("reading what is not there yet: %v", err)
	}
}

// TestFollowSlowly: nothing is lost to a reader that is slower than the log,
// and the last message alone says that there are no more.
func TestFollowSlowly(t *testing.T) {
	l := open(t)
	const n = 3 * pullMessages
	b := l.batch(events.Releases, 0)
	for i := range n {
		e := product("p", fmt.Sprint(i))
		header, body := events.Encode(e)
		b.add(events.Stored{Subject: e.Subject.String(), Header: header, Body: body})
		if b.full() {
			if err := b.flush(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	at := uint64(0)
	err := l.Read(t.Context(), events.Releases, 0, n, func(m Message) error {
		if at++; m.Serial != at {
			return fmt.Errorf("%d follows %d", m.Serial, at-1)
		}
		if at%100 == 0 {
			time.Sleep(5 * time.Millisecond) // not to wait for anything: this is the slow reader
		}
		if (m.Pending == 0) != (at == n) {
			return fmt.Errorf("%d more after %d of %d", m.Pending, at, n)
		}
		return nil
	})
	if err != nil || at != n {
		t.Errorf("%d, %v", at, err)
	}
}

// TestFollowLargeEvents: many events of the greatest size.
func TestFollowLargeEvents(t *testing.T) {
	l := open(t)
	const n = 24
	for i := range uint64(n) {
		e := large(MaxMessage - 1000)
		e.ID = fmt.Sprint("large", i)
		mustAppend(t, l, e, i, i+1)
	}
	got := 0
	if err := l.Read(t.Context(), events.Releases, 0, n, func(m Message) error { got++; return m.Err }); err != nil || got != n {
		t.Errorf("%d of %d, %v", got, n, err)
	}
}

// TestFollowWithoutServer says so, and does not wait for ever.
func TestFollowWithoutServer(t *testing.T) {
	s, err := Embed(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	nc, err := s.Connect()
	if err != nil {
		t.Fatal(err)
	}
	l, err := Open(t.Context(), nc, 1)
	if err != nil {
		t.Fatal(err)
	}
	nc.Close()
	s.Close()
	if err := l.Follow(t.Context(), events.Releases, 0, func(Message) error { return nil }); !errors.Is(err, ErrUnavailable) {
		t.Error(err)
	}
}
