package main

import (
	"bytes"
	"log/slog"
	"strings"
	"time"

	"github.com/valyala/fasthttp"

	"offprint/ingest"
)

// handler answers every request of the main listener.
func (n *node) handler() fasthttp.RequestHandler {
	if n.server != nil {
		return n.server.Handle
	}
	local := n.local(n.flags.AdminListen == "")
	return func(ctx *fasthttp.RequestCtx) { dispatch(ctx, local, nil) }
}

// local answers the process's own paths, by their first segment.
func (n *node) local(metrics bool) map[string]func(*fasthttp.RequestCtx) {
	m := map[string]func(*fasthttp.RequestCtx){
		"healthz": n.timed(routeLocal, n.health.live),
		"readyz":  n.timed(routeLocal, n.health.ready),
	}
	if metrics {
		m["metrics"] = n.timed(routeLocal, n.metrics.handler())
	}
	return m
}

// dispatch answers the process's own paths where nothing else is served.
func dispatch(ctx *fasthttp.RequestCtx, local map[string]func(*fasthttp.RequestCtx), other fasthttp.RequestHandler) {
	first, _, _ := bytes.Cut(bytes.TrimPrefix(ctx.Path(), []byte("/")), []byte("/"))
	switch own := local[string(first)]; {
	case own != nil:
		own(ctx)
	case other != nil:
		other(ctx)
	default:
		problemNotFound.write(ctx)
	}
}

// operatorRoot is where the operator's routes of this process are.
var operatorRoot = []byte("/v1/operator/")

// fallback answers what no engine claims: the operator's routes and the
// publishing API.
func (n *node) fallback(ctx *fasthttp.RequestCtx) {
	switch {
	case bytes.HasPrefix(ctx.Path(), operatorRoot):
		n.timed(routeLocal, n.operator)(ctx)
	case n.api != nil:
		n.timed(routeAPI, n.api.Serve)(ctx)
	default:
		n.timed(routeLocal, problemNotFound.write)(ctx)
	}
}

// timed counts the answers of a handler.
func (n *node) timed(route string, next fasthttp.RequestHandler) fasthttp.RequestHandler {
	return func(ctx *fasthttp.RequestCtx) {
		began := time.Now()
		next(ctx)
		n.metrics.observe(route, ctx.Response.StatusCode(), time.Since(began))
	}
}

// logged logs every request after its answer, if that is wanted: by route,
// because a path or a query may hold a license key or a token.
func (n *node) logged(next fasthttp.RequestHandler) fasthttp.RequestHandler {
	if !n.flags.AccessLog {
		return next
	}
	return func(ctx *fasthttp.RequestCtx) {
		began := time.Now()
		route := n.template(ctx) // before the answer, which may change the request
		method := string(ctx.Method())
		next(ctx)
		n.logger.LogAttrs(ctx, slog.LevelInfo, "request", slog.String("method", method), slog.String("route", route),
			slog.Int("status", ctx.Response.StatusCode()), slog.Float64("ms", float64(time.Since(began).Microseconds())/1000),
			slog.String("remote", ctx.RemoteIP().String()), slog.String("request", string(ctx.Response.Header.Peek("X-Request-Id"))))
	}
}

// template is the route of a request without anything that a caller chose.
func (n *node) template(ctx *fasthttp.RequestCtx) string {
	if n.server != nil {
		if engine := n.server.EngineOf(ctx); engine != "" {
			return "/" + engine + "/{account}/..."
		}
	}
	path := string(ctx.Path())
	switch {
	case path == "/healthz" || path == "/readyz" || path == "/metrics":
		return path
	case bytes.HasPrefix(ctx.Path(), operatorRoot):
		if _, known := n.operatorRoutes()[path[len(operatorRoot):]]; known {
			return path
		}
		return string(operatorRoot) + "..."
	}
	path, _, _ = strings.Cut(string(ctx.Request.Header.RequestURI()), "?")
	return ingest.Template(string(ctx.Method()), path)
}
