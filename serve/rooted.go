package serve

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"

	"offprint/schema"
	"offprint/schema/principal"
)

// asOfSegment comes before a root in the path of an old state.
var asOfSegment = []byte("as-of")

// routeRoot finds the engine whose root a path begins with, behind /as-of/{cut}
// if that is there.
func (s *Server) routeRoot(t *target) bool {
	path := t.path
	first, rest := nextSegment(path)
	if bytes.Equal(first, asOfSegment) {
		t.cut, rest = nextSegment(rest)
		first, rest = nextSegment(rest)
	}
	e := s.roots[string(first)]
	if e == nil {
		t.cut = nil
		return false
	}
	t.engine, t.form, t.rest = e, rootForm, rest
	return true
}

// Rooted says that the request came by the engine's root.
func (r *Request) Rooted() bool { return r.target.form == rootForm }

// Cut is what stands behind as-of before the root; nil if nothing does.
func (r *Request) Cut() []byte { return r.target.cut }

// RawPath is the whole path as it was sent.
func (r *Request) RawPath() []byte { return r.target.path }

// FindAccount is the first half of Admit: the account that the engine's prefix
// names.
func (r *Request) FindAccount() *principal.Refusal { return r.findAccount() }

// Authenticate is the second half of Admit.
func (r *Request) Authenticate() *principal.Refusal { return r.authenticate() }

// FindRootAccount is FindAccount below an engine's root: the account of the
// host, or the only one of the server, else the one that first names, which is
// the first segment of a name. What the name means within the account is the
// engine's to say.
func (r *Request) FindRootAccount(first []byte) *principal.Refusal {
	account, err := r.rootAccount(first)
	switch {
	case err != nil:
		return r.Trouble(err)
	case account == nil:
		return &noAccount
	case account.Inactive:
		return &inactive
	}
	r.Account = account
	return nil
}

func (r *Request) rootAccount(first []byte) (*Account, error) {
	if slug := r.server.cfg.Hosts.Account(r.RequestCtx); slug != "" {
		return r.AccountNamed([]byte(slug))
	}
	a := &r.server.accounts
	a.mu.RLock()
	sole, named := a.sole, a.byWord[string(first)]
	a.mu.RUnlock()
	if sole != nil {
		return sole, nil
	}
	if named != nil {
		return named, nil
	}
	if sole, err := r.server.soleAccount(); err != nil || sole != nil {
		return sole, err
	}
	return r.AccountNamed(first)
}

// AccountNamed finds an account by slug or id; nil if there is none.
func (r *Request) AccountNamed(word []byte) (*Account, error) {
	a := &r.server.accounts
	a.mu.RLock()
	account := a.byWord[string(word)]
	a.mu.RUnlock()
	if account != nil || len(word) == 0 {
		return account, nil
	}
	return r.server.loadAccount(background(), string(bytes.ToLower(word)))
}

// OwnAccount is the account of the host, or the only one of the server; nil if
// there are several.
func (r *Request) OwnAccount() (*Account, error) {
	if slug := r.server.cfg.Hosts.Account(r.RequestCtx); slug != "" {
		return r.AccountNamed([]byte(slug))
	}
	return r.server.soleAccount()
}

// AnonymousRights are those of callers without credential.
func (a *Account) AnonymousRights() *schema.Rights { return a.anonymous }

// Presented reads the credential of header and query.
func (r *Request) Presented() (principal.Presented, *principal.Refusal) { return r.present() }

// Book knows the rights of credentials.
func (r *Request) Book() *principal.Book { return r.server.book }

// Sealer signs what is given to clients and must come back unaltered.
func (r *Request) Sealer() *schema.Sealer { return r.server.sealer }

// Confirmed says why a request with a credential cannot be answered now; nil if
// the present rights of every credential are known.
func (r *Request) Confirmed() *principal.Refusal {
	if !r.server.cfg.Fresh() {
		return &unconfirmed
	}
	return nil
}

var headerRequest = []byte("X-Request-Id")

// SetRequestID sends an id of this request, as RequestID does, at little cost:
// of a request that has none it takes the time that is known already, and random
// bits that need not be secret (RFC 9562 section 5.7).
func (r *Request) SetRequestID() {
	if len(r.RequestCtx.Request.Header.Peek("X-Request-Id")) > 0 {
		r.RequestID()
		return
	}
	low, high := rand.Uint64(), rand.Uint64()
	var id [16]byte
	binary.BigEndian.PutUint64(id[:], uint64(r.Now)<<16|0x7000|high&0xfff)
	binary.BigEndian.PutUint64(id[8:], low&(1<<62-1)|1<<63)
	text := r.key[:0]
	for i, c := range id {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			text = append(text, '-')
		}
		text = append(text, hexDigits[c>>4], hexDigits[c&15])
	}
	r.Response.Header.SetCanonical(headerRequest, text)
}

const hexDigits = "0123456789abcdef"

// Precondition judges the conditional headers for content without a date: 412,
// 304, or 0 if it is to be sent.
func (r *Request) Precondition(etag []byte) int { return r.precondition(etag, 0) }

// Caching is the Cache-Control of what depends on the caller.
func (r *Request) Caching() []byte { return r.caching() }

// ReadBlob reads a whole blob of size bytes, which must be few. What is missing
// or has another size is an alarm, and refused.
func (r *Request) ReadBlob(sha256 string, size int64) ([]byte, *principal.Refusal) {
	b := &Bytes{SHA256: sha256, Size: size}
	blob, refusal := r.open(b)
	if refusal != nil {
		return nil, refusal
	}
	defer blob.Close()
	text := make([]byte, size)
	if _, err := io.ReadFull(blob, text); err != nil {
		return nil, r.unreadable(b, fmt.Errorf("read: %w", err))
	}
	return text, nil
}
