package npm

import (
	"bytes"

	"offprint/schema/principal"
	"offprint/serve"
)

// kind is what a request asks for.
type kind uint8

const (
	packument kind = iota
	versionDocument
	tarball
	distTags
	ping
	whoami
	search
	keys
	bulkAdvisories
	audit
)

// plan is a routed request. Its slices lie in the request's room for names.
type plan struct {
	kind kind
	// lookup is "npm/" and the package name; empty if the path holds no name
	// that could exist.
	lookup []byte
	arg    []byte // version, dist-tag or file
	cut    []byte // of as-of; nil: now
}

// name is the package name as the client wrote it.
func (p *plan) name() []byte {
	if len(p.lookup) < len("npm/") {
		return nil
	}
	return p.lookup[len("npm/"):]
}

// route reads method and path. The path is percent-decoded once, then split; a
// doubled or trailing slash is tolerated. A path that does not decode names
// something unknown.
func (p *plan) route(r *serve.Request) *principal.Refusal {
	method := r.Method()
	read := string(method) == "GET" || string(method) == "HEAD"
	path, ok := decodePath(r)
	if ok {
		if cut, rest := cutAsOf(path); cut != nil {
			// The name's room is moved down so that "npm" stays in front of it.
			p.cut = bytes.Clone(cut)
			r.Name = append(r.Name[:len("npm")], rest...)
			path = r.Name[len("npm"):]
		}
	}
	if !ok {
		p.kind = packument
	} else if refusal := p.split(path, r.Name); refusal != nil {
		return refusal
	}
	switch {
	case p.kind == bulkAdvisories || p.kind == audit:
		if string(method) != "POST" {
			return &postOnly
		}
	case !read:
		return &readOnly
	}
	return nil
}

// decodePath decodes the path behind the letters "npm" in r.Name, without
// doubled and trailing slashes.
func decodePath(r *serve.Request) ([]byte, bool) {
	name, ok := serve.Decode(append(r.Name[:0], "npm"...), r.Path)
	r.Name = name
	if !ok {
		return nil, false
	}
	path := name[len("npm"):]
	out := path[:0]
	for i, c := range path {
		if c == '/' && (i == len(path)-1 || path[i+1] == '/') {
			continue
		}
		out = append(out, c)
	}
	r.Name = name[:len("npm")+len(out)]
	return out, true
}

// split takes a path apart. whole is path with "npm" in front.
func (p *plan) split(path, whole []byte) *principal.Refusal {
	if len(path) == 0 {
		p.kind = ping
		return nil
	}
	if bytes.HasPrefix(path, []byte("/-/")) || string(path) == "/-" {
		return p.special(path)
	}
	n := nameLength(path[1:])
	if n == 0 {
		return nil // a packument of a name that cannot exist
	}
	name, rest := path[1:1+n], path[1+n:]
	switch {
	case len(rest) == 0:
		p.kind = packument
	case bytes.HasPrefix(rest, []byte("/-/")) && len(rest) > 3:
		p.kind, p.arg = tarball, rest[3:]
	case bytes.IndexByte(rest[1:], '/') < 0:
		p.kind, p.arg = versionDocument, rest[1:]
	default:
		return nil
	}
	if validName(name) {
		p.lookup = whole[:len("npm")+1+n]
	}
	return nil
}

// nameLength is the length of the package name that a path begins with.
func nameLength(path []byte) int {
	end := bytes.IndexByte(path, '/')
	if len(path) > 0 && path[0] == '@' && end >= 0 {
		if next := bytes.IndexByte(path[end+1:], '/'); next >= 0 {
			return end + 1 + next
		}
		return len(path)
	}
	if end >= 0 {
		return end
	}
	return len(path)
}

// special reads the paths below /-/.
func (p *plan) special(path []byte) *principal.Refusal {
	switch string(path) {
	case "/-/ping":
		p.kind = ping
	case "/-/whoami":
		p.kind = whoami
	case "/-/v1/search":
		p.kind = search
	case "/-/npm/v1/keys":
		p.kind = keys
	case "/-/npm/v1/security/advisories/bulk":
		p.kind = bulkAdvisories
	case "/-/npm/v1/security/audits", "/-/npm/v1/security/audits/quick":
		p.kind = audit
	case "/-/v1/login":
		return &readOnly
	default:
		return p.tags(path)
	}
	return nil
}

// tags reads /-/package/{pkg}/dist-tags. A tag below it can only be written,
// which is not done here.
func (p *plan) tags(path []byte) *principal.Refusal {
	if bytes.HasPrefix(path, []byte("/-/user/")) {
		return &readOnly
	}
	rest, ok := bytes.CutPrefix(path, []byte("/-/package/"))
	if !ok {
		return &noRoute
	}
	n := nameLength(rest)
	name, below := rest[:n], rest[n:]
	switch {
	case string(below) == "/dist-tags":
	case bytes.HasPrefix(below, []byte("/dist-tags/")):
		return &readOnly
	default:
		return &noRoute
	}
	p.kind = distTags
	if validName(name) {
		p.lookup = append([]byte("npm/"), name...)
	}
	return nil
}
