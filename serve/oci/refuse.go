package oci

import (
	"bytes"
	"encoding/json"

	"github.com/valyala/fasthttp"

	"offprint/schema/principal"
	"offprint/serve"
)

// refusal is an error of the protocol
// (https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes).
// Values are shared and must not be changed.
type refusal struct {
	status    int
	code      string
	message   string
	detail    any    // nil: none
	challenge string // error of the challenge: "invalid_token", "insufficient_scope"
	bare      bool   // a 401 without challenge
	allow     string // of 405; "" is GET, HEAD
	grant     string // the member "error" of token endpoints (RFC 6749 section 5.2)
}

// reason is the detail of most refusals: why, for programs.
type reason struct {
	Reason string `json:"reason"`
}

// publishHint tells publishers where to go.
const publishHint = "this registry is pull-only: publish an image layout (docker buildx build -o type=oci,dest=image.tar .) with offprint publish, or with keygen upload"

var (
	noRoute      = refusal{status: 404, code: "UNSUPPORTED", message: "this registry has no such endpoint"}
	readOnly     = refusal{status: 405, code: "UNSUPPORTED", message: publishHint}
	tokenMethods = refusal{status: 405, code: "UNSUPPORTED", message: "tokens are got with GET or POST", allow: "GET, POST"}
	badName      = refusal{status: 404, code: "NAME_INVALID", message: "the name of the repository is not valid"}
	noName       = refusal{status: 404, code: "NAME_UNKNOWN", message: "the repository is not known to this registry"}
	noManifest   = refusal{status: 404, code: "MANIFEST_UNKNOWN", message: "the manifest is not known to this repository"}
	noBlob       = refusal{status: 404, code: "BLOB_UNKNOWN", message: "the blob is not known to this repository"}
	badDigest    = refusal{status: 404, code: "DIGEST_INVALID", message: "the digest must be sha256 or sha512 in lower-case hexadecimal"}
	badSubject   = refusal{status: 400, code: "DIGEST_INVALID", message: "the digest must be sha256 or sha512 in lower-case hexadecimal"}
	badCount     = refusal{status: 400, code: "UNSUPPORTED", message: "n must be a number, 0 or more"}
	badCut       = refusal{status: 400, code: "UNSUPPORTED", message: "as-of must name a serial that is not in the future", detail: reason{"CUT_INVALID"}}
	badRange     = refusal{status: 416, code: "SIZE_INVALID", message: "the range lies behind the end of the blob"}
	notManifest  = refusal{status: 412, code: "MANIFEST_UNKNOWN", message: "the manifest is not the one that the request's conditions name"}
	notBlob      = refusal{status: 412, code: "BLOB_UNKNOWN", message: "the blob is not the one that the request's conditions name"}
	tooLarge     = refusal{status: 413, code: "UNSUPPORTED", message: "the form is larger than 64 KiB"}

	login = refusal{status: 401, code: "UNAUTHORIZED", message: "authentication required: docker login with the user name license and your license key as password"}
	scope = refusal{status: 401, code: "UNAUTHORIZED", message: "authentication required: docker login with the user name license and your license key as password", challenge: "insufficient_scope"}

	tokenInvalid = refusal{status: 401, code: "UNAUTHORIZED", message: "the bearer token is not valid here", detail: reason{"TOKEN_INVALID"}, challenge: "invalid_token"}
	tokenExpired = refusal{status: 401, code: "UNAUTHORIZED", message: "the bearer token has expired", detail: reason{"TOKEN_EXPIRED"}, challenge: "invalid_token"}
)

// reasons are what a person reads of a reason.
var reasons = map[string]string{
	"NO_ACCESS":             "it is not included in what your credential gives access to",
	"ENTITLEMENT_REQUIRED":  "the license lacks an entitlement",
	"OUTSIDE_ACCESS_WINDOW": "it was released after the license had ended",
	"LICENSE_SUSPENDED":     "the license is suspended",
	"LICENSE_BANNED":        "the license is banned",
	"LICENSE_EXPIRED":       "the license has expired",
}

// denied refuses what the caller may know of, but not have.
func denied(why string) *refusal {
	return &refusal{status: 403, code: "DENIED", message: "requested access to the resource is denied: " + reasons[why], detail: reason{why}}
}

// translate makes an error of the protocol of one that all engines share.
func translate(x *principal.Refusal) *refusal {
	out := &refusal{status: x.Status, message: x.Detail, detail: reason{x.Code}}
	switch x.Status {
	case fasthttp.StatusUnauthorized:
		out.code, out.challenge = "UNAUTHORIZED", "invalid_token"
	case fasthttp.StatusForbidden:
		out.code, out.message = "DENIED", "requested access to the resource is denied: "+x.Detail
	case fasthttp.StatusNotFound:
		return &noName
	case fasthttp.StatusTooManyRequests:
		out.code = "TOOMANYREQUESTS"
	case fasthttp.StatusServiceUnavailable:
		out.code = "UNAVAILABLE"
	default:
		out.code = "UNSUPPORTED"
	}
	return out
}

// unchallenged is a refusal of the token endpoint: who was there already need not
// be told where it is.
func (x *refusal) unchallenged() *refusal {
	out := *x
	out.challenge, out.bare = "", true
	return &out
}

// wireErrors is the body of a refusal.
type wireErrors struct {
	Error  string       `json:"error,omitempty"`
	Errors [1]wireError `json:"errors"`
}

type wireError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Detail  any    `json:"detail,omitempty"`
}

// write answers with a refusal. HEAD has the same status and headers.
func (x *refusal) write(r *serve.Request, p *plan) {
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(wireErrors{x.grant, [1]wireError{{x.code, x.message, x.detail}}}); err != nil {
		panic("oci: encode refusal: " + err.Error()) // strings always encode
	}
	h := &r.Response.Header
	r.Response.SetStatusCode(x.status)
	h.SetCanonical(headerCache, noStore)
	h.SetCanonical(headerVary, varyValue)
	h.SetContentType("application/json")
	switch x.status {
	case fasthttp.StatusUnauthorized:
		if !x.bare {
			h.Set("WWW-Authenticate", p.challenge(r, x.challenge))
		}
	case fasthttp.StatusMethodNotAllowed:
		allow := "GET, HEAD"
		if x.allow != "" {
			allow = x.allow
		}
		h.Set("Allow", allow)
		r.Response.SetConnectionClose() // the body of a push is not read
	case fasthttp.StatusRequestEntityTooLarge:
		r.Response.SetConnectionClose()
	case fasthttp.StatusServiceUnavailable, fasthttp.StatusTooManyRequests:
		h.Set("Retry-After", "1")
	}
	if len(r.Query) > 0 {
		h.Set("Referrer-Policy", "no-referrer")
	}
	r.Response.SetBodyRaw(bytes.TrimSuffix(body.Bytes(), []byte("\n")))
}

// challenge says where to get a token: one Bearer challenge and never a Basic
// one, because clients without a credential give up on that
// (https://distribution.github.io/distribution/spec/auth/token/#how-to-authenticate).
func (p *plan) challenge(r *serve.Request, why string) string {
	out := `Bearer realm="` + r.Origin() + "/" + root + `/token",service="` + service + `"`
	if len(p.name) > 0 {
		out += `,scope="repository:` + string(p.scopeName(r)) + `:pull"`
	}
	if why != "" {
		out += `,error="` + why + `"`
	}
	return out
}

// scopeName is the repository as a client of /v2/ would call it.
func (p *plan) scopeName(r *serve.Request) []byte {
	if r.Rooted() || r.Account == nil {
		return p.name
	}
	return append([]byte(r.Account.Slug+"/"), p.name...)
}

// service is the registry's name in challenges; clients send it back.
const service = "offprint"
