// Package npm serves the npm registry protocol
// (https://github.com/npm/registry/blob/main/docs/REGISTRY-API.md and
// docs/responses/package-metadata.md there), read-only: packuments in both forms,
// version documents, dist-tags, tarballs, search, and the small endpoints that
// clients call on their way.
//
// [route] turns a request into a [plan]; the handler of its kind looks the answer
// up. Refusals are npm's own: a JSON object of which the client prints "error".
package npm

import (
	"sync"

	"offprint/schema/principal"
	"offprint/serve"
)

// Key is the engine's name in URLs.
const Key = "npm"

// New makes the engine.
func New() *serve.Engine {
	return &serve.Engine{Key: Key, Serve: answer, Prepare: prepare}
}

// handlers by kind of plan.
var handlers = [...]func(*serve.Request, *plan) *principal.Refusal{
	packument:       servePackument,
	versionDocument: serveVersion,
	tarball:         serveTarball,
	distTags:        serveDistTags,
	ping:            servePing,
	whoami:          serveWhoami,
	search:          serveSearch,
	keys:            serveKeys,
	bulkAdvisories:  serveBulk,
	audit:           serveAudit,
}

// answer runs the checks in the order of the contract: route and method,
// account, credential, then what depends on content.
func answer(r *serve.Request) {
	p := plans.Get().(*plan)
	*p = plan{}
	refusal := p.route(r)
	if refusal == nil {
		refusal = r.Admit()
	}
	if refusal == nil {
		refusal = handlers[p.kind](r, p)
	}
	if refusal != nil {
		refuse(r, refusal)
	}
	plans.Put(p)
}

// plans spares each request an allocation.
var plans = sync.Pool{New: func() any { return new(plan) }}
