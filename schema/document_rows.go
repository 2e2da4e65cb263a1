package schema

import (
	"encoding/json"
	"fmt"
)

// DocumentRows puts a document together from the rows of a store, in the order
// of their keys: the head, whose key is "", then the rules of its fragments.
type DocumentRows struct{ d Document }

// Add takes the next row in. The body is copied.
func (r *DocumentRows) Add(key string, from uint64, body []byte) error {
	if key == "" {
		r.d.HeadSerial, r.d.Head = from, append([]byte{}, body...)
		return nil
	}
	f := Fragment{Key: key, From: from}
	if err := json.Unmarshal(body, &f.Rule); err != nil {
		return fmt.Errorf("rule of %s: %w", key, err)
	}
	r.d.Fragments = append(r.d.Fragments, f)
	return nil
}

// Document gives the document; without a head there is none, and the error is
// ErrNotFound.
func (r *DocumentRows) Document(key string) (Document, error) {
	if r.d.Head == nil {
		return Document{}, ErrNotFound
	}
	r.d.Key = key
	return r.d, nil
}
