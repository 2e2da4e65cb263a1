package serve

import (
	"strings"

	"offprint/schema"
)

// Notice takes in what a commit of the release log changed: everything made of
// it is dropped before Notice returns. Calls must not overlap. Notices of the
// access log are the Book's.
func (s *Server) Notice(n schema.Notice) {
	if n.Log != "releases" {
		return
	}
	if n.All {
		s.Forget()
		return
	}
	for _, key := range n.Records {
		s.recordChanged(key)
	}
	for _, key := range n.Docs {
		s.docChanged(key)
	}
}

// Forget drops everything: notices may have been lost.
func (s *Server) Forget() {
	s.accounts.reset()
	s.cache.held.InvalidateAll()
}

func (s *Server) recordChanged(key schema.RecordKey) {
	switch key.Kind {
	case schema.Accounts:
		s.accountChanged(key.ID)
	case schema.Products, schema.Packages:
		if c := s.accounts.catalogOf(key.Account); c != nil {
			c.change(background(), key)
		}
	case schema.Releases:
		if c := s.accounts.catalogOf(key.Account); c != nil {
			c.releaseChanged()
		}
	case schema.Artifacts:
		if c := s.accounts.catalogOf(key.Account); c != nil {
			c.places.change(key.ID)
		}
	}
}

func (s *Server) accountChanged(id string) {
	s.accounts.change(id, func(old *Account) *Account {
		rec, err := s.store.Record(background(), "", schema.Accounts, id)
		if err != nil {
			return nil
		}
		a, err := schema.Parse[schema.Account](rec)
		if err != nil {
			return nil
		}
		next := *old
		next.Inactive, next.MinAge = a.Status == "INACTIVE", minAge(a.Settings)
		return &next
	})
}

// docChanged finds the slot of a document in the catalogs that are in memory.
func (s *Server) docChanged(key string) {
	k, err := schema.ParseDocKey(key)
	if err != nil {
		return
	}
	for _, c := range s.accounts.catalogs() {
		c.mu.RLock()
		p, product := c.packages[k.ID], c.products[k.ID]
		c.mu.RUnlock()
		switch {
		case p != nil && k.Family == "files":
			p.files.drop()
		case p != nil && strings.EqualFold(k.Family, p.Engine):
			p.index.drop()
			c.changes.note(p)
		case product != nil:
			product.files.drop()
		}
	}
}

// catalogs lists those of the accounts in memory, each once.
func (a *accounts) catalogs() []*catalog {
	a.mu.RLock()
	defer a.mu.RUnlock()
	seen := map[*catalog]bool{}
	var out []*catalog
	for _, account := range a.byWord {
		if !seen[account.catalog] {
			seen[account.catalog] = true
			out = append(out, account.catalog)
		}
	}
	return out
}
