package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// apiError is an answer that is no success.
type apiError struct {
	status       int
	code, detail string // of the first error; empty if the body names none
	pointer      string
	more         []string // the other errors
	request      string   // its id, for the server's log
}

// Error is one line that names every error.
func (e *apiError) Error() string {
	first := faultLine(e.code, e.pointer, e.detail)
	return strings.Join(append([]string{fmt.Sprintf("the server answered %d %s", e.status, first)}, e.more...), "; and ")
}

// faultLine puts the parts of an error that are there into one line.
func faultLine(code, pointer, detail string) string {
	text := strings.Join(strings.Fields(pointer+" "+detail), " ")
	if code == "" || text == "" {
		return code + text
	}
	return code + ": " + text
}

// hints say what to do about an error that the person at the terminal, not the
// request, can mend.
var hints = map[string]string{
	"TOKEN_MISSING":        "No token was sent: run offprint login, or set OFFPRINT_TOKEN.",
	"TOKEN_INVALID":        "The token is unknown to this server and account: run offprint login, or look at OFFPRINT_TOKEN and OFFPRINT_ACCOUNT.",
	"TOKEN_FORMAT_INVALID": "What was sent is no token: run offprint login, or look at OFFPRINT_TOKEN.",
	"TOKEN_EXPIRED":        "The token has expired: generate another and run offprint login.",
	"NOT_ALLOWED":          "The token is good, but may not do this.",
	"PROJECTION_BEHIND":    "It is stored, but the server has not caught up yet: look at it again in a minute before you repeat it.",
	"LOG_UNAVAILABLE":      "The server cannot reach its log; nothing was changed. Try again.",
	"CONFLICT":             "Others changed the same thing at the same time; nothing was changed. Try again.",
}

func (e *apiError) hint() string {
	switch hint := hints[e.code]; {
	case hint != "":
		return hint
	case e.status >= 500 && e.request != "":
		return "The server's log knows it as request " + e.request + "."
	}
	return ""
}

// readError reads the body of an answer that is no success.
func readError(res *http.Response) *apiError {
	var doc struct {
		Meta   struct{ ID string }
		Errors []struct {
			Code, Detail string
			Source       struct{ Pointer, Parameter string }
		}
	}
	e := &apiError{status: res.StatusCode, request: res.Header.Get("X-Request-Id")}
	if json.NewDecoder(io.LimitReader(res.Body, 1<<20)).Decode(&doc) != nil || len(doc.Errors) == 0 {
		e.detail = "without a word: perhaps " + res.Request.URL.Host + " is no Offprint server"
		return e
	}
	for i, x := range doc.Errors {
		pointer := x.Source.Pointer
		if pointer == "" {
			pointer = x.Source.Parameter
		}
		if i == 0 {
			e.code, e.detail, e.pointer = x.Code, x.Detail, pointer
		} else {
			e.more = append(e.more, faultLine(x.Code, pointer, x.Detail))
		}
	}
	return e
}

// strange is the error of an answer that this API never gives: most likely
// something else listens at that address.
func strange(res *http.Response) error {
	if to := res.Header.Get("Location"); to != "" && res.StatusCode >= 300 {
		return fmt.Errorf("%s is no Offprint server: it sends on to another address (%d); look at --server", res.Request.URL.Host, res.StatusCode)
	}
	return fmt.Errorf("%s is no Offprint server: it answered %d with %q instead of a document; look at --server",
		res.Request.URL.Host, res.StatusCode, res.Header.Get("Content-Type"))
}
