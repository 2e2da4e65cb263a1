package stream

import (
	"context"
	"errors"
	"testing"
	"time"

	"offprint/events"
)

func open(t *testing.T) *Log {
	t.Helper()
	s, err := Embed(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	nc, err := s.Connect()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	l, err := Open(t.Context(), nc, 1)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func product(id, name string) events.Event {
	return events.Event{ID: "id-" + name, AccountID: "acc", Kind: events.ProductCreated, Resource: "products/" + id, Time: time.UnixMilli(1700000000123),
		Subject: events.Subject{Log: events.Releases, Account: "acme", Kind: events.ProductCreated},
		Data:    &events.ProductData{Base: events.Base{Product: id}, Name: name}}
}

// TestE1AckLost: the repeat of a stored event is answered like a lost race by a
// single server; its own id is found.
func TestE1AckLost(t *testing.T) {
	l := open(t)
	e := product("p1", "one")
	if seq, err := l.Append(t.Context(), e, 0); err != nil || seq != 1 {
		t.Fatal(seq, err)
	}
	if seq, err := l.find(t.Context(), e, 0); err != nil || seq != 1 {
		t.Fatal(seq, err)
	}
	if _, err := l.Append(t.Context(), product("p2", "two"), 0); !errors.Is(err, ErrLostRace) {
		t.Fatalf("a decision on an old state was taken: %v", err)
	}
	if end, err := l.End(t.Context(), events.Releases); err != nil || end != 1 {
		t.Fatal(end, err)
	}
}

// TestE3FoundBehindAnother: our event is found though another came after it.
func TestE3FoundBehindAnother(t *testing.T) {
	l := open(t)
	one, two := product("p1", "one"), product("p2", "two")
	if _, err := l.Append(t.Context(), one, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Append(t.Context(), two, 1); err != nil {
		t.Fatal(err)
	}
	if seq, err := l.find(t.Context(), one, 0); err != nil || seq != 1 {
		t.Fatal(seq, err)
	}
	if last, err := l.Last(t.Context(), one.Subject.Boundary()); err != nil || last != 2 {
		t.Fatal(last, err)
	}
}

func TestReadGivesWhatWasAppended(t *testing.T) {
	l := open(t)
	for i, name := range []string{"a", "b", "c"} {
		if _, err := l.Append(t.Context(), product("p-"+name, name), uint64(i)); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	err := l.Read(context.Background(), events.Releases, 1, 3, func(m Message) error {
		if m.Err != nil {
			return m.Err
		}
		got = append(got, m.Event.Data.(*events.ProductData).Name)
		return nil
	})
	if err != nil || len(got) != 2 || got[0] != "b" || got[1] != "c" {
		t.Fatal(got, err)
	}
}
