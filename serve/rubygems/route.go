package rubygems

import (
	"bytes"
	"time"

	"offprint/schema/principal"
	"offprint/serve"
)

// kind is what a request asks for.
type kind uint8

const (
	nowhere kind = iota
	root
	versions
	names
	info
	specs
	quick
	file
)

// plan is a routed request. Its slices lie in the request's room for names.
type plan struct {
	kind kind
	name []byte // of a gem, or the full name of a file of one
	list specList
	cut  []byte // of as-of; nil: now
}

// route reads method and path, which is percent-decoded once.
func (p *plan) route(r *serve.Request) *principal.Refusal {
	if method := r.Method(); string(method) != "GET" && string(method) != "HEAD" {
		return &readOnly
	}
	path, ok := serve.Decode(r.Name[:0], r.Path)
	r.Name = path
	if !ok {
		return nil
	}
	if cut, rest := cutAsOf(path); cut != nil {
		p.cut, path = cut, rest
	}
	p.split(path)
	return nil
}

// split takes a path apart.
func (p *plan) split(path []byte) {
	switch string(path) {
	case "", "/":
		p.kind = root
	case "/versions":
		p.kind = versions
	case "/names":
		p.kind = names
	case "/specs.4.8.gz":
		p.kind, p.list = specs, releasedSpecs
	case "/latest_specs.4.8.gz":
		p.kind, p.list = specs, latestSpecs
	case "/prerelease_specs.4.8.gz":
		p.kind, p.list = specs, prereleaseSpecs
	default:
		p.below(path)
	}
}

// below reads the paths that name a gem or a file of one.
func (p *plan) below(path []byte) {
	if name, ok := bytes.CutPrefix(path, []byte("/info/")); ok {
		if gemName(name) {
			p.kind, p.name = info, name
		}
		return
	}
	for _, x := range [...]struct {
		kind         kind
		before, tail string
	}{{quick, "/quick/Marshal.4.8/", ".gemspec.rz"}, {file, "/gems/", ".gem"}} {
		full, ok := bytes.CutPrefix(path, []byte(x.before))
		if !ok {
			continue
		}
		if full, ok = bytes.CutSuffix(full, []byte(x.tail)); ok && len(full) > 0 && len(full) <= 400 && bytes.IndexByte(full, '/') < 0 {
			p.kind, p.name = x.kind, full
		}
	}
}

// gemName says whether a gem of this name could exist
// (Gem::Specification::VALID_NAME_PATTERN; only digits are refused on ingest).
func gemName(name []byte) bool {
	if len(name) == 0 || len(name) > 255 || bytes.IndexByte([]byte("._-"), name[0]) >= 0 {
		return false
	}
	digits := true
	for _, c := range name {
		switch {
		case c >= '0' && c <= '9':
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '.', c == '_', c == '-':
			digits = false
		default:
			return false
		}
	}
	return !digits
}

// cutAsOf splits /as-of/{cut}/… into the cut and what follows.
func cutAsOf(path []byte) (cut, rest []byte) {
	tail, ok := bytes.CutPrefix(path, []byte("/as-of/"))
	if !ok {
		return nil, path
	}
	cut, rest = tail, nil
	if slash := bytes.IndexByte(tail, '/'); slash >= 0 {
		cut, rest = tail[:slash], tail[slash:]
	}
	if !isCut(cut) {
		return nil, path
	}
	return cut, rest
}

// isCut says whether s is a serial or an RFC 3339 time.
func isCut(s []byte) bool {
	digits := len(s) > 0
	for _, c := range s {
		digits = digits && c >= '0' && c <= '9'
	}
	if digits {
		return true
	}
	_, err := time.Parse(time.RFC3339Nano, string(s))
	return err == nil
}
