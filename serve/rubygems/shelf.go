package rubygems

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strings"
	"sync"

	"offprint/schema"
	"offprint/schema/principal"
	"offprint/serve"
)

// shelf keeps the lists of an account. Callers with equal views share one. What
// a caller's rights lead to is remembered for the value of the rights, which is
// immutable, so that a warm /versions looks at no gem; it is kept up by the
// account's changes.
type shelf struct {
	mu    sync.RWMutex
	known map[knownKey]*known
	lists map[[sha256.Size]byte]*list // by the histories in them
	bytes int                         // of lists made since the shelf was empty, about

	making sync.Mutex // of who makes a list, taken before mu
	// followed has the latest lists made of others, by the id of the other and the
	// histories that differ, for whoever comes from the same list.
	followed map[string]*list
}

type knownKey struct {
	rights *schema.Rights
	gate   int64
}

// known is the list of some rights: as of the account's changes at, for requests
// until an instant (0: for ever).
type known struct {
	list  *list
	at    uint64
	until int64
}

// Bounds of a shelf; a full one is emptied.
const (
	maxKnown = 1 << 14
	maxBytes = 64 << 20

	maxFollowed = 256
)

func shelfOf(r *serve.Request) *shelf {
	return r.Account.Kept(Key, freshShelf).(*shelf)
}

func freshShelf() any {
	s := &shelf{followed: map[string]*list{}}
	s.clear()
	return s
}

// clear empties the shelf. The caller holds mu, or is alone.
func (s *shelf) clear() {
	s.known, s.lists, s.bytes = map[knownKey]*known{}, map[[sha256.Size]byte]*list{}, 0
}

// list gives the caller's list.
func (s *shelf) list(r *serve.Request, p *plan, gate int64) (*list, *principal.Refusal) {
	if p.cut != nil {
		l, _, refusal := s.assemble(r, p, gate)
		return l, refusal
	}
	key := knownKey{r.Rights, gate}
	for try := 1; ; try++ {
		now := r.Account.Changes() // before anything is read
		s.mu.RLock()
		k := s.known[key]
		s.mu.RUnlock()
		if k != nil && k.at == now && (k.until == 0 || r.Now <= k.until) {
			return k.list, nil
		}
		k, refusal := s.fresh(r, p, gate, k, now)
		if refusal != nil {
			return nil, refusal
		}
		s.keep(key, k)
		if try == maxTries || r.Account.Changes() == now {
			return k.list, nil
		}
	}
}

// maxTries bounds how often a list is made anew because a gem changed meanwhile:
// it would show a later event and lack an earlier one. After that the next
// request mends it.
const maxTries = 16

// fresh brings what is known of some rights, nil if nothing is, to the account's
// changes now.
func (s *shelf) fresh(r *serve.Request, p *plan, gate int64, k *known, now uint64) (*known, *principal.Refusal) {
	if k != nil && gate == 0 && (k.until == 0 || r.Now <= k.until) {
		if changed, ok := r.Account.ChangedSince(k.at, now); ok {
			l, refusal := s.follow(r, p, k.list, changed)
			return &known{l, now, k.until}, refusal
		}
	}
	l, until, refusal := s.assemble(r, p, gate)
	return &known{l, now, until}, refusal
}

func (s *shelf) keep(key knownKey, k *known) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.known) >= maxKnown || s.bytes > maxBytes {
		s.clear()
	}
	if old := s.known[key]; old == nil || old.at <= k.at {
		s.known[key] = k
	}
}

// assemble makes the caller's list of the histories of all gems, or finds the
// one that is there. until is the instant after which it may be another one.
func (s *shelf) assemble(r *serve.Request, p *plan, gate int64) (l *list, until int64, refusal *principal.Refusal) {
	packages, err := r.Account.Packages(Key)
	if err != nil {
		return nil, 0, r.Trouble(err)
	}
	slices.SortFunc(packages, func(a, b *serve.Package) int { return strings.Compare(a.Key, b.Key) })
	until = lapse(r)
	var gems []*history
	var key []byte
	for _, pkg := range packages {
		h, refusal := seen(r, p, pkg, gate, &until)
		if refusal != nil {
			return nil, 0, refusal
		}
		if h != nil {
			gems = append(gems, h)
			key = appendID(key, h)
		}
	}
	return s.merge(r, p, gems, sha256.Sum256(key)), until, nil
}

// merge gives the list of some histories: the one that is there, or a new one.
func (s *shelf) merge(r *serve.Request, p *plan, gems []*history, sum [sha256.Size]byte) *list {
	s.making.Lock()
	defer s.making.Unlock()
	s.mu.RLock()
	l := s.lists[sum]
	s.mu.RUnlock()
	if l != nil {
		return l
	}
	l = newList(gems, r.Account.Created)
	if p.cut == nil {
		s.mu.Lock()
		s.lists[sum] = l
		s.bytes += cap(l.body) + perGem*len(gems)
		s.mu.Unlock()
	}
	return l
}

func appendID(dst []byte, h *history) []byte {
	if h == nil {
		return append(dst, 0)
	}
	return binary.AppendUvarint(dst, h.id)
}

// lapse is the last instant at which the caller's rights are what they are now;
// 0: no instant.
func lapse(r *serve.Request) (until int64) {
	for i := range r.Rights.Grants {
		if at := r.Rights.Grants[i].Until; at >= r.Now && (until == 0 || at < until) {
			until = at
		}
	}
	return until
}

// seen gives what the caller sees of a gem; nil: nothing. until is brought
// forward to the instant before the next gem comes of age.
func seen(r *serve.Request, p *plan, pkg *serve.Package, gate int64, until *int64) (*history, *principal.Refusal) {
	if !r.Rights.SeesPackage(pkg.Product.ID, pkg.Product.Strategy()) {
		return nil, nil
	}
	d, refusal := document(r, p, pkg)
	if refusal != nil || d == nil {
		return nil, refusal
	}
	h := historyOf(viewOf(r, d, pkg, gate))
	if gate > 0 && until != nil {
		instants := d.Index.(*index).instants
		if i, _ := slices.BinarySearch(instants, r.Now-gate+1); i < len(instants) {
			if at := instants[i] + gate - 1; *until == 0 || at < *until {
				*until = at
			}
		}
	}
	if h.empty() {
		return nil, nil
	}
	return h, nil
}

// follow gives the caller's list after changes of some gems.
func (s *shelf) follow(r *serve.Request, p *plan, l *list, changed []*serve.Package) (*list, *principal.Refusal) {
	var changes []change
	var key []byte
	for _, pkg := range changed {
		if pkg.Engine != Key {
			continue
		}
		h, refusal := seen(r, p, pkg, 0, nil)
		if refusal != nil {
			return nil, refusal
		}
		var old *history
		at, found := slices.BinarySearchFunc(l.gems, pkg.Key, func(h *history, name string) int { return strings.Compare(h.name, name) })
		if found {
			old = l.gems[at]
		}
		if old == h || old != nil && h != nil && h.equal(old) {
			continue
		}
		changes = append(changes, change{old, h})
		key = appendID(key, h)
		key = append(key, pkg.Key...)
	}
	if len(changes) == 0 {
		return l, nil
	}
	key = binary.AppendUvarint(key, l.id)
	s.making.Lock()
	defer s.making.Unlock()
	if n := s.followed[string(key)]; n != nil {
		return n, nil
	}
	n := l.follow(changes, r.Account.Created)
	if len(s.followed) >= maxFollowed {
		clear(s.followed)
	}
	s.followed[string(key)] = n
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bytes += perGem * len(n.gems)
	if !n.shares(l) {
		s.bytes += cap(n.body)
	}
	return n, nil
}

// perGem is about what a list takes for each gem beside the body: its place, its
// name, its part of the older indexes.
const perGem = 128
