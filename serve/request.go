package serve

import (
	"sync"
	"time"

	"github.com/valyala/fasthttp"

	"offprint/schema"
	"offprint/schema/principal"
)

// Request is one request to an engine. It belongs to the goroutine of the
// request; nothing of it may be kept after Engine.Serve returns.
type Request struct {
	*fasthttp.RequestCtx
	Engine  *Engine
	Path    []byte // below the engine's prefix, beginning with "/", percent-encoded
	Query   []byte // without "?", as sent
	Account *Account
	Rights  *schema.Rights
	Now     int64 // Unix milliseconds

	// Name is for the engine: room for a decoded name.
	Name []byte

	server *Server
	fields fields
	began  time.Time
	target target
	base   baseID
	key    []byte // room for a view's key
	secret []byte // room for a decoded credential
	coding coding

	acceptLine [1][]byte
	hits       uint32 // of variants, over all requests that used this memory
}

var requests = sync.Pool{New: func() any {
	return &Request{Name: make([]byte, 0, 512), key: make([]byte, 0, 512), secret: make([]byte, 0, 2048)}
}}

// begin takes the time from the HTTP server, which has just looked at the clock:
// on some machines a look costs as much as finding the answer.
func (r *Request) begin(s *Server, ctx *fasthttp.RequestCtx, t *target) {
	r.RequestCtx, r.server, r.target = ctx, s, *t
	r.Engine, r.Path, r.Query = t.engine, t.rest, t.query
	r.began = ctx.Time()
	if r.began.IsZero() { // no HTTP server
		r.began = time.Now()
	}
	r.Now = r.began.UnixMilli()
	if s.cfg.Now != nil {
		r.Now = s.cfg.Now().UnixMilli()
	}
	r.base, r.coding = noBase, 0
	r.fields.found = false
}

func (r *Request) end() {
	r.RequestCtx, r.server, r.target, r.fields = nil, nil, target{}, fields{}
	r.Engine, r.Path, r.Query, r.Account, r.Rights = nil, nil, nil, nil, nil
}

// Admit finds the account and the caller: the checks that come after route and
// method and before anything that depends on content. A refusal is to be
// written in the protocol's own shape.
func (r *Request) Admit() *principal.Refusal {
	if refusal := r.findAccount(); refusal != nil {
		return refusal
	}
	return r.authenticate()
}

func (r *Request) findAccount() *principal.Refusal {
	account, err := r.server.account(r)
	if err == nil && account == nil && r.target.form == soleForm && r.server.cfg.Hosts.Account(r.RequestCtx) == "" {
		var refusal *principal.Refusal
		if account, refusal, err = r.accountOfToken(); refusal != nil {
			return refusal
		}
	}
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

// accountOfToken finds the account that neither path nor host names; nil if the
// request has no token.
func (r *Request) accountOfToken() (*Account, *principal.Refusal, error) {
	presented, refusal := r.present()
	if refusal != nil || presented.Form != principal.TokenForm {
		return nil, refusal, nil
	}
	if !r.server.cfg.Fresh() {
		return nil, &unconfirmed, nil
	}
	rights, refusal, err := r.server.book.Rights(background(), "", presented, r.Now)
	if err != nil || refusal != nil {
		return nil, refusal, err
	}
	account, err := r.server.loadAccount(background(), rights.Account)
	return account, nil, err
}

func (r *Request) authenticate() *principal.Refusal {
	presented, refusal := r.present()
	if refusal != nil {
		return refusal
	}
	if presented.None() {
		r.Rights = r.Account.anonymous
		return nil
	}
	if !r.server.cfg.Fresh() {
		return &unconfirmed
	}
	rights, refusal, err := r.server.book.Rights(background(), r.Account.ID, presented, r.Now)
	if err != nil {
		return r.Trouble(err)
	}
	r.Rights = rights
	return refusal
}

// present reads the credential of header and query.
func (r *Request) present() (principal.Presented, *principal.Refusal) {
	f := r.header()
	n := f.authorized
	var token, auth []byte
	if len(r.Query) > 0 {
		token, auth = r.Param("token"), r.Param("auth")
	}
	if n == 0 && len(token) == 0 && len(auth) == 0 {
		return principal.Presented{}, nil
	}
	return principal.Parse(f.authorization[:n], token, auth, false, r.secret[:0])
}

// Param is the last value of a query parameter, decoded once; nil if it is not
// there or does not decode.
func (r *Request) Param(name string) []byte { return param(r.Query, name) }

// Anonymous says that the caller gave no credential.
func (r *Request) Anonymous() bool { return r.Rights.Kind == schema.Anonymous }

// Store reads what no document holds.
func (r *Request) Store() schema.Reader { return r.server.store }

// Trouble logs an error that is nobody's fault but ours, and gives what the
// caller may know of it.
func (r *Request) Trouble(err error) *principal.Refusal {
	r.server.cfg.Logger.Error("request failed", "engine", r.Engine.Key, "error", err)
	return &trouble
}
