package principal

import (
	"slices"

	"offprint/schema"
)

// entry is what is known of a credential. It is not changed after it is made;
// whatever depends on the time is judged at each use.
type entry struct {
	at     credential
	rights *schema.Rights
	needs  []schema.RecordKey // records it was made of

	expiry int64    // of a token: it counts up to this instant; 0: none
	state  *Refusal // user or owner banned, license suspended
	lapse  int64    // of a key: its license is revoked after this instant; 0: none
	form   *Refusal // the policy forbids this form
}

// judge makes tests 4 to 9 of access.md section 3, in that order.
func (e *entry) judge(now int64) (*schema.Rights, *Refusal) {
	switch {
	case e.expiry != 0 && now > e.expiry:
		return nil, &tokenExpired
	case e.state != nil:
		return nil, e.state
	case e.lapse != 0 && now > e.lapse:
		return nil, &expired
	case e.form != nil:
		return nil, e.form
	}
	return e.rights, nil
}

func (e *entry) need(account string, kind schema.Kind, id string) {
	e.needs = append(e.needs, schema.RecordKey{Account: account, Kind: kind, ID: id})
}

// load is an entry that is being read. Its fields are guarded by the lock of
// the Book.
type load struct {
	changes []schema.RecordKey // since it began
	all     bool               // too many to list
}

// maxChanges is how many changes a load lists.
const maxChanges = 1000

func (l *load) change(key schema.RecordKey) {
	if l.all = l.all || len(l.changes) == maxChanges; !l.all {
		l.changes = append(l.changes, key)
	}
}

// outdated says that e may have been made of records that changed meanwhile.
func (l *load) outdated(e *entry) bool {
	return l.all || slices.ContainsFunc(e.needs, func(key schema.RecordKey) bool { return slices.Contains(l.changes, key) })
}
