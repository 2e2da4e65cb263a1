package schema

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
)

// Kind is the type of a resource, as the publishing API names it.
type Kind string

// The kinds of records.
const (
	Accounts     Kind = "accounts"
	Products     Kind = "products"
	Packages     Kind = "packages"
	Releases     Kind = "releases"
	Artifacts    Kind = "artifacts"
	Entitlements Kind = "entitlements"
	Policies     Kind = "policies"
	Licenses     Kind = "licenses"
	Users        Kind = "users"
	Tokens       Kind = "tokens"
)

// Record is the present state of one resource as stored. The fields beside
// Body are what stores index.
type Record struct {
	Account string // id; "" for accounts themselves
	Kind    Kind
	ID      string
	Product string // ids of what it belongs to, "" if nothing
	Package string
	Release string
	Parent  string // policy of a license, bearer of a token ("users/<id>")
	Name    string // the other name it is found by, folded if case does not count; see each resource
	Tag     string // of a release
	Created int64  // Unix milliseconds
	Serial  uint64 // of the event that changed it last
	Body    []byte // the resource as JSON
}

// Key is the record's key.
func (r Record) Key() RecordKey { return RecordKey{r.Account, r.Kind, r.ID} }

// Resource is implemented by pointers to the resource types of this package.
type Resource interface {
	// Record gives the record without its serial.
	Record() Record
}

// Fold is how names that ignore case are kept in Record.Name and Record.Tag is
// not.
func Fold(s string) string { return strings.ToLower(s) }

// Get reads one resource by id. T is one of the resource types.
func Get[T any](ctx context.Context, r Records, account string, kind Kind, id string) (T, error) {
	rec, err := r.Record(ctx, account, kind, id)
	if err != nil {
		var zero T
		return zero, fmt.Errorf("%s %s: %w", kind, id, err)
	}
	return Parse[T](rec)
}

// Parse reads the body of a record.
func Parse[T any](rec Record) (T, error) {
	var v T
	if err := json.Unmarshal(rec.Body, &v); err != nil {
		return v, fmt.Errorf("record %s %s: %w", rec.Kind, rec.ID, err)
	}
	return v, nil
}

// body encodes a resource; equal resources give equal bytes.
func body(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("schema: encode %T: %v", v, err)) // resources hold nothing that cannot be encoded
	}
	return b
}
