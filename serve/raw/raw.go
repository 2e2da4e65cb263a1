// Package raw serves stable links to any file: product, release, filename in a
// path that people can write down. A link is a redirect to the file's artifact
// URL, on the same host, since clients re-send credentials only there.
//
// [parse] takes the path apart; the look-up runs as if what the caller cannot
// see did not exist. Refusals are JSON:API documents.
package raw

import (
	"offprint/schema/principal"
	"offprint/serve"
)

// Key is the engine's name in URLs.
const Key = "raw"

// New makes the engine. It has no index documents: the files of every engine's
// packages, and of releases without package, are reached through it.
func New() *serve.Engine { return &serve.Engine{Key: Key, Serve: answer} }

var (
	readOnly = principal.Refusal{Status: 405, Code: "METHOD_NOT_ALLOWED", Detail: "raw links can only be read: to publish, create a release and upload its artifacts through the publishing API, or with its command line"}
	encoding = principal.Refusal{Status: 400, Code: "ENCODING_INVALID", Detail: "the path or query holds a broken percent escape, or text that is not UTF-8"}
)

// answer runs the checks in the order of the access rules: route and method,
// account, credential, then what depends on content.
func answer(r *serve.Request) {
	refusal := serveLink(r)
	if refusal != nil {
		r.Problem(refusal)
	}
}

func serveLink(r *serve.Request) *principal.Refusal {
	if !r.IsGet() && !r.IsHead() {
		return &readOnly
	}
	l, ok := parse(r.Path)
	if !ok {
		return &encoding
	}
	query, ok := serve.AppendQuery(r.Name[:0], r.Query)
	if !ok {
		return &encoding
	}
	r.Name = query
	if refusal := r.Admit(); refusal != nil {
		return refusal
	}
	v, refusal := l.files(r)
	if refusal != nil {
		return refusal
	}
	if i := v.Find(l.release, l.file); i >= 0 {
		redirect(r, v, i, query)
		return nil
	}
	if i, digest := v.FindSum(l.release, l.file); i >= 0 {
		return r.SendSum(v, i, digest)
	}
	if reason := v.Why(l.release, l.file); reason != nil {
		return reason
	}
	return r.HiddenFile(l.file)
}

// files opens the files document that a link is about.
func (l *link) files(r *serve.Request) (*serve.FileView, *principal.Refusal) {
	slot, product, err := l.slot(r)
	if err != nil {
		return nil, r.Trouble(err)
	}
	if slot == nil {
		return nil, r.HiddenFile(l.file)
	}
	d, err := slot.Doc()
	if err != nil {
		return nil, r.Trouble(err)
	}
	if d == nil {
		return nil, r.HiddenFile(l.file)
	}
	v := r.FileView(d, product)
	return &v, nil
}

// slot finds the product and the package in it; nil if the link leads nowhere.
func (l *link) slot(r *serve.Request) (*serve.Slot, *serve.Product, error) {
	if l.nowhere {
		return nil, nil, nil
	}
	product, err := r.Account.ProductNamed(l.product)
	if err != nil || product == nil {
		return nil, nil, err
	}
	if !l.packaged {
		return product.Files(), product, nil
	}
	for _, key := range [...]string{l.pkg, "@" + l.pkg} { // @acme/x may stand for the key itself
		pkg, err := r.Account.PackageNamed(key)
		if err != nil {
			return nil, nil, err
		}
		if pkg != nil && pkg.Product == product {
			return pkg.Files(), product, nil
		}
	}
	return nil, nil, nil
}

// redirect sends the client to the file's bytes, its query with it: that is how
// a credential in it reaches the next hop.
func redirect(r *serve.Request, v *serve.FileView, i int32, query []byte) {
	location := r.AppendBytesURL(r.Name[len(query):], v.Attr(i)) // the query lies before it
	if len(query) > 0 {
		location = append(append(location, '?'), query...)
	}
	r.SeeOther(location, r.View(v.Doc, v.Product).Serial)
}
