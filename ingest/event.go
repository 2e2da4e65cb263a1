package ingest

import (
	"strings"
	"time"

	"offprint/events"
	"offprint/schema"
)

// stamp is what every event of one command has in common. It is a value, so
// that decide functions stay pure: two decisions of one command, after a lost
// race, differ only in their state.
type stamp struct {
	id      string // of the event, UUIDv7
	account string // UUID
	slug    string
	actor   string
	request string
	now     int64 // Unix milliseconds
}

// stamp makes one for the command of this call.
func (c *call) stamp() stamp {
	return stamp{id: c.api.cfg.NewID(), account: c.account.ID, slug: c.account.Slug, actor: c.actor(), request: c.id, now: c.now()}
}

// time is the event's time in Unix milliseconds: now, but never before the
// newest change of the state that was read.
func (s stamp) time(read ...schema.Base) int64 {
	at := s.now
	for _, b := range read {
		at = max(at, b.Updated, b.Created)
	}
	return at
}

// event makes an event about resource ("releases/<id>") at a time that time
// gave. Of where, Product, Package and ID count.
func (s stamp) event(at int64, kind events.Kind, resource string, where events.Subject, data events.Payload) *events.Event {
	where.Account, where.Kind, where.Log = s.slug, kind, logOf(kind)
	return &events.Event{ID: s.id, AccountID: s.account, Kind: kind, Resource: resource, Time: time.UnixMilli(at).UTC(),
		Actor: s.actor, RequestID: s.request, Subject: where, Data: data}
}

// logOf says on which log events of a kind lie.
func logOf(kind events.Kind) events.Log {
	switch kind.Noun() {
	case "policy", "license", "user", "token", "webhook-endpoint":
		return events.Access
	}
	return events.Releases
}

// boundary is the one in which events of a kind lie, at where.
func (s stamp) boundary(kind events.Kind, where events.Subject) events.Boundary {
	where.Account, where.Kind, where.Log = s.slug, kind, logOf(kind)
	return where.Boundary()
}

// eventTime is a time of state as payloads keep it; the zero time is left out.
func eventTime(ms int64) events.Time {
	if ms == 0 {
		return events.Time{}
	}
	return events.At(time.UnixMilli(ms))
}

// moved collects what an update changes. Values equal to the present ones are
// left out, so a PATCH that changes nothing appends nothing.
type moved struct{ set events.Set }

func (m *moved) text(in *input, name, have string) {
	if v, ok := in.attributes[name]; ok && v.text != have {
		m.put(name, v.text, v.kind == isNull)
	}
}

func (m *moved) put(name string, v any, clear bool) {
	if m.set == nil {
		m.set = events.Set{}
	}
	if clear {
		v = nil
	}
	m.set.Put(name, v)
}

func (m *moved) metadata(in *input, have events.Metadata) problems {
	if !in.has("metadata") {
		return nil
	}
	next, faults := metadata(in)
	if string(next) != string(have) && (len(next) > 2 || len(have) > 2) {
		m.put("metadata", next, false)
	}
	return faults
}

// fold is a name as uniqueness without regard to case compares it.
func fold(s string) string { return strings.ToLower(s) }
