package npm

import (
	"bytes"
	"strings"

	"offprint/schema"
	"offprint/schema/principal"
	"offprint/serve"
)

// forms are the documents of a package.
var (
	fullForm        = serve.Form{ID: 1, Media: mediaFull, Make: makePackument(schema.NPMPackument)}
	abbreviatedForm = serve.Form{ID: 2, Media: mediaAbbreviated, Make: makePackument(schema.NPMAbbreviated)}
	versionForm     = serve.Form{ID: 3, Media: mediaFull, Make: makeVersion}
	tagsForm        = serve.Form{ID: 4, Media: mediaFull, Local: true, Make: makeTags}
	latestForm      = serve.Form{ID: 5, Local: true, Make: makeLatest}
)

func servePackument(r *serve.Request, p *plan) *principal.Refusal {
	f := &fullForm
	switch formOf(r) {
	case notAcceptable:
		return &wrongAccept
	case abbreviated:
		f = &abbreviatedForm
	}
	_, v, refusal := look(r, p)
	if refusal != nil {
		return refusal
	}
	return answerAsOf(r, p, v, f, string(p.cut))
}

// answerAsOf answers a document of a view. arg ends with the cut, if there is
// one.
func answerAsOf(r *serve.Request, p *plan, v *serve.View, f *serve.Form, arg string) *principal.Refusal {
	if p.cut != nil {
		r.SetAsOf(string(p.cut))
	}
	return r.Answer(v, f, arg)
}

// registry is the URL below which everything of the answer lies: the prefix of
// the request, the cut included.
func registry(r *serve.Request, cut string) string {
	if cut == "" {
		return r.Prefix()
	}
	return r.Prefix() + "/as-of/" + cut
}

func makePackument(write func(dst []byte, h schema.Head, list []schema.NPMRelease, modified int64, prefix string) []byte) func(*serve.Request, *serve.View, string) ([]byte, error) {
	return func(r *serve.Request, v *serve.View, cut string) ([]byte, error) {
		list, err := withBodies(r, v)
		if err != nil {
			return nil, err
		}
		return write(nil, v.Doc.Head, list, v.ChangedAt, registry(r, cut)), nil
	}
}

// withBodies gives the view's versions with their bodies.
func withBodies(r *serve.Request, v *serve.View) ([]schema.NPMRelease, error) {
	list := releases(v)
	bodies, err := v.Doc.Bodies(r.Context(), visible(v))
	if err != nil {
		return nil, err
	}
	for i := range list {
		list[i].Body = bodies[i]
	}
	return list, nil
}

func serveVersion(r *serve.Request, p *plan) *principal.Refusal {
	_, v, refusal := look(r, p)
	if refusal != nil {
		return refusal
	}
	list := releases(v)
	i := schema.NPMFind(list, string(p.arg))
	if i < 0 {
		if dead := deadVersion(r, v, string(p.arg)); dead != nil {
			return dead
		}
		return hidden(r)
	}
	return answerAsOf(r, p, v, &versionForm, list[i].Attr.Release+"@"+string(p.cut))
}

// deadVersion is the refusal if only a suspended or banned license would allow
// the version or tag.
func deadVersion(r *serve.Request, v *serve.View, word string) *principal.Refusal {
	attrs := v.Doc.Index.(*index).attrs
	clean := schema.NPMVersionKey(strings.TrimLeft(strings.TrimSpace(word), "=v"))
	product, err := r.Account.ProductByID(v.Doc.Head.Product)
	if err != nil || product == nil {
		return nil
	}
	return r.Dead(v.Doc, product, func(f int) bool {
		return schema.NPMVersionKey(attrs[f].Version) == clean || attrs[f].Tag == word
	})
}

// makeVersion: arg is the release's id, "@" and the cut.
func makeVersion(r *serve.Request, v *serve.View, arg string) ([]byte, error) {
	release, cut, _ := strings.Cut(arg, "@")
	list := releases(v)
	for i, f := range visible(v) {
		if list[i].Attr.Release != release {
			continue
		}
		bodies, err := v.Doc.Bodies(r.Context(), []int32{f})
		if err != nil {
			return nil, err
		}
		list[i].Body = bodies[0]
		return schema.NPMVersionDocument(nil, v.Doc.Head, list[i], registry(r, cut)), nil
	}
	return nil, schema.ErrNotFound // it was found in this very view
}

func serveDistTags(r *serve.Request, p *plan) *principal.Refusal {
	_, v, refusal := look(r, p)
	if refusal != nil {
		return refusal
	}
	return answerAsOf(r, p, v, &tagsForm, "")
}

func makeTags(_ *serve.Request, v *serve.View, _ string) ([]byte, error) {
	return schema.NPMDistTags(nil, releases(v)), nil
}

func servePing(r *serve.Request, _ *plan) *principal.Refusal {
	return r.AnswerBytes(mediaFull, []byte("{}"), 0)
}

func serveKeys(*serve.Request, *plan) *principal.Refusal { return &noKeys }

func serveWhoami(r *serve.Request, _ *plan) *principal.Refusal {
	if r.Anonymous() {
		return &login
	}
	kind := string(r.Rights.Kind)
	if r.Rights.Kind == schema.StaffCaller {
		kind = "user"
	}
	var b bytes.Buffer
	b.WriteString(`{"username":"` + kind + "/" + r.Rights.ID + `"}`)
	return r.AnswerBytes(mediaFull, b.Bytes(), 0)
}
