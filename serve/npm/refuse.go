package npm

import (
	"bytes"
	"encoding/json"

	"github.com/valyala/fasthttp"

	"offprint/schema/principal"
	"offprint/serve"
)

// publishHint tells publishers where to go.
const publishHint = "this registry is read-only for npm: publish with a release and an artifact upload (the publishing API or its command line)"

var (
	noRoute     = principal.Refusal{Status: 404, Code: "NOT_FOUND", Detail: "this registry has no such endpoint"}
	readOnly    = principal.Refusal{Status: 405, Code: "METHOD_NOT_ALLOWED", Detail: publishHint}
	postOnly    = principal.Refusal{Status: 405, Code: "METHOD_NOT_ALLOWED", Detail: "this endpoint takes POST"}
	wrongAccept = principal.Refusal{Status: 406, Code: "NOT_ACCEPTABLE", Detail: "the registry answers application/json and application/vnd.npm.install-v1+json"}
	login       = principal.Refusal{Status: 401, Code: "UNAUTHORIZED", Detail: "authentication is required: configure your license key for this registry, for example //host/npm/account/:_auth=<base64 of license:KEY>"}
	unknown     = principal.Refusal{Status: 404, Code: "NOT_FOUND", Detail: "not found, or not included in your license"}
	noKeys      = principal.Refusal{Status: 404, Code: "NOT_FOUND", Detail: "this registry has no signing keys"}
	badPaging   = principal.Refusal{Status: 400, Code: "PARAMETERS_INVALID", Detail: "size must be 0 to 250, from must be 0 or more"}
	badAge      = principal.Refusal{Status: 400, Code: "PARAMETERS_INVALID", Detail: "min-age must be a number followed by s, m, h or d"}
	badCut      = principal.Refusal{Status: 400, Code: "CUT_INVALID", Detail: "as-of must name a serial or a time that is not in the future"}
	badRange    = principal.Refusal{Status: 416, Code: "RANGE_NOT_SATISFIABLE", Detail: "the range lies behind the end of the file"}
	tooLarge    = principal.Refusal{Status: 413, Code: "BODY_TOO_LARGE", Detail: "the body is larger than 16 MiB"}
)

// hidden is the refusal of what the caller may not see or what does not exist:
// one answer for both.
func hidden(r *serve.Request) *principal.Refusal {
	if !r.Anonymous() {
		return &unknown
	}
	gate, err := r.Account.Gate(Key)
	switch {
	case err != nil:
		return r.Trouble(err)
	case gate:
		return &login
	}
	return &unknown
}

// refusalBody is what npm reads: it prints error.
type refusalBody struct {
	Error     string `json:"error"`
	Code      string `json:"code"`
	RequestID string `json:"requestId"`
}

// refuse writes a refusal. HEAD has the same status and headers.
func refuse(r *serve.Request, x *principal.Refusal) {
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(refusalBody{x.Detail, x.Code, r.RequestID()}); err != nil {
		return // strings always encode
	}
	h := &r.Response.Header
	r.Response.SetStatusCode(x.Status)
	h.Set("Cache-Control", "no-store")
	h.SetContentType(mediaFull)
	switch x.Status {
	case fasthttp.StatusUnauthorized:
		h.Set("WWW-Authenticate", `Basic realm="offprint"`)
	case fasthttp.StatusMethodNotAllowed:
		allow := "GET, HEAD"
		if x == &postOnly {
			allow = "POST"
		}
		h.Set("Allow", allow)
	case fasthttp.StatusNotAcceptable:
		h.Set("Vary", "Accept")
	case fasthttp.StatusServiceUnavailable:
		h.Set("Retry-After", "1")
	case fasthttp.StatusRequestEntityTooLarge:
		r.Response.SetConnectionClose()
	}
	if len(r.Query) > 0 {
		h.Set("Referrer-Policy", "no-referrer")
	}
	r.Response.SetBodyRaw(bytes.TrimSuffix(body.Bytes(), []byte("\n")))
}
