package ingest

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/valyala/fasthttp"

	"offprint/events/stream"
	"offprint/schema"
	"offprint/schema/blobs"
	"offprint/schema/principal"
)

// problem is one error of the wire: a value, rendered by answer.go only.
type problem struct {
	status    int
	code      string
	detail    string
	title     string // "" for the status's own
	pointer   string // into the body
	parameter string // of the query
	headers   [][2]string
}

// Error implements error.
func (p *problem) Error() string {
	return fmt.Sprintf("%d %s: %s%s %s", p.status, p.code, p.pointer, p.parameter, p.detail)
}

// problems are several faults of one request; the first gives the status.
type problems []*problem

// Error implements error.
func (p problems) Error() string {
	var b strings.Builder
	for i, one := range p {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(one.Error())
	}
	return b.String()
}

// orNil is p as an error: nil if there is no fault.
func (p problems) orNil() error {
	if len(p) == 0 {
		return nil
	}
	return p
}

// titles by status, in the reference's words.
var titles = map[int]string{
	400: "Bad request", 401: "Unauthorized", 403: "Access denied", 404: "Not found", 405: "Method not allowed",
	408: "Request timeout", 409: "Conflict", 413: "Payload too large", 415: "Unsupported media type", 422: "Unprocessable resource",
	429: "Too many requests", 451: "Unavailable for legal reasons", 500: "Internal server error", 503: "Service unavailable",
}

// badBody is a 400 about a member of the body.
func badBody(pointer, detail string) *problem {
	return &problem{status: 400, code: "PARAMETERS_INVALID", pointer: pointer, detail: detail}
}

// badQuery is a 400 about a query parameter.
func badQuery(parameter, detail string) *problem {
	return &problem{status: 400, code: "PARAMETERS_INVALID", parameter: parameter, detail: detail}
}

// badRequest is any other 400.
func badRequest(code, detail string) *problem {
	return &problem{status: 400, code: code, detail: detail}
}

// unprocessable is a 422 of the model; pointer may be an attribute's bare name.
func unprocessable(pointer, code, detail string) *problem {
	if !strings.HasPrefix(pointer, "/") {
		pointer = "/data/attributes/" + pointer
	}
	return &problem{status: 422, code: code, pointer: pointer, detail: detail}
}

// notFound says the same of what is hidden and of what does not exist, in the
// caller's own words.
func notFound(noun, word string) *problem {
	return &problem{status: 404, code: "NOT_FOUND", detail: "The requested " + noun + " '" + word + "' was not found"}
}

// denied names the missing permission, not the thing.
func denied(permission string) *problem {
	return &problem{status: 403, code: "NOT_ALLOWED", detail: "You do not have permission to complete the request (ensure the token has the permission '" + permission + "')"}
}

// errBehind says that serial is stored but not visible yet.
type errBehind struct{ serial uint64 }

func (e errBehind) Error() string {
	return fmt.Sprintf("event %d is stored but not yet projected", e.serial)
}

// sentinels maps what other packages report to a status: the one table.
var sentinels = []struct {
	err    error
	answer problem
}{
	{schema.ErrNotFound, problem{status: 404, code: "NOT_FOUND", detail: "The requested resource was not found"}},
	{stream.ErrLostRace, problem{status: 409, code: "CONFLICT", detail: "other writers kept changing the same thing, try again"}},
	{stream.ErrTooLarge, problem{status: 413, code: "BODY_TOO_LARGE", detail: "what this request would store does not fit into one event"}},
	{stream.ErrUnavailable, problem{status: 503, code: "LOG_UNAVAILABLE", detail: "the event log cannot be reached, nothing was changed that is not in it"}},
	{blobs.ErrFull, problem{status: 503, code: "STORAGE_FULL", detail: "there is no room for the file, nothing of it was kept"}},
	{context.DeadlineExceeded, problem{status: 503, code: "LOG_UNAVAILABLE", detail: "the server did not finish in time"}},
}

// asProblems gives the wire form of any error. Unknown errors are logged by the
// caller and never shown.
func asProblems(err error) (list problems, known bool) {
	var many problems
	var one *problem
	var behind errBehind
	switch {
	case errors.As(err, &many):
		return many, true
	case errors.As(err, &one):
		return problems{one}, true
	case errors.As(err, &behind):
		return problems{{status: 503, code: "PROJECTION_BEHIND", detail: "stored, not yet visible",
			headers: [][2]string{{"X-Offprint-Serial", fmt.Sprint(behind.serial)}}}}, true
	}
	for i := range sentinels {
		if errors.Is(err, sentinels[i].err) {
			p := sentinels[i].answer
			return problems{&p}, true
		}
	}
	return problems{{status: fasthttp.StatusInternalServerError, code: "INTERNAL_ERROR", detail: "an unexpected error occurred"}}, false
}

// refused is a refusal of the credential as a problem.
func refused(r *principal.Refusal) *problem {
	return &problem{status: r.Status, code: r.Code, title: r.Title, detail: r.Detail}
}
