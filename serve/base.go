package serve

import (
	"sync"
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
	mu   sync.RWMutex
	byID map[string]baseID // scheme://host -> number from 1
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
	s.bases.mu.RLock()
	n := s.bases.byID[string(origin)]
	s.bases.mu.RUnlock()
	if n > 0 {
		return n
	}
	s.bases.mu.Lock()
	defer s.bases.mu.Unlock()
	if len(s.bases.byID) >= maxHosts {
		return 0
	}
	if s.bases.byID == nil {
		s.bases.byID = map[string]baseID{}
	}
	n = baseID(len(s.bases.byID) + 1)
	s.bases.byID[string(origin)] = n
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
