// Package rubygems serves the indexes that gem and bundler read: the compact
// index (https://guides.rubygems.org/rubygems-org-compact-index-api/), the older
// Marshal indexes with their quick gemspecs, and the gems.
//
// Everything is made of the histories of gems ([history]): what a caller sees of
// one gem, in the order in which it became so. A /info is the end of one
// history, /versions is all of them merged ([list]).
package rubygems

import (
	"sync"

	"offprint/schema"
	"offprint/schema/principal"
	"offprint/serve"
)

// Key is the engine's name in URLs.
const Key = schema.GemsEngine

// New makes the engine.
func New() *serve.Engine {
	return &serve.Engine{Key: Key, Serve: answer, Bare: true, Prepare: prepare}
}

// handlers by kind of plan.
var handlers = [...]func(*serve.Request, *plan) *principal.Refusal{
	nowhere:  serveNowhere,
	root:     serveRoot,
	versions: serveVersions,
	names:    serveNames,
	info:     serveInfo,
	specs:    serveSpecs,
	quick:    serveQuick,
	file:     serveFile,
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

func serveNowhere(r *serve.Request, _ *plan) *principal.Refusal { return hidden(r) }
