// Package events says what can happen and how it is written down.
//
// Everything that Offprint knows follows from two append-only logs, both NATS
// JetStream streams: RELEASES, the public facts about what was released, and
// ACCESS, the private facts about who may have it. An [Event] is an envelope
// (CloudEvents 1.0.2, https://github.com/cloudevents/spec) around one payload;
// its [Kind] names the payload's type. [Subject] is where the event lies on
// NATS; a [Boundary] is the set of events that one command must be consistent
// with. The package is pure: it reads no clock, no network, no randomness.
package events

import (
	"time"
)

// Log names one of the streams, as feeds and exports write it.
type Log string

// The two logs that hold the truth.
const (
	Releases Log = "releases"
	Access   Log = "access"
)

// Event is one fact. It never changes once it is stored.
type Event struct {
	ID          string    // UUIDv7, made when the command is decided; kept over every retry
	AccountID   string    // UUID of the account, from the CloudEvents source
	Kind        Kind      // for example "release.published"
	Resource    string    // the resource it is about: "releases/<id>"
	Time        time.Time // writer's clock, UTC, milliseconds
	Actor       string    // "users/<id>", "products/<id>", "operator", "system"; empty if unknown
	RequestID   string    // X-Request-Id of the command; empty if unknown
	TraceParent string    // W3C trace context; usually empty
	Subject     Subject   // where it lies on NATS
	Data        Payload   // pointer to the payload struct that Kind names

	// Set by readers, zero before the event is stored.
	Serial uint64 // stream sequence
	Raw    []byte // the data as stored, so that unknown members survive an export
}

// Payload is implemented by the payload struct of every kind.
type Payload interface {
	kinds() []Kind
}

// Millis cuts t to the precision that events keep: UTC milliseconds.
func Millis(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// TimeFormat is how times are written: RFC 3339 with exactly three decimals.
const TimeFormat = "2006-01-02T15:04:05.000Z"

// Time is a time in a payload. The zero Time is left out by `omitzero`.
type Time struct{ time.Time }

// At makes a Time of t, cut to milliseconds.
func At(t time.Time) Time { return Time{Millis(t)} }

// MarshalJSON writes t in TimeFormat.
func (t Time) MarshalJSON() ([]byte, error) {
	return []byte(`"` + t.UTC().Format(TimeFormat) + `"`), nil
}
