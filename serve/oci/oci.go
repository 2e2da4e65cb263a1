// Package oci serves the registry protocol
// (https://github.com/opencontainers/distribution-spec/blob/main/spec.md),
// pull-only: manifests by digest, tag and version, blobs, tags, referrers, and
// the token endpoint of
// https://distribution.github.io/distribution/spec/auth/token/.
//
// A path is parsed from its right end, because names are deep ([plan.route]).
// What a reference names is looked up in the caller's [view] of the package. A
// digest is served if any release in the view holds it; it is no right in itself
// ([index]). Refusals are the protocol's own documents ([refusal]).
package oci

import (
	"sync"
	"time"

	"offprint/schema"
	"offprint/schema/principal"
	"offprint/serve"
)

// Key is the engine's name in URLs.
const Key = schema.OCIEngine

// root is where every client begins.
const root = "v2"

// TokenLife is how long a bearer token is good for unless it is set otherwise.
const TokenLife = 5 * time.Minute

// New makes the engine. A life of 0 means TokenLife.
func New(life time.Duration) *serve.Engine {
	if life == 0 {
		life = TokenLife
	}
	g := &registry{life: life, manifests: newManifests()}
	return &serve.Engine{Key: Key, Serve: g.answer, Prepare: prepare, Root: root}
}

// registry is the engine.
type registry struct {
	life      time.Duration // of bearer tokens
	manifests *manifests
}

var (
	headerAPI    = []byte("Docker-Distribution-Api-Version")
	headerDigest = []byte("Docker-Content-Digest")
	headerVary   = []byte("Vary")
	headerCache  = []byte("Cache-Control")
	headerSniff  = []byte("X-Content-Type-Options")
	headerETag   = []byte("Etag")
	headerSerial = []byte("X-Offprint-Serial")

	apiVersion = []byte("registry/2.0")
	varyValue  = []byte("Accept, Accept-Encoding, Authorization")
	noStore    = []byte("no-store")
	noSniff    = []byte("nosniff")
)

// answer runs the checks in the order of the contract: method, path, account,
// credential, package, reference, Accept.
func (g *registry) answer(r *serve.Request) {
	h := &r.Response.Header
	h.SetCanonical(headerAPI, apiVersion)
	h.SetCanonical(headerSniff, noSniff)
	h.SetCanonical(headerVary, varyValue)
	r.SetRequestID()
	p := plans.Get().(*plan)
	*p = plan{lookup: p.lookup[:0], token: p.token}
	refusal := p.route(r)
	if refusal == nil {
		refusal = g.handle(r, p)
	}
	if refusal != nil {
		refusal.write(r, p)
	}
	plans.Put(p)
}

func (g *registry) handle(r *serve.Request, p *plan) *refusal {
	switch p.kind {
	case ping:
		return g.servePing(r)
	case token:
		return g.serveToken(r)
	}
	if refusal := p.admit(r); refusal != nil {
		return refusal
	}
	v, refusal := p.look(r)
	if refusal != nil {
		return refusal
	}
	switch p.kind {
	case manifest:
		return g.serveManifest(r, p, v)
	case blob:
		return serveBlob(r, p, v)
	case tags:
		return serveTags(r, p, v)
	}
	return serveReferrers(r, p, v)
}

// admit finds the account, and who calls.
func (p *plan) admit(r *serve.Request) *refusal {
	var refused *principal.Refusal
	if r.Rooted() {
		if refused = r.FindRootAccount(firstOf(p.name)); refused == nil {
			p.inAccount(r.Account)
		}
	} else {
		refused = r.FindAccount()
	}
	if refused != nil {
		return translate(refused)
	}
	return p.authenticate(r)
}

// plans spares each request an allocation.
var plans = sync.Pool{New: func() any { return &plan{lookup: make([]byte, 0, 512), token: make([]byte, maxBearer)} }}
