package principal

import (
	"context"
	"sync"

	"github.com/puzpuzpuz/xsync/v4"

	"offprint/schema"
)

// capacity is how many credentials a Book remembers.
const capacity = 100_000

// Book knows the rights of credentials. What it learned from the store it
// remembers until a change notice concerns it. Credentials that nobody holds
// are not remembered, so that nobody fills it by guessing. All methods may be
// called by many goroutines.
type Book struct {
	store    schema.Records
	sealer   *schema.Sealer
	capacity int

	entries *xsync.Map[credential, *entry] // read without a lock, written with mu held

	mu         sync.RWMutex
	dependents map[schema.RecordKey]map[*entry]struct{}
	loads      map[*load]struct{} // under way
	anonymous  map[string]*schema.Rights
}

// credential is the keyed digest of a secret presented to an account, "" if the
// account is not known yet. Digests of keys and tokens never meet.
type credential struct {
	account string
	digest  [schema.DigestSize]byte
}

// NewBook reads records of store, and digests with sealer.
func NewBook(store schema.Records, sealer *schema.Sealer) *Book {
	return &Book{store: store, sealer: sealer, capacity: capacity,
		entries: xsync.NewMap[credential, *entry](), dependents: map[schema.RecordKey]map[*entry]struct{}{},
		loads: map[*load]struct{}{}, anonymous: map[string]*schema.Rights{}}
}

// Rights gives what the holder of a presented credential may do in an account
// (an id), judged at the time now in Unix milliseconds, or why the credential
// does not count. An account of "" is not known yet: a token names it, see
// Rights.Account, and a license key is refused. The error says that the store
// could not be read; then nothing is known of the credential.
//
// A license key is refused while its license does not count. The token of such
// a license has rights, with a grant that counts for nothing. Users of role user
// have no grants.
//
// Known credentials cost one digest and one map access, no lock and no
// allocation.
func (b *Book) Rights(ctx context.Context, account string, p Presented, now int64) (*schema.Rights, *Refusal, error) {
	at := credential{account: account}
	switch p.Form {
	case TokenForm:
		at.digest = b.sealer.Digest(schema.TokenSecret, p.Secret)
	case KeyForm:
		if account == "" {
			return nil, &badKey, nil
		}
		at.digest = b.sealer.Digest(schema.LicenseSecret, p.Secret)
	case PasswordForm:
		return nil, &badPassword, nil
	default:
		return b.nobody(account), nil, nil
	}
	e, _ := b.entries.Load(at)
	if e == nil {
		read := b.readToken
		if p.Form == KeyForm {
			read = b.readKey
		}
		var err error
		if e, err = b.load(ctx, at, read); err != nil {
			return nil, nil, err
		}
	}
	switch {
	case e != nil:
		rights, refusal := e.judge(now)
		return rights, refusal, nil
	case p.Form == KeyForm:
		return nil, &badKey, nil
	}
	return nil, &badToken, nil
}

// nobody gives the rights of anonymous callers, the same value each time.
func (b *Book) nobody(account string) *schema.Rights {
	b.mu.RLock()
	r := b.anonymous[account]
	b.mu.RUnlock()
	if r != nil {
		return r
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if r = b.anonymous[account]; r != nil {
		return r
	}
	r = schema.AnonymousRights(account)
	if len(b.anonymous) < b.capacity {
		b.anonymous[account] = r
	}
	return r
}

// Notice takes in what a commit to either log changed. When it returns, what
// was known of those records is forgotten, and what is being read of them right
// now will not be remembered.
func (b *Book) Notice(n schema.Notice) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if n.All {
		b.entries.Clear()
		clear(b.dependents)
		clear(b.anonymous)
		for l := range b.loads {
			l.all = true
		}
		return
	}
	for _, key := range n.Records {
		switch key.Kind {
		case schema.Tokens, schema.Licenses, schema.Policies, schema.Users, schema.Products, schema.Accounts:
			b.changed(key)
		}
	}
}

func (b *Book) changed(key schema.RecordKey) {
	for e := range b.dependents[key] {
		b.drop(e)
	}
	for l := range b.loads {
		l.change(key)
	}
}

// keep remembers an entry. The caller holds the lock.
func (b *Book) keep(e *entry) {
	if old, _ := b.entries.Load(e.at); old != nil {
		b.drop(old)
	}
	if b.entries.Size() >= b.capacity {
		b.entries.Range(func(_ credential, other *entry) bool { // any one
			b.drop(other)
			return b.entries.Size() >= b.capacity
		})
	}
	b.entries.Store(e.at, e)
	for _, key := range e.needs {
		if b.dependents[key] == nil {
			b.dependents[key] = map[*entry]struct{}{}
		}
		b.dependents[key][e] = struct{}{}
	}
}

// drop forgets an entry that is remembered. The caller holds the lock.
func (b *Book) drop(e *entry) {
	b.entries.Delete(e.at)
	for _, key := range e.needs {
		delete(b.dependents[key], e)
		if len(b.dependents[key]) == 0 {
			delete(b.dependents, key)
		}
	}
}
