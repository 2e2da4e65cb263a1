package oci

import (
	"bytes"

	"offprint/schema"
	"offprint/serve"
)

// kind is what a request asks for.
type kind uint8

const (
	ping kind = iota
	token
	manifest
	blob
	tags
	referrers
)

// plan is a routed request. Its slices lie in the request's room for names.
type plan struct {
	kind   kind
	name   []byte         // as the path has it below the prefix, account and as-of included
	pkg    []byte         // the package in it
	cut    []byte         // of as-of; nil: now
	ref    []byte         // tag, version or digest
	lookup []byte         // "oci/" and pkg
	token  []byte         // room for a bearer token
	have   *serve.Package // that the plan names, if it was looked up already

	nobody bool // the caller presented an anonymous bearer token
}

// maxName bounds host, slash and name together, as the specification does.
const maxName = 255

// route reads method and path. The path is percent-decoded once, then taken
// apart from its right end: names may hold any word in between.
func (p *plan) route(r *serve.Request) *refusal {
	read := r.IsGet() || r.IsHead()
	path, ok := serve.Decode(r.Name[:0], r.Path)
	r.Name = path
	if !ok {
		return &badName
	}
	known, method := p.split(r, path)
	switch {
	case !known && !read && isUpload(path):
		return &readOnly
	case !known:
		return &noRoute
	case p.kind == token && !r.IsGet() && !r.IsPost():
		return &tokenMethods
	case !read && !method:
		return &readOnly
	case p.kind == ping || p.kind == token:
		return nil
	}
	return p.checkName(r)
}

// split takes a path apart. method says that it takes more than GET and HEAD.
func (p *plan) split(r *serve.Request, path []byte) (known, method bool) {
	if r.Rooted() {
		switch string(path) {
		case "", "/":
			p.kind = ping
			return true, false
		case "/token":
			p.kind = token
			return true, true
		}
	}
	rest, last := cutLast(path)
	rest, word := cutLast(rest)
	if len(last) == 0 || len(rest) < 2 {
		return false, false
	}
	switch string(word) {
	case "manifests":
		p.kind = manifest
	case "blobs":
		p.kind = blob
	case "referrers":
		p.kind = referrers
	case "tags":
		p.kind = tags
		if string(last) != "list" {
			return false, false
		}
	default:
		return false, false
	}
	p.name, p.ref = rest[1:], last
	return true, false
}

// cutLast cuts the last segment off a path.
func cutLast(path []byte) (rest, last []byte) {
	i := bytes.LastIndexByte(path, '/')
	if i < 0 {
		return nil, nil
	}
	return path[:i], path[i+1:]
}

// isUpload recognises what pushing clients begin with, or go on with.
func isUpload(path []byte) bool { return bytes.Contains(path, []byte("/blobs/uploads/")) }

// checkName checks the grammar of the name, and finds as-of and the package in
// it. Below a root the account may still be part of the package.
func (p *plan) checkName(r *serve.Request) *refusal {
	if !schema.OCIName(p.name) || len(r.Host())+len("/")+len(p.name) > maxName {
		return &badName
	}
	p.pkg, p.cut = p.name, r.Cut()
	p.cutAsOf()
	return nil
}

// cutAsOf takes as-of/{cut}/ off the front of the package, which can have no
// such component there.
func (p *plan) cutAsOf() {
	rest, ok := bytes.CutPrefix(p.pkg, []byte("as-of/"))
	if !ok {
		return
	}
	if cut, rest, ok := bytes.Cut(rest, []byte("/")); ok && p.cut == nil {
		p.cut, p.pkg = cut, rest
	}
}

// inAccount reads the name within the account that was found: if it begins with
// the account, and a package follows, that is what is meant; else the whole name
// is the package's key.
func (p *plan) inAccount(a *serve.Account) {
	first := firstOf(p.name)
	if len(first) == len(p.name) || string(first) != a.Slug && string(first) != a.ID {
		return
	}
	whole, cut := p.pkg, p.cut
	p.pkg = p.name[len(first)+1:]
	p.cutAsOf()
	pkg, err := p.find(a)
	if p.have = pkg; pkg == nil && err == nil { // an error comes again
		within := p.pkg
		if p.pkg = whole; p.missing(a) {
			p.pkg = within // neither is there
			return
		}
		p.cut = cut
	}
}

func (p *plan) missing(a *serve.Account) bool {
	pkg, err := p.find(a)
	return pkg == nil && err == nil
}

// find finds the package that the plan names, by key or by id; nil if there is
// none.
func (p *plan) find(a *serve.Account) (*serve.Package, error) {
	p.lookup = append(append(p.lookup[:0], Key+"/"...), p.pkg...)
	pkg, err := a.Package(p.lookup)
	if err != nil || pkg != nil {
		return pkg, err
	}
	id := serve.UUID(p.pkg)
	if id == "" {
		return nil, nil
	}
	if pkg, err = a.PackageByID(id); pkg == nil || pkg.Engine != Key {
		return nil, err
	}
	return pkg, nil
}

func firstOf(name []byte) []byte {
	first, _, _ := bytes.Cut(name, []byte("/"))
	return first
}
