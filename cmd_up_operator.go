package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/subtle"
	"encoding/json"
	"strings"
	"time"

	"github.com/valyala/fasthttp"

	"offprint/events"
	"offprint/schema"
	"offprint/schema/principal"
)

// mediaLines is the type of answers of one JSON value a line.
const mediaLines = "application/x-ndjson"

// operatorRoute is a route of whoever runs the server.
type operatorRoute struct {
	method string
	answer fasthttp.RequestHandler
}

func (n *node) operatorRoutes() map[string]operatorRoute {
	return map[string]operatorRoute{"export": {"GET", n.answerExport}, "verify": {"POST", n.answerVerify}, "parked": {"GET", n.answerParked}}
}

// operator answers the routes below /v1/operator/.
func (n *node) operator(ctx *fasthttp.RequestCtx) {
	route, known := n.operatorRoutes()[string(bytes.TrimPrefix(ctx.Path(), operatorRoot))]
	switch {
	case !known:
		problemNotFound.write(ctx)
	case string(ctx.Method()) != route.method:
		problemMethod.write(ctx)
		ctx.Response.Header.Set("Allow", route.method)
	default:
		if p := n.mayOperate(ctx); p != nil {
			p.write(ctx)
			if p.status == fasthttp.StatusUnauthorized {
				ctx.Response.Header.Set("WWW-Authenticate", `Bearer realm="offprint"`)
			}
			return
		}
		ctx.Response.Header.Set("Cache-Control", "no-store")
		route.answer(ctx)
	}
}

// mayOperate admits the operator's token and, on a server with one account, an
// administrator of it.
func (n *node) mayOperate(ctx *fasthttp.RequestCtx) *problem {
	if n.isOperator(ctx) {
		return nil
	}
	denied := &problem{403, "NOT_ALLOWED", "Access denied", "You do not have permission to complete the request (it needs the operator token, or an admin token where the server has one account)"}
	account, err := n.soleAccount(ctx)
	if err != nil {
		return &problem{503, "UNAVAILABLE", "Service unavailable", "the accounts cannot be read right now, try again in a second"}
	}
	var headers [][]byte
	for key, value := range ctx.Request.Header.All() {
		if strings.EqualFold(string(key), "Authorization") {
			headers = append(headers, value)
		}
	}
	presented, refusal := principal.Parse(headers, nil, nil, false, nil)
	switch {
	case refusal != nil:
		return &problem{refusal.Status, refusal.Code, "Bad request", refusal.Detail}
	case presented.None():
		return &problem{401, "TOKEN_MISSING", "Unauthorized", "You must be authenticated to complete the request"}
	case !n.fresh.fresh():
		return &problem{503, "UNAVAILABLE", "Service unavailable", "access rights cannot be confirmed right now, try again in a second"}
	}
	rights, refusal, err := n.book.Rights(ctx, account, presented, time.Now().UnixMilli())
	switch {
	case err != nil:
		return &problem{503, "UNAVAILABLE", "Service unavailable", "the credential cannot be looked up right now, try again in a second"}
	case refusal != nil:
		return &problem{refusal.Status, refusal.Code, "Unauthorized", refusal.Detail}
	case account == "" || rights.Kind != schema.StaffCaller || rights.Role != "admin":
		return denied
	}
	return nil
}

func (n *node) isOperator(ctx *fasthttp.RequestCtx) bool {
	scheme, given, _ := strings.Cut(string(ctx.Request.Header.Peek("Authorization")), " ")
	return n.flags.OperatorToken != "" && strings.EqualFold(scheme, "Bearer") &&
		subtle.ConstantTimeCompare([]byte(strings.TrimSpace(given)), []byte(n.flags.OperatorToken)) == 1
}

// soleAccount is the id of the only account; empty if there are more, or none.
func (n *node) soleAccount(ctx context.Context) (id string, err error) {
	count := 0
	err = n.store.List(ctx, schema.Query{Kind: schema.Accounts, Ascending: true}, func(r schema.Record) bool {
		id = r.ID
		count++
		return count < 2
	})
	if count != 1 {
		id = ""
	}
	return id, err
}

// answerExport streams the log. An answer that is cut off lacks the last line,
// by which readers know.
func (n *node) answerExport(ctx *fasthttp.RequestCtx) {
	list, err := exportLogs(string(ctx.QueryArgs().Peek("log")))
	if err != nil {
		(&problem{400, "PARAMETERS_INVALID", "Bad request", "log must be releases or access"}).write(ctx)
		return
	}
	ctx.Response.Header.SetContentType(mediaLines)
	ctx.SetBodyStreamWriter(func(w *bufio.Writer) {
		if err := n.log.Export(n.work, w, list...); err != nil {
			n.logger.Warn("export ended early", "error", err)
		}
	})
}

// exportLogs are the logs that a word names; none means both.
func exportLogs(word string) ([]events.Log, error) {
	switch log := events.Log(word); log {
	case "":
		return nil, nil
	case events.Releases, events.Access:
		return []events.Log{log}, nil
	}
	return nil, errUnknownLog
}

// answerVerify streams the progress of a verification and what it found.
func (n *node) answerVerify(ctx *fasthttp.RequestCtx) {
	if !n.verifying.TryLock() {
		(&problem{409, "CONFLICT", "Conflict", "a verification is running already"}).write(ctx)
		return
	}
	ctx.Response.Header.SetContentType(mediaLines)
	ctx.SetBodyStreamWriter(func(w *bufio.Writer) {
		defer n.verifying.Unlock()
		work, cancel := context.WithCancel(n.work)
		defer cancel()
		out := json.NewEncoder(w)
		put := func(v verifyLine) {
			if out.Encode(v) != nil || w.Flush() != nil {
				cancel() // nobody listens any more
			}
		}
		report, err := verify(work, n.stores, throttled(func(done, total uint64) { put(verifyLine{Progress: &verifyProgress{done, total}}) }))
		if err != nil {
			n.logger.Warn("verification could not run", "error", err)
			put(verifyLine{Error: oneLine(err)})
			return
		}
		for _, d := range report.Differences {
			put(verifyLine{Difference: &verifyDifference{d.Table, d.Key, d.What}})
		}
		put(verifyLine{Report: summarize(report)})
	})
}

// answerParked lists the events that are left out.
func (n *node) answerParked(ctx *fasthttp.RequestCtx) {
	rows, err := n.store.Parked(ctx)
	if err != nil {
		n.logger.Error("parked events cannot be read", "error", err)
		problemInternal.write(ctx)
		return
	}
	ctx.Response.Header.SetContentType(mediaLines)
	for _, row := range rows {
		line, err := json.Marshal(row)
		if err != nil {
			panic("encode parked event: " + err.Error()) // texts and numbers
		}
		ctx.Response.AppendBody(append(line, '\n'))
	}
}
