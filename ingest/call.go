package ingest

import (
	"context"
	"strings"

	"github.com/valyala/fasthttp"

	"offprint/schema"
	"offprint/schema/jsonapi"
	"offprint/schema/principal"
)

// call is one request while it is answered. It belongs to the goroutine of the
// request and is dropped with it.
type call struct {
	api  *API
	http *fasthttp.RequestCtx
	ctx  context.Context // ends when the request is answered
	id   string          // X-Request-Id

	route   *route
	params  map[string]string // of the route's pattern, decoded
	query   query
	word    string // the account as the path names it
	allowed string // methods of this path
	options bool
	closing bool // the connection ends with this answer, part of the body was not read

	version string // Keygen-Version

	presented principal.Presented
	account   schema.Account
	rights    *schema.Rights // of the caller
	operator  bool
}

// now is the time of the request in Unix milliseconds, read anew at each call.
func (c *call) now() int64 { return c.api.cfg.Now().UnixMilli() }

// actor is who did it, as events keep it; "" on routes without credential.
func (c *call) actor() string {
	switch {
	case c.rights == nil:
		return ""
	case c.operator:
		return "operator"
	case c.rights.Kind == schema.ProductCaller:
		return "products/" + c.rights.ID
	case c.rights.Kind == schema.LicenseCaller:
		return "licenses/" + c.rights.ID
	}
	return "users/" + c.rights.ID
}

// path is the relative link of something below the account.
func (c *call) path(below string) string { return jsonapi.Path(c.account.ID, below) }

const (
	newestVersion = "1.8"
	mediaAPI      = "application/vnd.api+json"
	mediaJSON     = "application/json"
)

// checkHeaders judges the API headers; Accept is the first of them.
func (c *call) checkHeaders() error {
	h := &c.http.Request.Header
	if !c.route.anyAccept {
		api, plain := admits(string(h.Peek("Accept")))
		if !api && !plain {
			return badRequest("MIME_TYPE_INVALID", "the Accept header admits none of the media types of this API")
		}
	}
	if v := strings.TrimSpace(string(h.Peek("Keygen-Version"))); v != "" {
		v = strings.TrimPrefix(v, "v")
		if len(v) != 3 || v[:2] != "1." || v[2] < '0' || v[2] > '8' {
			return badRequest("INVALID_API_VERSION", "the API version must be 1.0 to 1.8")
		}
		c.version = v
	}
	if strings.TrimSpace(string(h.Peek("Keygen-Environment"))) != "" || c.query.get("environment") != "" {
		return badRequest("ENVIRONMENT_NOT_SUPPORTED", "environments are not supported")
	}
	return nil
}

// admits says whether an Accept header admits the API's own types, and whether
// it admits plain JSON. Absent is fine; q-values are ignored.
func admits(accept string) (api, plain bool) {
	if strings.TrimSpace(accept) == "" {
		return true, true
	}
	for part := range strings.SplitSeq(accept, ",") {
		media, _, _ := strings.Cut(part, ";")
		switch strings.ToLower(strings.TrimSpace(media)) {
		case mediaAPI, "application/vnd.keygen+json", "application/octet-stream", "*/*", "*", "application/*":
			api = true
		case mediaJSON:
			plain = true
		}
	}
	return api, plain
}

// contentType is that of the answer: plain JSON if nothing else is admitted.
func (c *call) contentType() string {
	if api, plain := admits(string(c.http.Request.Header.Peek("Accept"))); plain && !api {
		return mediaJSON + "; charset=utf-8"
	}
	return mediaAPI + "; charset=utf-8"
}
