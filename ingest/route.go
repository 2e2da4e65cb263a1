package ingest

import (
	"net/url"
	"slices"
	"strings"

	"github.com/valyala/fasthttp"
)

// need says whether a route wants a credential.
type need int

const (
	required     need = iota // 401 TOKEN_MISSING without one
	optional                 // anonymous callers see what is free
	none                     // not even looked at
	operatorOnly             // the operator's token, nobody else's
)

// route is one row of the table. A pattern is a path below the root: literal
// segments, {name} for one segment, {name...} for all that follow.
type route struct {
	method  string
	pattern string
	handler func(*API, *call) (*answer, error)
	auth    need

	permission string // named to those who are not the operator
	noAccount  bool   // reached without any account
	operator   bool   // the operator may call it too
	anyAccept  bool   // the Accept header does not count
	password   bool   // Basic may hold an e-mail and a password
	basic      bool   // a 401 asks for Basic: clients that are no JSON:API clients come here
	// artifact says that Config.ServeArtifact answers, if it is set.
	artifact bool
}

// match gives the values of the pattern's parameters.
func (r *route) match(path []string) (map[string]string, bool) {
	params := map[string]string{}
	for rest := r.pattern; ; {
		segment, more, found := strings.Cut(rest, "/")
		name, param := strings.CutPrefix(segment, "{")
		name = strings.TrimSuffix(name, "}")
		if all, ok := strings.CutSuffix(name, "..."); param && ok {
			params[all] = strings.Join(path, "/")
			return params, len(path) > 0 && path[0] != ""
		}
		if len(path) == 0 || path[0] == "" || !param && segment != path[0] {
			return nil, false
		}
		if param {
			params[name] = path[0]
		}
		path = path[1:]
		if !found {
			return params, len(path) == 0
		}
		rest = more
	}
}

// methods in the order in which Allow lists them.
var methods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}

// lookUp finds the route of a path. allowed lists the methods of all routes
// with this path, as Allow does; it is empty if there is no such path.
func lookUp(table []route, method string, path []string) (found *route, params map[string]string, allowed string) {
	if method == "HEAD" {
		method = "GET"
	}
	var have []string
	for i := range table {
		p, ok := table[i].match(path)
		if !ok {
			continue
		}
		have = append(have, table[i].method)
		if found == nil && table[i].method == method {
			found, params = &table[i], p
		}
	}
	var allow []string
	for _, m := range methods {
		if slices.Contains(have, m) || m == "HEAD" && slices.Contains(have, "GET") {
			allow = append(allow, m)
		}
	}
	return found, params, strings.Join(allow, ", ")
}

// find routes the request: 404 and 405 before anything else.
func (c *call) find() error {
	uri := string(c.http.Request.Header.RequestURI())
	path, query, _ := strings.Cut(uri, "?")
	if !strings.HasPrefix(path, "/") { // absolute form
		_, rest, _ := strings.Cut(path, "://")
		_, rest, _ = strings.Cut(rest, "/")
		path = "/" + rest
	}
	t, err := parseTarget(path)
	if err != nil {
		return err
	}
	if c.query, err = parseQuery(query); err != nil {
		return err
	}
	c.word = t.account
	method := string(c.http.Method())
	var allowed string
	c.route, c.params, allowed = lookUp(routes, method, t.path)
	c.allowed = allowed
	switch {
	case allowed == "":
		return &problem{status: fasthttp.StatusNotFound, code: "NOT_FOUND", detail: "The requested endpoint was not found"}
	case method == "OPTIONS":
		c.options = true
	case c.route == nil:
		return &problem{status: fasthttp.StatusMethodNotAllowed, code: "METHOD_NOT_ALLOWED",
			detail: "The method " + method + " is not allowed here", headers: [][2]string{{"Allow", allowed}}}
	}
	return nil
}

// fill writes parameters back into a pattern, percent-encoded.
func fill(pattern string, params map[string]string) string {
	parts := strings.Split(pattern, "/")
	for i, part := range parts {
		name, param := strings.CutPrefix(part, "{")
		if !param {
			continue
		}
		name, all := strings.CutSuffix(strings.TrimSuffix(name, "}"), "...")
		parts[i] = url.PathEscape(params[name])
		if all {
			parts[i] = strings.ReplaceAll(parts[i], "%2F", "/")
		}
	}
	return strings.Join(parts, "/")
}

// Template is the route of a request as request logs may show it: never the
// path or query, which can hold a license key or a token.
func Template(method, path string) string {
	t, err := parseTarget(path)
	if err != nil {
		return "(none)"
	}
	if r, _, _ := lookUp(routes, method, t.path); r != nil {
		return "/v1/" + r.pattern
	}
	return "(none)"
}

func (c *call) template() string {
	if c.route == nil {
		return "(none)"
	}
	return "/v1/" + c.route.pattern
}
