package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime/debug"
	"time"

	"github.com/valyala/fasthttp"
)

const (
	maxRequestLine = 8 << 10
	maxHeaders     = 32 << 10
	// stalledTimeout is after how long a client that takes no bytes is cut off.
	// There is no limit for a whole answer: downloads may take hours.
	stalledTimeout = 2 * time.Minute
)

// listen takes a TCP address.
func listen(ctx context.Context, flag, address string) (net.Listener, error) {
	config := net.ListenConfig{Control: limitStall}
	ln, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		var op *net.OpError
		if errors.As(err, &op) {
			err = op.Err
		}
		return nil, fmt.Errorf("%s %s: %w", flag, address, err)
	}
	return patientListener{ln}, nil
}

// newHTTP is a server with the limits that the process promises. Bodies are
// streamed, so their size is the business of who reads them.
func newHTTP(handler fasthttp.RequestHandler, logger *slog.Logger) *fasthttp.Server {
	return &fasthttp.Server{
		Handler:                      handler,
		ErrorHandler:                 unreadable,
		Logger:                       httpLogger{logger},
		ReadBufferSize:               maxRequestLine + maxHeaders,
		ReadTimeout:                  patience,
		IdleTimeout:                  patience,
		StreamRequestBody:            true,
		DisablePreParseMultipartForm: true,
		NoDefaultServerHeader:        true,
		SecureErrorLogMessage:        true,
		CloseOnShutdown:              true,
	}
}

// guarded refuses request lines that are too long and keeps a panic to the
// request that caused it.
func guarded(next fasthttp.RequestHandler, logger *slog.Logger) fasthttp.RequestHandler {
	return func(ctx *fasthttp.RequestCtx) {
		defer func() {
			if p := recover(); p != nil {
				logger.Error("request panicked", "panic", p, "stack", string(debug.Stack()))
				problemInternal.write(ctx)
			}
		}()
		if len(ctx.Request.Header.RequestURI()) > maxRequestLine {
			problemURITooLong.write(ctx)
			ctx.Response.SetConnectionClose()
			return
		}
		next(ctx)
	}
}

// serveHTTP answers on ln until stop, which stops accepting, waits for what is
// in flight, at most grace long, and reports whether all of it ended.
func serveHTTP(server *fasthttp.Server, ln net.Listener, failed func(error)) (stop func(grace time.Duration) bool) {
	done := make(chan struct{})
	go func() { // ended by stop
		defer close(done)
		if err := server.Serve(ln); err != nil {
			failed(fmt.Errorf("listener %s: %w", ln.Addr(), err))
		}
	}()
	return func(grace time.Duration) bool {
		ctx, cancel := context.WithTimeout(context.Background(), grace)
		defer cancel()
		err := server.ShutdownWithContext(ctx)
		_ = ln.Close() // if Serve had not begun
		<-done
		return err == nil
	}
}
