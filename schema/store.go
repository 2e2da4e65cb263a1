// Package schema is the contract between the half that writes documents and
// the half that serves them.
//
// The projector folds events into two things. A [Record] is the present state
// of one resource (a product, a release, a license), for look-ups and for the
// publishing API. A [Document] is what an index is assembled from: a head, and
// one [Fragment] for each release or file, each with a [Rule] that says who may
// see it. A caller's [Rights] and a document's rules give a [View]; a view
// selects fragments; a pure function for each engine (npm.go, raw.go) turns
// head and selected fragments into the bytes that a client reads.
//
// Heads and rules are kept with the serial from which, and until which, they
// hold, so that a document can be read as it stood at any serial.
package schema

import (
	"context"
	"errors"
)

// ErrNotFound says that no record or document has this key.
var ErrNotFound = errors.New("not found")

// ErrCursorMoved says that another projector has advanced the cursor: nothing
// of the batch was written.
var ErrCursorMoved = errors.New("cursor was moved by another projector")

// ErrNewerSchema says that a newer version of the program wrote this store.
var ErrNewerSchema = errors.New("the store was written by a newer version")

// Records finds the present state of resources.
type Records interface {
	// Record finds one by id; ErrNotFound. Accounts have the account "".
	Record(ctx context.Context, account string, kind Kind, id string) (Record, error)
	// Find gives the records of a kind whose Name equals name, oldest first; an
	// empty account means any account.
	Find(ctx context.Context, account string, kind Kind, name string) ([]Record, error)
	// List calls yield for the records that q selects until it returns false.
	List(ctx context.Context, q Query, yield func(Record) bool) error
}

// Documents reads documents.
type Documents interface {
	// Document reads the document with all its fragments as of the serial at, 0
	// for now; ErrNotFound if it has no head then. Fragments come in the order
	// of their keys. Bodies are read by Bodies, because most callers need few.
	Document(ctx context.Context, key string, at uint64) (Document, error)
	// Bodies gives the bodies named by (fragment key, body serial) in the order
	// asked for; a missing one is an error.
	Bodies(ctx context.Context, doc string, refs []BodyRef) ([][]byte, error)
}

// Reader is everything that serving and publishing read.
type Reader interface {
	Records
	Documents
}

// Writer is what one projector needs.
type Writer interface {
	// Cursor is the last serial applied under a name; 0 at the start.
	Cursor(ctx context.Context, name string) (uint64, error)
	// Commit writes b and moves its cursor from b.From to b.To, all or nothing.
	// ErrCursorMoved if the cursor is not at b.From.
	Commit(ctx context.Context, b Batch) error
}

// Walker lists everything that a store holds, for verify: table is "record",
// "head", "rule", "body" or "parked"; keys ascend bytewise within a table, and
// tables come in that order. Equal content gives equal calls on every store.
// Serials and intervals are part of the key or value.
type Walker interface {
	Walk(ctx context.Context, fn func(table, key string, value []byte) error) error
}

// Store is a whole store. Implementations: sqlite, postgres, schematest.Memory.
// All methods may be called by many goroutines at once.
type Store interface {
	Reader
	Writer
	Walker
	Parked(ctx context.Context) ([]Parked, error)
	Close() error
}

// Query selects records of one kind of one account. A nil pointer does not
// filter; a pointer to "" selects records without that relation.
type Query struct {
	Account                                string // "" lists the accounts themselves
	Kind                                   Kind
	Product, Package, Release, Parent, Tag *string
	Ascending                              bool // by creation, then id; descending otherwise
}

// Batch is the effect of the events in (From, To] of one log. The lists are
// disjoint: a rule that was opened and closed within the batch is in Rules
// only, with its To set.
type Batch struct {
	Cursor   string // "releases" or "access"
	From, To uint64
	Records  []Record    // inserted or replaced
	Deleted  []RecordKey // removed if there
	Heads    []HeadRow
	Bodies   []BodyRow
	Rules    []RuleRow
	Closed   []ClosedRow // rows that were open before this batch and end in it
	Parked   []Parked
}

// RecordKey names a record.
type RecordKey struct {
	Account string
	Kind    Kind
	ID      string
}

// HeadRow is the head of a document from a serial on, until To (0: open).
// A head row with a nil Body and From = To never occurs; a deleted document has
// no open head.
type HeadRow struct {
	Doc      string
	From, To uint64
	Body     []byte
}

// BodyRow is the part of a fragment that is written once.
type BodyRow struct {
	Doc, Key string
	Serial   uint64
	Data     []byte
}

// BodyRef names a body of a known document.
type BodyRef struct {
	Key    string
	Serial uint64
}

// RuleRow is the rule of a fragment from a serial on, until To (0: open).
type RuleRow struct {
	Doc, Key string
	From, To uint64
	Rule     []byte // Rule as JSON
}

// ClosedRow ends the open row of a fragment (or, with Key "", of the head).
type ClosedRow struct {
	Doc, Key string
	To       uint64
}

// Parked is an event that could not be folded.
type Parked struct {
	Log    string `json:"log"`
	Serial uint64 `json:"serial"`
	ID     string `json:"id"`
	Kind   string `json:"kind"`
	Reason string `json:"reason"`
	Time   int64  `json:"time"` // of the event, Unix milliseconds; 0 if unknown
}
