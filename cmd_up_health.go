package main

import (
	"strconv"
	"sync/atomic"

	"github.com/valyala/fasthttp"

	"offprint/events"
	"offprint/ingest"
	"offprint/projector"
)

// health knows what the process still waits for.
type health struct {
	progress   *ingest.Progress
	projectors map[events.Log]*projector.Projector // none without the role
	fresh      *freshness
	targets    map[events.Log]uint64 // ends of the logs when the process started

	settled  atomic.Bool            // the logs were caught up with once, and the account is there
	trouble  atomic.Pointer[string] // why the account could not be made so far
	stopping atomic.Bool
}

// waiting is one reason not to send requests here. Reasons name logs, kinds and
// serials, never who is concerned.
type waiting struct {
	For     string `json:"for"`
	Applied uint64 `json:"applied,omitempty"`
	Until   uint64 `json:"until,omitempty"`
	Serial  uint64 `json:"serial,omitempty"` // of the event that a projector stands at
	Reason  string `json:"reason,omitempty"`
}

// waits lists what keeps the process from being ready.
func (h *health) waits() []waiting {
	list := []waiting{}
	if h.stopping.Load() {
		list = append(list, waiting{For: "stop"})
	}
	for _, log := range logs {
		applied := h.progress.Applied(log)
		if p := h.projectors[log]; p != nil {
			if why := p.Stats.Blocked.Load(); why != nil {
				list = append(list, waiting{For: "projector " + string(log), Applied: applied, Serial: applied + 1, Reason: *why})
				continue
			}
		}
		if applied < h.targets[log] {
			list = append(list, waiting{For: "log " + string(log), Applied: applied, Until: h.targets[log]})
		}
	}
	if !h.settled.Load() {
		w := waiting{For: "account"}
		if why := h.trouble.Load(); why != nil {
			w.Reason = *why
		}
		list = append(list, w)
	}
	if !h.fresh.fresh() {
		list = append(list, waiting{For: "access rights", Reason: "the end of the access log cannot be confirmed"})
	}
	return list
}

// live answers GET /healthz: the process is there.
func (h *health) live(ctx *fasthttp.RequestCtx) {
	if !reading(ctx, "/healthz") {
		return
	}
	writeJSON(ctx, "application/json", struct {
		Status string `json:"status"`
	}{"ok"})
}

// ready answers GET /readyz.
func (h *health) ready(ctx *fasthttp.RequestCtx) {
	if !reading(ctx, "/readyz") {
		return
	}
	list := h.waits()
	if len(list) > 0 {
		ctx.Response.SetStatusCode(fasthttp.StatusServiceUnavailable)
		ctx.Response.Header.Set("Retry-After", strconv.Itoa(1))
	}
	ctx.Response.Header.Set("Cache-Control", "no-store")
	writeJSON(ctx, "application/json", struct {
		Ready   bool      `json:"ready"`
		Waiting []waiting `json:"waiting"`
	}{len(list) == 0, list})
}

// reading refuses other paths and methods.
func reading(ctx *fasthttp.RequestCtx, path string) bool {
	switch {
	case string(ctx.Path()) != path:
		problemNotFound.write(ctx)
	case !ctx.IsGet() && !ctx.IsHead():
		problemMethod.write(ctx)
		ctx.Response.Header.Set("Allow", "GET, HEAD")
	default:
		return true
	}
	return false
}
