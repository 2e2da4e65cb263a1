package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/valyala/fasthttp"

	"offprint/events"
	"offprint/ingest"
	"offprint/projector"
	"offprint/schema"
	"offprint/schema/principal"
	"offprint/serve"
)

// node is a running server process.
type node struct {
	*stores
	flags  *upCmd
	logger *slog.Logger
	out    io.Writer // for what a person must see once

	listener, adminListener net.Listener
	sealer                  *schema.Sealer
	newKey                  bool // the server key was made by this start
	book                    *principal.Book
	progress                *ingest.Progress
	news                    *news
	fresh                   *freshness
	metrics                 *metrics
	health                  *health
	api                     *ingest.API   // nil without the role ingest
	server                  *serve.Server // nil without the roles ingest and serve
	http                    *fasthttp.Server
	projectors              map[events.Log]*projector.Projector // none without the role project

	failed chan error // holds one: what ends the process

	work      context.Context // of answers that take long; ends when the stop begins
	endWork   context.CancelFunc
	verifying sync.Mutex // held while a verification runs
}

func newNode(flags *upCmd, logger *slog.Logger, out io.Writer) *node {
	n := &node{stores: &stores{flags: flags.storeFlags}, flags: flags, logger: logger, out: out, progress: &ingest.Progress{},
		projectors: map[events.Log]*projector.Projector{}, failed: make(chan error, 1)}
	n.work, n.endWork = context.WithCancel(context.Background())
	return n
}

// start is the list of what is started, in order. Stopping is the same list
// from its end. What can fail for a reason outside this machine comes before
// anything is made on its disk.
func (n *node) start(ctx context.Context) error {
	for _, step := range []func(context.Context) error{
		n.bind,
		n.dial,
		n.openDatabase,
		n.openData,
		n.openKey,
		n.assemble,
		n.answer,
		n.hear,
		n.project,
		n.confirm,
	} {
		if err := step(ctx); err != nil {
			return errors.New(oneLine(err))
		}
	}
	n.logger.Info("offprint started", "version", Version, "config", n.flags)
	n.onClose(func() { n.logger.Info("offprint stops") })
	return nil
}

// stop ends everything that was started, last things first.
func (n *node) stop() {
	n.endWork()
	n.close()
}

// bind takes the ports, so that nothing is made if one is occupied.
func (n *node) bind(ctx context.Context) (err error) {
	if n.flags.NATSListen != "" { // the log itself takes a while to find out
		probe, err := listen(ctx, "--nats-listen", n.flags.NATSListen)
		if err != nil {
			return err
		}
		probe.Close()
	}
	if n.listener, err = listen(ctx, "--listen", n.flags.Listen); err != nil {
		return err
	}
	n.onClose(func() { n.listener.Close() })
	if n.flags.AdminListen != "" {
		if n.adminListener, err = listen(ctx, "--admin-listen", n.flags.AdminListen); err != nil {
			return err
		}
		n.onClose(func() { n.adminListener.Close() })
	}
	return nil
}

// dial connects to an external log.
func (n *node) dial(ctx context.Context) error {
	if n.flags.NATS == "" {
		return nil
	}
	return n.openLog(ctx, "")
}

// openDatabase opens an external database.
func (n *node) openDatabase(ctx context.Context) error {
	if n.flags.Database == "" {
		return nil
	}
	return n.openStore(ctx)
}

// openData opens what is kept in the data folder, and the bytes.
func (n *node) openData(ctx context.Context) error {
	local := !n.flags.external() || n.flags.ServerKeyFile == "" || n.flags.Account != "" && n.flags.AdminToken == ""
	if local {
		if err := n.openFolder(); err != nil {
			return err
		}
	}
	if n.log == nil {
		if err := n.openLog(ctx, n.flags.NATSListen); err != nil {
			return err
		}
		n.embedded.OnTrouble(func(err error) { n.logger.Error("log in trouble", "error", err) })
	}
	if n.store == nil {
		if err := n.openStore(ctx); err != nil {
			return err
		}
	}
	return n.openBlobs(ctx)
}

// openKey reads the server key.
func (n *node) openKey(ctx context.Context) error {
	if !n.flags.has(roleIngest) && !n.flags.has(roleServe) {
		return nil
	}
	key, made, err := n.flags.serverKey()
	if err != nil {
		return err
	}
	n.newKey = made
	if n.sealer, err = schema.NewSealer(key); err != nil {
		return err
	}
	end, err := n.log.End(ctx, events.Access)
	if err == nil && made && end > 0 {
		n.logger.Warn("the server key is new, but the access log is not: no credential issued before is valid any more", "file", n.flags.path("server-key"))
	}
	return err
}

// run waits until the process is ready, makes the account, and then waits for
// its end: that of ctx, or a failure.
func (n *node) run(ctx context.Context) error {
	if err := n.settle(ctx); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		n.health.stopping.Store(true)
		return nil
	case err := <-n.failed:
		return err
	}
}

// fail ends the process.
func (n *node) fail(err error) {
	select {
	case n.failed <- err:
	default: // it ends already
	}
}

// hostPort is how a person on this machine reaches a listener.
func hostPort(ln net.Listener) string {
	if addr, ok := ln.Addr().(*net.TCPAddr); ok && addr.IP.IsUnspecified() {
		return net.JoinHostPort("localhost", strconv.Itoa(addr.Port))
	}
	return ln.Addr().String()
}

// waitTimeout bounds the wait for a part of the process that was told to stop.
const waitTimeout = 20 * time.Second
