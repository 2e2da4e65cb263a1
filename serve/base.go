package serve

import (
	"maps"
	"sync"
	"sync/atomic"
)

// baseID names the URL prefix by which a request came: scheme, host, form, and
// whether the account was named by slug or id. Requests with one id have the
// same prefix for the same account.
type baseID uint32

const (
	noBase    baseID = 0 // not yet known; also of documents that name no URL
	otherBase baseID = 1 // one that is not kept: too many hosts, or an unusual spelling
)

// maxHosts bounds the hosts for which variants are kept: the Host header is the
// client's to choose.
const maxHosts = 64

// bases numbers the scheme-and-host pairs.
type bases struct {
	present atomic.Pointer[map[string]baseID] // scheme://host -> number from 1; the map is immutable
	mu      sync.Mutex                        // of those who replace it
}

// baseID numbers the request's prefix.
func (r *Request) baseID() baseID {
	if r.base != noBase {
		return r.base
	}
	r.base = otherBase
	word := r.target.word
	byID := 0
	switch {
	case r.target.form == soleForm, string(word) == r.Account.Slug:
	case string(word) == r.Account.ID:
		byID = 1
	default:
		return r.base
	}
	if n := r.server.hostNumber(r); n > 0 {
		r.base = n<<4 | baseID(r.target.form)<<1 | baseID(byID)
	}
	return r.base
}

// hostNumber is 0 when there are too many.
func (s *Server) hostNumber(r *Request) baseID {
	origin := s.cfg.Hosts.AppendBase(r.Name[len(r.Name):], r.RequestCtx)
	if n := s.bases.number(origin); n > 0 {
		return n
	}
	return s.bases.add(string(origin))
}

// number is 0 for an origin that has none.
func (b *bases) number(origin []byte) baseID {
	if known := b.present.Load(); known != nil {
		return (*known)[string(origin)]
	}
	return 0
}

// add gives an origin a number; 0 when there are too many.
func (b *bases) add(origin string) baseID {
	b.mu.Lock()
	defer b.mu.Unlock()
	next := map[string]baseID{}
	if known := b.present.Load(); known != nil {
		maps.Copy(next, *known)
	}
	n, known := next[origin]
	switch {
	case known:
		return n
	case len(next) >= maxHosts:
		return 0
	}
	n = baseID(len(next) + 1)
	next[origin] = n
	b.present.Store(&next)
	return n
}

// Prefix is the absolute URL by which this request reached the engine, without
// a final slash: links below it are ones to which the client sends its
// credentials.
func (r *Request) Prefix() string {
	return r.Origin() + string(r.target.path[:len(r.target.path)-len(r.target.rest)])
}

// Origin is scheme, host and port under which links are given.
func (r *Request) Origin() string { return r.server.cfg.Hosts.Base(r.RequestCtx) }
