package main

import (
	"context"
	"io"
	"runtime"
	"time"

	"github.com/valyala/fasthttp"

	"offprint/events"
	"offprint/ingest"
	"offprint/projector"
	"offprint/schema"
	"offprint/schema/blobs"
	"offprint/schema/origin"
	"offprint/schema/principal"
	"offprint/serve"
)

// assemble makes the parts that answer requests. Nothing runs yet.
func (n *node) assemble(ctx context.Context) error {
	f := n.flags
	n.fresh = newFreshness(n.log.End, n.progress, f.AccessMaxStale)
	if f.AccessMaxStale > time.Second {
		n.logger.Warn("a suspended or revoked credential may be accepted longer than 1 s", "access-max-staleness", f.AccessMaxStale)
	}
	n.metrics = newMetrics(engineKeys())
	n.health = &health{progress: n.progress, projectors: n.projectors, fresh: n.fresh, targets: map[events.Log]uint64{}}
	for _, log := range logs {
		end, err := n.log.End(ctx, log)
		if err != nil {
			return err
		}
		n.health.targets[log] = end
	}
	var takers []func(schema.Notice)
	if n.sealer != nil {
		n.book = principal.NewBook(n.store, n.sealer)
		n.server = n.newServer()
		takers = append(takers, n.server.Notice, n.book.Notice)
	}
	if f.has(roleIngest) {
		n.api = n.newAPI()
	}
	conn := n.conn
	if f.NATS == "" && f.NATSListen == "" {
		conn = nil // nobody else can be there
	}
	n.news = newNews(n.progress, conn, n.store, n.logger, takers...)
	n.http = newHTTP(guarded(n.logged(n.handler()), n.logger), n.logger)
	n.metrics.registry.MustRegister(stateMetrics{n})
	return nil
}

func (n *node) newAPI() *ingest.API {
	f := n.flags
	cfg := ingest.Config{PublicURL: f.PublicURL, Domain: f.Domain, TrustedProxies: f.TrustedProxies, OperatorToken: f.OperatorToken,
		ServeArtifact: n.server.ServeArtifact, Fresh: n.fresh.fresh, Logger: n.logger}
	return ingest.New(cfg, n.store, meteredLog{n.log, n.metrics}, n.progress, n.book, n.sealer, n.blobs)
}

func (n *node) newServer() *serve.Server {
	f := n.flags
	var list []*serve.Engine
	if f.has(roleServe) {
		for _, e := range engines() {
			list = append(list, f.served(e.serve))
		}
	}
	return serve.New(serve.Config{Hosts: origin.New(f.PublicURL, f.Domain, f.TrustedProxies), Fresh: n.fresh.fresh, Logger: n.logger,
		Applied:  func() uint64 { return n.progress.Applied(events.Releases) },
		Fallback: n.fallback, Local: n.local(f.AdminListen == ""), Observe: n.metrics.observe}, n.store, n.book, n.sealer, n.blobs, list...)
}

// hear begins to take notices of commits.
func (n *node) hear(context.Context) error {
	stop, err := n.news.start()
	if err == nil {
		n.onClose(stop)
	}
	return err
}

// confirm begins to confirm that rights are known.
func (n *node) confirm(context.Context) error {
	n.onClose(n.fresh.start())
	return nil
}

// project begins to apply both logs and to validate files.
func (n *node) project(context.Context) error {
	if !n.flags.has(roleProject) {
		return nil
	}
	table := n.flags.projectorEngines()
	for _, log := range logs {
		p := projector.New(log, n.log, n.store, table, n.logger, n.news.own)
		n.projectors[log] = p
		n.background("projector "+string(log), func(ctx context.Context) error {
			if err := p.Run(ctx); err != nil { // an event of a newer version: /readyz says which
				n.logger.Error("projector stopped", "log", log, "error", err)
			}
			return nil
		})
	}
	r := &projector.Runner{Log: n.log, Store: n.store, Blobs: blobReader{n.blobs}, Unpack: n.blobs, Engines: table, Now: time.Now, Logger: n.logger,
		Cursor: func(ctx context.Context) (uint64, error) { return n.store.Cursor(ctx, string(events.Releases)) }}
	n.background("validators", func(ctx context.Context) error { return r.Run(ctx, n.log.JetStream(), runtime.GOMAXPROCS(0)) })
	return nil
}

// background runs work until the process stops; work that fails is begun again.
func (n *node) background(name string, work func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { // ended by stop
		defer close(done)
		for {
			err := work(ctx)
			if ctx.Err() != nil || err == nil {
				return
			}
			n.logger.Warn("begins again", "part", name, "error", err)
			select {
			case <-ctx.Done():
				return
			case <-time.After(time.Second):
			}
		}
	}()
	n.onClose(func() {
		cancel()
		select {
		case <-done:
		case <-time.After(waitTimeout):
			n.logger.Warn("did not stop in time; what it was doing is done again at the next start", "part", name)
		}
	})
}

// blobReader opens blobs for validators.
type blobReader struct{ blobs.Store }

// OpenBlob implements projector.Blobs.
func (b blobReader) OpenBlob(ctx context.Context, sha256 string) (io.ReadCloser, error) {
	return b.Open(ctx, sha256)
}

// answer begins to answer requests.
func (n *node) answer(context.Context) error {
	stop := serveHTTP(n.http, n.listener, n.fail)
	n.onClose(func() {
		if !stop(n.flags.StopTimeout) {
			n.logger.Warn("requests were cut off by the stop", "stop-timeout", n.flags.StopTimeout)
		}
	})
	if n.adminListener != nil {
		local := n.local(true)
		admin := newHTTP(guarded(func(ctx *fasthttp.RequestCtx) { dispatch(ctx, local, nil) }, n.logger), n.logger)
		stop := serveHTTP(admin, n.adminListener, n.fail)
		n.onClose(func() { stop(time.Second) })
	}
	return nil
}
