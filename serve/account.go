package serve

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"offprint/schema"
)

// Account is a tenant as serving knows it. It is replaced when the account
// changes; its catalog stays.
type Account struct {
	ID, Slug string
	Inactive bool
	Created  int64         // Unix milliseconds
	MinAge   time.Duration // release-age gate of the account's settings; 0: none
	*catalog

	anonymous *schema.Rights
}

// accounts finds accounts by slug and id. Unknown words are not kept, so that
// nobody can fill the memory by asking.
type accounts struct {
	present atomic.Pointer[map[string]*Account] // byWord as of now; the map is immutable: readers take no lock

	mu     sync.RWMutex
	byWord map[string]*Account
	sole   *Account // of a server with one account; nil: not known
	gen    uint64   // of the last reset or drop
}

// publish lets readers see byWord. The caller holds mu.
func (a *accounts) publish() {
	present := maps.Clone(a.byWord)
	a.present.Store(&present)
}

func (a *accounts) reset() {
	a.mu.Lock()
	a.byWord, a.sole = map[string]*Account{}, nil
	a.gen++
	a.publish()
	a.mu.Unlock()
}

// account finds the account of a request: by path, by host, or as the only one
// of the server; nil if there is none.
func (s *Server) account(r *Request) (*Account, error) {
	word := r.target.word
	if r.target.form == soleForm {
		slug := s.cfg.Hosts.Account(r.RequestCtx)
		if slug == "" {
			return s.soleAccount()
		}
		word = []byte(slug)
	}
	if account := (*s.accounts.present.Load())[string(word)]; account != nil {
		return account, nil
	}
	name, ok := Decode(nil, word)
	if !ok {
		return nil, nil
	}
	return s.loadAccount(background(), string(bytes.ToLower(name)))
}

func (s *Server) soleAccount() (*Account, error) {
	s.accounts.mu.RLock()
	sole := s.accounts.sole
	s.accounts.mu.RUnlock()
	if sole != nil {
		return sole, nil
	}
	gen := s.accounts.generation()
	var found []schema.Record
	err := s.store.List(background(), schema.Query{Kind: schema.Accounts, Ascending: true}, func(rec schema.Record) bool {
		found = append(found, rec)
		return len(found) < 2
	})
	if err != nil || len(found) != 1 {
		return nil, err
	}
	account, err := s.keepAccount(found[0], gen)
	if err == nil {
		s.accounts.mu.Lock()
		if s.accounts.gen == gen {
			s.accounts.sole = account
		}
		s.accounts.mu.Unlock()
	}
	return account, err
}

func (a *accounts) generation() uint64 {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.gen
}

// loadAccount reads an account by id or slug, in lower case.
func (s *Server) loadAccount(ctx context.Context, word string) (*Account, error) {
	gen := s.accounts.generation()
	if id, err := uuid.Parse(word); err == nil {
		rec, err := s.store.Record(ctx, "", schema.Accounts, id.String())
		if !errors.Is(err, schema.ErrNotFound) {
			if err != nil {
				return nil, err
			}
			return s.keepAccount(rec, gen)
		}
	}
	found, err := s.store.Find(ctx, "", schema.Accounts, word)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return s.keepAccount(found[0], gen)
}

// keepAccount keeps what was read, unless a change notice came since gen. Of two
// readers the first one's catalog stays.
func (s *Server) keepAccount(rec schema.Record, gen uint64) (*Account, error) {
	a, err := schema.Parse[schema.Account](rec)
	if err != nil {
		return nil, err
	}
	s.accounts.mu.Lock()
	defer s.accounts.mu.Unlock()
	if have := s.accounts.byWord[a.ID]; have != nil {
		return have, nil
	}
	account := &Account{ID: a.ID, Slug: a.Slug, Inactive: a.Status == "INACTIVE", Created: a.Created, MinAge: minAge(a.Settings),
		catalog: newCatalog(s, a.ID), anonymous: schema.AnonymousRights(a.ID)}
	if s.accounts.gen == gen {
		s.accounts.byWord[a.ID], s.accounts.byWord[a.Slug] = account, account
		s.accounts.publish()
	}
	return account, nil
}

func minAge(settings json.RawMessage) time.Duration {
	var s struct {
		MinAge int64 `json:"minAge"`
	}
	if len(settings) == 0 || json.Unmarshal(settings, &s) != nil || s.MinAge < 0 {
		return 0
	}
	return time.Duration(min(s.MinAge, maxAge/1000)) * time.Second
}

// maxAge bounds a release-age gate: a hundred years, in milliseconds.
const maxAge int64 = 100 * 365 * 24 * 3600 * 1000

// change takes in that an account's record changed: the next request reads it
// anew. Its catalog is kept, since notices keep that up by themselves.
func (a *accounts) change(id string, fresh func(*Account) *Account) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.gen++
	a.sole = nil
	old := a.byWord[id]
	if old == nil {
		return
	}
	delete(a.byWord, old.ID)
	delete(a.byWord, old.Slug)
	if next := fresh(old); next != nil {
		a.byWord[next.ID], a.byWord[next.Slug] = next, next
	}
	a.publish()
}

// catalogs gives the catalog of an account, if anyone has asked for it.
func (a *accounts) catalogOf(id string) *catalog {
	a.mu.RLock()
	defer a.mu.RUnlock()
	if account := a.byWord[id]; account != nil {
		return account.catalog
	}
	return nil
}
