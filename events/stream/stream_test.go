package stream

import (
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
