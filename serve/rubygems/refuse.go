package rubygems

import (
	"github.com/valyala/fasthttp"

	"offprint/schema/principal"
	"offprint/serve"
)

var (
	readOnly = principal.Refusal{Status: 405, Code: "METHOD_NOT_ALLOWED", Detail: "this gem source is read-only for gem and bundler: publish with a release and an artifact upload (the publishing API or its command line)"}
	login    = principal.Refusal{Status: 401, Code: "UNAUTHORIZED", Detail: "authentication is required: put your license key into the URL of this source as license:KEY@host, or run bundle config set --global URL license:KEY"}
	unknown  = principal.Refusal{Status: 404, Code: "NOT_FOUND", Detail: "not found, or not included in your license"}
	badAge   = principal.Refusal{Status: 400, Code: "PARAMETERS_INVALID", Detail: "min-age must be a number followed by s, m, h or d"}
	badCut   = principal.Refusal{Status: 400, Code: "CUT_INVALID", Detail: "as-of must name a serial or a time that is not in the future"}
	badRange = principal.Refusal{Status: 416, Code: "RANGE_NOT_SATISFIABLE", Detail: "the range lies behind the end of the file"}
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

// ranged gives a refusal of a range in the engine's own words.
func ranged(x *principal.Refusal) *principal.Refusal {
	if x == &serve.RangeRefusal {
		return &badRange
	}
	return x
}

// refuse writes a refusal: one line that gem and bundler show.
func refuse(r *serve.Request, x *principal.Refusal) {
	h := &r.Response.Header
	r.Response.SetStatusCode(x.Status)
	h.Set("Cache-Control", "no-store")
	h.SetContentType(textMedia)
	switch x.Status {
	case fasthttp.StatusUnauthorized:
		h.Set("WWW-Authenticate", `Basic realm="offprint"`)
	case fasthttp.StatusMethodNotAllowed:
		h.Set("Allow", "GET, HEAD")
	case fasthttp.StatusServiceUnavailable:
		h.Set("Retry-After", "1")
	}
	if len(r.Query) > 0 {
		h.Set("Referrer-Policy", "no-referrer")
	}
	r.Response.SetBodyString(x.Detail + " (" + x.Code + ")\n")
}
