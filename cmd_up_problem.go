package main

import (
	"encoding/json"
	"errors"
	"net"

	"github.com/google/uuid"
	"github.com/valyala/fasthttp"
)

// problem is an error that the process itself answers, before or beside engines
// and the publishing API: one JSON:API document, which every client can print.
type problem struct {
	status              int
	code, title, detail string
}

var (
	problemNotFound   = problem{404, "NOT_FOUND", "Not found", "The requested endpoint was not found"}
	problemMethod     = problem{405, "METHOD_NOT_ALLOWED", "Method not allowed", "The method is not allowed here"}
	problemURITooLong = problem{414, "URI_TOO_LONG", "URI too long", "the request line is longer than 8 KiB"}
	problemHeaders    = problem{431, "HEADERS_TOO_LARGE", "Request header fields too large", "the headers are larger than 32 KiB"}
	problemTimeout    = problem{408, "REQUEST_TIMEOUT", "Request timeout", "the request did not arrive in time"}
	problemMalformed  = problem{400, "REQUEST_INVALID", "Bad request", "the request could not be read as HTTP"}
	problemInternal   = problem{500, "INTERNAL_ERROR", "Internal server error", "an unexpected error occurred"}
)

// write answers with the problem and names the request in it.
func (p problem) write(ctx *fasthttp.RequestCtx) {
	id := uuid.Must(uuid.NewV7()).String()
	var doc struct {
		Meta struct {
			ID string `json:"id"`
		} `json:"meta"`
		Errors [1]struct {
			Title  string `json:"title"`
			Detail string `json:"detail"`
			Code   string `json:"code"`
		} `json:"errors"`
	}
	doc.Meta.ID = id
	doc.Errors[0].Title, doc.Errors[0].Detail, doc.Errors[0].Code = p.title, p.detail, p.code
	ctx.Response.Reset()
	ctx.Response.SetStatusCode(p.status)
	ctx.Response.Header.Set("X-Request-Id", id)
	ctx.Response.Header.Set("Cache-Control", "no-store")
	writeJSON(ctx, "application/vnd.api+json; charset=utf-8", doc)
}

// writeJSON sets the body.
func writeJSON(ctx *fasthttp.RequestCtx, media string, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		panic("encode answer: " + err.Error()) // texts and numbers
	}
	ctx.Response.Header.SetContentType(media)
	ctx.Response.SetBodyRaw(append(body, '\n'))
}

// unreadable answers a request that could not be read. The path is not known
// then, so all clients get the same.
func unreadable(ctx *fasthttp.RequestCtx, err error) {
	var small *fasthttp.ErrSmallBuffer
	var network net.Error
	switch {
	case errors.As(err, &small):
		problemHeaders.write(ctx)
	case errors.As(err, &network) && network.Timeout():
		problemTimeout.write(ctx)
	default:
		problemMalformed.write(ctx)
	}
}
