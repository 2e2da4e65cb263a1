// Package serve answers installers at the speed of a static file.
//
// A request is routed by its bytes to an engine and an account (route.go). The
// engine finds out what is asked, then [Request.Admit] finds the account and who
// calls. From there on nothing but memory is touched when the answer is known: a
// [Package] is found in the account's catalog, its [Doc] holds the document's
// rules, the caller's rights reduce to a [View] of it, and a view has finished
// [Variant]s: bytes for one form, URL base and content coding, with their own
// strong ETag. Each of these is made on first use, once, from the schema store,
// and dropped by change notices ([Server.Notice]).
//
// Engines live in sub-packages; they turn a request into a look-up and a refusal
// into their protocol's own error.
package serve

import (
	"context"
	"log/slog"
	"time"

	"github.com/valyala/fasthttp"
	"golang.org/x/sync/singleflight"

	"offprint/schema"
	"offprint/schema/blobs"
	"offprint/schema/origin"
	"offprint/schema/principal"
)

// Config is what an operator can set. The zero value of a field means its
// default.
type Config struct {
	Hosts     origin.Hosts
	Budget    int64            // bytes of variants and documents in memory; 0 means 256 MiB
	GrantLife time.Duration    // of a grant on an artifact URL; 0 means one hour
	LinkLife  time.Duration    // of a presigned object-store URL; 0 means 60 s
	Now       func() time.Time // nil means when the request came
	// Fresh says whether this process has confirmed within the last second that
	// it knows the present rights of every credential. While it has not, only
	// anonymous requests are answered. Nil means always.
	Fresh func() bool
	// Applied is the serial of the release log up to which the store is known to
	// be. Nil means that nothing is known: old states cannot be read.
	Applied func() uint64
	Logger  *slog.Logger // nil discards

	// Fallback answers what no engine claims: the publishing API. Nil: 404.
	Fallback func(*fasthttp.RequestCtx)
	// Local answers the process's own paths (/healthz and the like) by their
	// first segment.
	Local map[string]func(*fasthttp.RequestCtx)
	// Observe is told of every answer of an engine: its key, the status and how
	// long it took. It must not block or keep anything. Nil: nobody.
	Observe func(engine string, status int, took time.Duration)
}

// Engine is what a package engine adds to the server.
type Engine struct {
	Key string // "npm", "raw": first segment of the short form
	// Serve answers a request below the engine's prefix.
	Serve func(*Request)
	// Bare says that the short and the host form answer without the slash, too.
	Bare bool
	// Prepare makes of a freshly loaded document what the engine looks up in it;
	// it is kept as Doc.Index. Nil: the engine has no index document.
	Prepare func(*Doc) (any, error)
	// Root is a first path segment that is the engine's on every host ("v2"); ""
	// for none. Below it the engine finds the account itself, see
	// [Request.FindRootAccount].
	Root string
}

// Server answers requests. All methods may be called by many goroutines at
// once.
type Server struct {
	cfg     Config
	store   schema.Reader
	book    *principal.Book
	sealer  *schema.Sealer
	blobs   blobs.Store
	engines map[string]*Engine
	roots   map[string]*Engine // by Root

	accounts accounts
	bases    bases
	cache    *cache
	flight   singleflight.Group
	counters counters
}

// New makes a server over a store, with the given engines.
func New(cfg Config, store schema.Reader, book *principal.Book, sealer *schema.Sealer, blobs blobs.Store, engines ...*Engine) *Server {
	s := &Server{cfg: cfg.filled(), store: store, book: book, sealer: sealer, blobs: blobs, engines: map[string]*Engine{}, roots: map[string]*Engine{}}
	for _, e := range engines {
		s.engines[e.Key] = e
		if e.Root != "" {
			s.roots[e.Root] = e
		}
	}
	s.accounts.reset()
	s.cache = newCache(s.cfg.Budget)
	return s
}

func (c Config) filled() Config {
	if c.Budget == 0 {
		c.Budget = 256 << 20
	}
	if c.GrantLife == 0 {
		c.GrantLife = time.Hour
	}
	if c.LinkLife == 0 {
		c.LinkLife = time.Minute
	}
	if c.Fresh == nil {
		c.Fresh = func() bool { return true }
	}
	if c.Applied == nil {
		c.Applied = func() uint64 { return 0 }
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// Handle answers every request of the process: engines, reads of artifacts, the
// process's own paths, and, through Config.Fallback, everything else.
func (s *Server) Handle(ctx *fasthttp.RequestCtx) {
	var t target
	if s.route(ctx, &t) || (ctx.IsGet() || ctx.IsHead()) && t.routeArtifact() {
		s.serve(ctx, &t)
		return
	}
	if local := s.cfg.Local[string(firstSegment(t.path))]; local != nil {
		local(ctx)
		return
	}
	if s.cfg.Fallback != nil {
		s.cfg.Fallback(ctx)
		return
	}
	ctx.Response.SetStatusCode(fasthttp.StatusNotFound)
}

// serve lets an engine answer. A panic is that request's alone.
func (s *Server) serve(ctx *fasthttp.RequestCtx, t *target) {
	r := requests.Get().(*Request)
	r.begin(s, ctx, t)
	began := r.began
	s.guarded(r)
	r.end()
	requests.Put(r)
	if s.cfg.Observe != nil {
		s.cfg.Observe(t.engine.Key, ctx.Response.StatusCode(), time.Since(began))
	}
}

func (s *Server) guarded(r *Request) {
	defer func() {
		if p := recover(); p != nil {
			s.cfg.Logger.Error("request panicked", "engine", r.Engine.Key, "panic", p)
			r.Response.Reset()
			r.Response.SetStatusCode(fasthttp.StatusInternalServerError)
			r.Response.SetBodyString(`{"error":"an unexpected error occurred","code":"INTERNAL_ERROR"}`)
			r.Response.Header.SetContentType("application/json")
		}
	}()
	r.Engine.Serve(r)
}

// background is for reads of the store on behalf of whoever waits for them; it
// does not end with one request.
func background() context.Context { return context.Background() }

// Background is for reads of the store while an index is prepared.
func Background() context.Context { return background() }
