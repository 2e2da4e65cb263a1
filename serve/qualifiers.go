package serve

import (
	"strings"

	"offprint/schema"
)

// qualifiers narrow a search for files: the query parameters of a look-up by
// name. A nil pointer does not narrow.
type qualifiers struct {
	product, pkg                                     *string // ids; "" is none
	channel, engine, platform, arch, filetype, state *string
}

// qualifiers reads them. A product or package that does not exist selects
// nothing.
func (r *Request) qualifiers() (q qualifiers, err error) {
	if len(r.Query) == 0 {
		return q, nil
	}
	nothing := "-" // the id of nothing
	if word := r.Param("product"); word != nil {
		q.product = &nothing
		if p, err := r.Account.ProductNamed(string(word)); err != nil {
			return q, err
		} else if p != nil {
			q.product = &p.ID
		}
	}
	if word := r.Param("package"); word != nil {
		none := ""
		q.pkg = &none
		if len(word) > 0 {
			q.pkg = &nothing
			if p, err := r.Account.PackageNamed(string(word)); err != nil {
				return q, err
			} else if p != nil {
				q.pkg = &p.ID
			}
		}
	}
	lower := func(name string) *string {
		if word := r.Param(name); word != nil {
			text := strings.ToLower(strings.TrimSpace(string(word)))
			return &text
		}
		return nil
	}
	q.channel, q.engine, q.state = lower("channel"), lower("engine"), lower("status")
	q.platform, q.arch, q.filetype = lower("platform"), lower("arch"), lower("filetype")
	if q.filetype != nil {
		*q.filetype = strings.TrimPrefix(*q.filetype, ".")
	}
	return q, nil
}

// admit says whether a file is not narrowed out.
func (q *qualifiers) admit(f *found) bool {
	a, head := f.Attr(f.at), &f.Doc.Head
	return is(q.product, head.Product) && is(q.pkg, head.Package) && is(q.engine, head.Engine) && is(q.channel, a.Channel) &&
		is(q.platform, a.Platform) && is(q.arch, a.Arch) && is(q.filetype, a.Filetype) && is(q.state, strings.ToLower(a.State))
}

// admitRelease says whether a release is not narrowed out.
func (q *qualifiers) admitRelease(x *schema.Release) bool {
	return is(q.product, x.Product) && is(q.pkg, x.Package) && is(q.channel, x.Channel)
}

func is(wanted *string, value string) bool { return wanted == nil || *wanted == value }
