package serve

import (
	"bytes"

	"github.com/valyala/fasthttp"

	"offprint/schema/jsonapi"
	"offprint/schema/principal"
)

// problemMedia is the type of JSON:API answers.
const problemMedia = "application/vnd.api+json; charset=utf-8"

// Refusals of raw links and artifact URLs.
var (
	needToken    = principal.Refusal{Status: 401, Code: "TOKEN_MISSING", Detail: "authentication is required: send a license key or a token, for example with Basic and the user name license"}
	badEncoding  = principal.Refusal{Status: 400, Code: "ENCODING_INVALID", Detail: "the path or query holds a broken percent escape, or text that is not UTF-8"}
	takenDown    = principal.Refusal{Status: 451, Code: "UNAVAILABLE_FOR_LEGAL_REASONS", Detail: "the file was taken down for legal reasons"}
	grantInvalid = principal.Refusal{Status: 401, Code: "GRANT_INVALID", Detail: "the grant is not valid for this file: ask for a new link"}
	grantExpired = principal.Refusal{Status: 401, Code: "GRANT_EXPIRED", Detail: "the grant has expired: ask for a new link"}
)

// titles by status, where a refusal has none of its own.
var titles = map[int]string{
	400: "Bad request", 401: "Unauthorized", 403: "Access denied", 404: "Not found", 405: "Method not allowed", 409: "Conflict",
	429: "Too many requests", 451: "Unavailable for legal reasons", 503: "Service unavailable",
}

// errorDocument is the body of a refusal (https://jsonapi.org/format/1.1/#errors).
type errorDocument struct {
	Meta struct {
		ID string `json:"id"`
	} `json:"meta"`
	Errors [1]wireError `json:"errors"`
}

type wireError struct {
	Title  string `json:"title"`
	Detail string `json:"detail"`
	Code   string `json:"code"`
}

// Problem writes a refusal as JSON:API does: the one way in which raw links and
// artifact URLs say no. Headers that are set already stay.
func (r *Request) Problem(x *principal.Refusal) {
	title := x.Title
	if title == "" {
		title = titles[x.Status]
	}
	var doc errorDocument
	doc.Meta.ID = r.RequestID()
	doc.Errors[0] = wireError{title, x.Detail, x.Code}
	body, err := jsonapi.Marshal(doc)
	if err != nil {
		panic("serve: encode error document: " + err.Error()) // strings always encode
	}
	h := &r.Response.Header
	r.Response.SetStatusCode(x.Status)
	h.SetContentType(problemMedia)
	h.SetCanonical(headerCache, cacheNever)
	h.SetCanonical(headerVary, varyValue)
	if len(r.Query) > 0 {
		h.SetCanonical(headerReferrer, noReferrer)
	}
	switch x.Status {
	case fasthttp.StatusUnauthorized:
		r.challenge()
	case fasthttp.StatusMethodNotAllowed:
		h.Set("Allow", "GET, HEAD")
	case fasthttp.StatusServiceUnavailable:
		h.Set("Retry-After", "1")
	}
	r.Response.SetBodyRaw(body)
}

// challenge asks for a credential: Basic, which every client knows, and the
// scheme that was used, if it is another that can be used again.
func (r *Request) challenge() {
	r.Response.Header.Set("WWW-Authenticate", `Basic realm="offprint"`)
	scheme, _, _ := bytes.Cut(r.RequestCtx.Request.Header.Peek("Authorization"), []byte(" "))
	if bytes.EqualFold(scheme, []byte("Bearer")) {
		r.Response.Header.Add("WWW-Authenticate", `Bearer realm="offprint"`)
	}
}

// HiddenFile is the refusal of a file that the caller may not see or that does
// not exist: one answer for both. word is how the caller called it.
func (r *Request) HiddenFile(word string) *principal.Refusal {
	if r.Anonymous() {
		gate, err := r.Account.Gate("")
		switch {
		case err != nil:
			return r.Trouble(err)
		case gate:
			return &needToken
		}
	}
	return notFound(word)
}

func notFound(word string) *principal.Refusal {
	return &principal.Refusal{Status: 404, Code: "NOT_FOUND", Detail: "The requested release artifact '" + lastSegment(word) + "' was not found"}
}
