package stream

import (
	"context"
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
