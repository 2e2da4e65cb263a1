package serve

import (
	"bytes"
	"strings"

	"github.com/valyala/fasthttp"

	"offprint/schema/principal"
)

// ArtifactsKey stands for the artifact endpoint where engines are told apart, as
// in Config.Observe.
const ArtifactsKey = "artifacts"

// artifacts answers artifact URLs; it is no engine of the catalog.
var artifacts = &Engine{Key: ArtifactsKey, Serve: serveArtifact}

// ServeArtifact answers a request below artifacts, of the account or of one
// release, in every form of root. Other paths are 404. The publishing API may
// hand requests to it; Handle finds them by itself.
func (s *Server) ServeArtifact(ctx *fasthttp.RequestCtx) {
	var t target
	t.take(ctx)
	if !t.routeArtifact() {
		t.engine, t.form, t.rest = artifacts, soleForm, nil
	}
	s.serve(ctx, &t)
}

// routeArtifact reads /v1/accounts/{account}/…, /v1/… and /{account}/v1/…, and
// below them artifacts/{name…} and releases/{release}/artifacts/{name…}.
func (t *target) routeArtifact() bool {
	path := t.path
	for len(path) > 1 && path[1] == '/' {
		path = path[1:]
	}
	first, rest := nextSegment(path)
	t.engine, t.form = artifacts, pathForm
	switch {
	case string(first) != "v1":
		t.word = first
		version, below := nextSegment(rest)
		if string(version) != "v1" || len(first) == 0 {
			return false
		}
		rest = below
	case bytes.HasPrefix(rest, []byte("/accounts/")):
		t.word, rest = nextSegment(rest[len("/accounts"):])
	default:
		t.form, t.word = soleForm, nil
	}
	t.rest = rest
	return underArtifacts(rest)
}

// underArtifacts says whether a path below the root names artifacts of it, or of
// one of its releases, and something below them.
func underArtifacts(path []byte) bool {
	first, rest := nextSegment(path)
	if string(first) == "releases" {
		_, rest = nextSegment(rest)
		first, rest = nextSegment(rest)
	}
	return string(first) == "artifacts" && len(rest) > 1
}

// artifactPath is what an artifact URL names, decoded.
type artifactPath struct {
	within  bool   // of one release
	release string // id, version or tag
	id      string // of the artifact, if it is named by it
	name    string // filename; what the caller called it, if id alone is there
	bytes   bool   // the canonical URL, {id}/{filename…}
	nowhere bool   // holds a segment that no name has
}

// parseArtifactPath splits first and decodes then. ok is false for a broken
// escape.
func parseArtifactPath(path []byte) (p artifactPath, ok bool) {
	text := strings.TrimSuffix(strings.TrimPrefix(string(path), "/"), "/")
	parts := strings.Split(text, "/")
	for i := range parts {
		decoded, ok := DecodeText(parts[i])
		if !ok {
			return p, false
		}
		parts[i] = decoded
	}
	if len(parts) > 3 && parts[0] == "releases" {
		p.within, p.release = true, parts[1]
		parts = parts[2:]
	}
	if len(parts) < 2 || parts[0] != "artifacts" {
		p.nowhere = true
		return p, true
	}
	parts = parts[1:]
	p.name = strings.Join(parts, "/")
	p.nowhere = !ValidName(p.name)
	if p.within {
		return p, true
	}
	if p.id = UUID([]byte(parts[0])); p.id != "" && len(parts) > 1 {
		p.bytes, p.name = true, strings.Join(parts[1:], "/")
	}
	return p, true
}

// ValidName says whether a file could have this name: no segment of it is empty,
// "." or "..".
func ValidName(name string) bool {
	for segment := range strings.SplitSeq(name, "/") {
		if segment == "" || segment == "." || segment == ".." {
			return false
		}
	}
	return true
}

// route reads method, path and query.
func (p *artifactPath) route(r *Request) *principal.Refusal {
	if !r.IsGet() && !r.IsHead() {
		return &readOnly
	}
	path, ok := parseArtifactPath(r.Path)
	if _, fine := AppendQuery(r.key[:0], r.Query); !ok || !fine {
		return &badEncoding
	}
	*p = path
	return nil
}

// readOnly is the answer to a method that writes.
var readOnly = principal.Refusal{Status: 405, Code: "METHOD_NOT_ALLOWED", Detail: "this URL can only be read: to publish, create a release and upload its artifacts through the publishing API, or with its command line"}
