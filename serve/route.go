package serve

import (
	"bytes"

	"github.com/valyala/fasthttp"
)

// urlForm is which of the forms of an engine's URL a request used.
type urlForm byte

const (
	pathForm  urlForm = iota // /v1/accounts/{account}/engines/{engine}
	soleForm                 // /v1/engines/{engine}: the host's account, or the only one
	shortForm                // /{engine}/{account}
	hostForm                 // https://{engine}.pkg.{domain}/{account}
	rootForm                 // /{root}: the engine's own, with an account below it or without
)

// target is where a request goes. Its slices alias the request.
type target struct {
	engine *Engine
	form   urlForm
	word   []byte // the account as the path names it, still percent-encoded
	path   []byte // the whole path, still percent-encoded
	rest   []byte // the path below the engine's prefix, beginning with "/", or empty
	query  []byte
	cut    []byte // of /as-of/{cut} before a root; nil: now
}

// route finds the engine that a request is for. It reports false for everything
// else, the engines resource (an engine's name without a slash) included.
func (s *Server) route(ctx *fasthttp.RequestCtx, t *target) bool {
	t.take(ctx)
	if s.routeRoot(t) {
		return true
	}
	if key := s.cfg.Hosts.Engine(ctx); key != "" && string(firstSegment(t.path)) != "v1" {
		if t.engine = s.engines[key]; t.engine != nil {
			t.form = hostForm
			t.word, t.rest = nextSegment(t.path)
			return len(t.word) > 0 && (t.rest != nil || t.engine.Bare)
		}
	}
	path := t.path
	for len(path) > 1 && path[1] == '/' {
		path = path[1:]
	}
	first, rest := nextSegment(path)
	if string(first) != "v1" {
		if t.engine = s.engines[string(first)]; t.engine == nil {
			return false
		}
		t.form = shortForm
		t.word, t.rest = nextSegment(rest)
		return len(t.word) > 0 && (t.rest != nil || t.engine.Bare)
	}
	return s.routeLong(rest, t)
}

// take splits the request target into path and query.
func (t *target) take(ctx *fasthttp.RequestCtx) {
	t.path, t.query, _ = bytes.Cut(ctx.Request.Header.RequestURI(), []byte("?"))
	if len(t.path) > 0 && t.path[0] != '/' { // absolute form, RFC 9112 section 3.2.2
		t.path = afterAuthority(t.path)
	}
}

// EngineOf is the key of the engine that answers a request; "" if none does.
func (s *Server) EngineOf(ctx *fasthttp.RequestCtx) string {
	var t target
	if !s.route(ctx, &t) {
		return ""
	}
	return t.engine.Key
}

// routeLong reads /accounts/{account}/engines/{engine}/… and /engines/{engine}/….
func (s *Server) routeLong(rest []byte, t *target) bool {
	t.form = soleForm
	segment, more := nextSegment(rest)
	if string(segment) == "accounts" {
		t.form = pathForm
		t.word, more = nextSegment(more)
		segment, more = nextSegment(more)
	}
	if string(segment) != "engines" {
		return false
	}
	segment, t.rest = nextSegment(more)
	t.engine = s.engines[string(segment)]
	return t.engine != nil && len(t.rest) > 0
}

// nextSegment cuts the first segment off a path that begins with "/". rest is
// nil if there is no further slash.
func nextSegment(path []byte) (segment, rest []byte) {
	if len(path) == 0 {
		return nil, nil
	}
	path = path[1:]
	if i := bytes.IndexByte(path, '/'); i >= 0 {
		return path[:i], path[i:]
	}
	return path, nil
}

func firstSegment(path []byte) []byte {
	s, _ := nextSegment(path)
	return s
}

func afterAuthority(uri []byte) []byte {
	if i := bytes.Index(uri, []byte("://")); i >= 0 {
		if j := bytes.IndexByte(uri[i+3:], '/'); j >= 0 {
			return uri[i+3+j:]
		}
	}
	return []byte("/")
}
