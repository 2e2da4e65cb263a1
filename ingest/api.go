// Package ingest takes commands in: the publishing API in JSON:API form.
//
// A request is routed (route.go), its account and caller are found (account.go,
// caller.go), and the handler of its row in the table of routes answers it.
// Reads come from the schema store. A write is a command: [API.submit] reads
// the state of one boundary of the log, lets a pure decide function make at
// most one event of state and command, appends it with the expected last
// sequence, and waits until the projector has applied it. So the very next read
// sees it, and two writers can never both win.
//
// Handlers return an answer or an error; answer.go alone writes to the wire.
package ingest

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"runtime/debug"
	"time"

	"github.com/google/uuid"
	"github.com/valyala/fasthttp"

	"offprint/events"
	"offprint/schema"
	"offprint/schema/blobs"
	"offprint/schema/origin"
	"offprint/schema/principal"
)

// Log is where events go. Errors wrap stream.ErrLostRace or
// stream.ErrUnavailable. *stream.Log implements it.
type Log interface {
	// Append stores e if the last event of its boundary has the sequence last.
	Append(ctx context.Context, e events.Event, last uint64) (uint64, error)
	// Last is the sequence of the last event of b, 0 if there is none.
	Last(ctx context.Context, b events.Boundary) (uint64, error)
}

// Config is what an operator can set. The zero value works.
type Config struct {
	PublicURL      string         // base of links for hosts that the server does not know; empty: every host is known
	Domain         string         // {slug}.{Domain} maps to the account; empty: no host does
	TrustedProxies []netip.Prefix // whose X-Forwarded-* counts
	OperatorToken  string         // empty: there is no operator

	// ServeArtifact, if not nil, answers GET below /artifacts: it is the half
	// that serves which sends bytes. It gets the request as it came.
	ServeArtifact func(*fasthttp.RequestCtx)

	// Fresh says whether this process has confirmed lately that it knows the
	// present rights of every credential. While it has not, requests with one are
	// refused. Nil means always.
	Fresh func() bool

	MaxArtifact   int64         // bytes; 0 means 5 GiB
	ProjectionFor time.Duration // how long a write waits to be visible; 0 means 10 s
	SettleFor     time.Duration // how long a publication and an upload wait for validation; 0 means 30 s
	StallFor      time.Duration // how long a body may pause; 0 means 30 s

	Now    func() time.Time   // nil means time.Now
	NewID  func() string      // ids of events and requests; nil means UUIDv7
	MakeID func() string      // ids of resources; nil means UUIDv4
	Secret func(n int) []byte // n random bytes for secrets; nil means crypto/rand
	Logger *slog.Logger       // nil discards
}

// book says what a credential may see and do; *principal.Book is it.
type book interface {
	Rights(ctx context.Context, account string, p principal.Presented, now int64) (*schema.Rights, *principal.Refusal, error)
}

// API answers requests. All methods may be called by many goroutines at once.
type API struct {
	cfg      Config
	store    schema.Reader
	log      Log
	progress *Progress
	book     book
	sealer   *schema.Sealer
	blobs    blobs.Store
	queues   queues
	hosts    origin.Hosts
}

// New makes an API. progress must be advanced by whoever hears of commits.
func New(cfg Config, store schema.Reader, log Log, progress *Progress, book *principal.Book, sealer *schema.Sealer, blobs blobs.Store) *API {
	return &API{cfg: cfg.filled(), store: store, log: log, progress: progress, book: book, sealer: sealer, blobs: blobs,
		hosts: origin.New(cfg.PublicURL, cfg.Domain, cfg.TrustedProxies)}
}

func (c Config) filled() Config {
	if c.MaxArtifact == 0 {
		c.MaxArtifact = 5 << 30
	}
	if c.ProjectionFor == 0 {
		c.ProjectionFor = 10 * time.Second
	}
	if c.SettleFor == 0 {
		c.SettleFor = 30 * time.Second
	}
	if c.StallFor == 0 {
		c.StallFor = 30 * time.Second
	}
	if c.Fresh == nil {
		c.Fresh = func() bool { return true }
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.NewID == nil {
		c.NewID = func() string { return uuid.Must(uuid.NewV7()).String() }
	}
	if c.MakeID == nil {
		c.MakeID = uuid.NewString
	}
	if c.Secret == nil {
		c.Secret = randomBytes
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// Serve answers every request it is given: an unknown route with 404.
func (a *API) Serve(ctx *fasthttp.RequestCtx) {
	work, cancel := context.WithCancel(context.Background())
	defer cancel()
	c := &call{api: a, http: ctx, ctx: work, id: a.cfg.NewID(), version: newestVersion}
	ans, err := a.guarded(c)
	if err != nil {
		ans = a.failure(c, err)
	}
	c.write(ans)
}

// guarded turns a panic into an error: one bad request must not take down the
// process that other tenants share.
func (a *API) guarded(c *call) (ans *answer, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	return a.handle(c)
}

// handle runs the checks in the order that the access rules give: route and
// method, account, API headers, credential; then the route's own handler.
func (a *API) handle(c *call) (*answer, error) {
	if err := c.find(); err != nil {
		return nil, err
	}
	switch {
	case c.options:
		return &answer{status: fasthttp.StatusNoContent, headers: [][2]string{{"Allow", c.allowed}}}, nil
	case c.route.artifact && a.cfg.ServeArtifact != nil:
		a.cfg.ServeArtifact(c.http)
		return &answer{written: true}, nil
	}
	if err := c.findAccount(); err != nil {
		return nil, err
	}
	if err := c.checkHeaders(); err != nil {
		return nil, err
	}
	if err := c.authenticate(); err != nil {
		return nil, err
	}
	return c.route.handler(a, c)
}
