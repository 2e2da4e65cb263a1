package serve

import (
	"bytes"
	"cmp"
	"strconv"

	"github.com/valyala/fasthttp"

	"offprint/schema"
	"offprint/schema/jsonapi"
	"offprint/schema/principal"
)

// varyPrefer is the Vary of artifact URLs.
var varyPrefer = []byte("Accept, Accept-Encoding, Authorization, Prefer")

// serveArtifact answers an artifact URL: its bytes, or the artifact as a
// resource. The checks come in the order of the access rules: route and method,
// account, credential, then what depends on content.
func serveArtifact(r *Request) {
	var p artifactPath
	refusal := p.route(r)
	if refusal == nil {
		refusal = r.findAccount()
	}
	granted := false
	if refusal == nil {
		granted, refusal = r.admitFile(p.id)
	}
	if refusal == nil {
		refusal = p.answer(r, granted)
	}
	if refusal != nil {
		r.Problem(refusal)
	}
	r.Response.Header.SetCanonical(headerVary, varyPrefer)
}

// answer decides what the client gets, by the first rule that fits.
func (p *artifactPath) answer(r *Request, granted bool) *principal.Refusal {
	f, refusal := p.find(r)
	if refusal != nil {
		return refusal
	}
	wish := preferBytes
	if !granted || !p.bytes {
		wish = r.preference()
	}
	switch {
	case f.digest != "":
		return r.SendSum(&f.FileView, f.at, f.digest)
	case p.bytes && wish == preferBytes:
		return r.SendFile(&f.FileView, f.at)
	}
	return r.showArtifact(&f, wish)
}

// SendFile answers with a file's bytes, or says why there are none yet.
func (r *Request) SendFile(v *FileView, i int32) *principal.Refusal {
	a := v.Attr(i)
	if a.State != uploaded {
		return r.notUploaded(a)
	}
	return r.SendBytes(&Bytes{SHA256: a.SHA256, SHA512: a.SHA512, Size: a.Size, Type: cmp.Or(a.Type, schema.ContentType(a.Filename)),
		Name: a.Filename, Modified: a.Stored})
}

// SendSum answers with the line that sha256sum -c, or its sister for the other
// digest, reads.
func (r *Request) SendSum(v *FileView, i int32, digest string) *principal.Refusal {
	a := v.Attr(i)
	if a.State != uploaded {
		return r.notUploaded(a)
	}
	return r.AnswerBytes("text/plain; charset=utf-8", checksumLine(a, digest), 0)
}

// notUploaded tells those who may know of it what became of a file without
// bytes.
func (r *Request) notUploaded(a *schema.FileAttr) *principal.Refusal {
	detail := "the file has no bytes: its status is " + a.State
	if a.State == "FAILED" {
		x, err := schema.Get[schema.Artifact](r.Context(), r.Store(), r.Account.ID, schema.Artifacts, a.Artifact)
		if err != nil {
			return r.Trouble(err)
		}
		if x.FailureReason != "" {
			detail += ", " + x.FailureReason
		}
	}
	return &principal.Refusal{Status: fasthttp.StatusConflict, Code: "ARTIFACT_NOT_UPLOADED", Detail: detail}
}

// showArtifact answers with the artifact as a resource: with the way to its
// bytes, if there are any, unless the client said that it wants none.
func (r *Request) showArtifact(f *found, wish preference) *principal.Refusal {
	link := ""
	if wish != preferNoDownload && f.Attr(f.at).State == uploaded {
		link = r.BytesLink(&f.FileView, f.at)
	}
	x, err := schema.Get[schema.Artifact](r.Context(), r.Store(), r.Account.ID, schema.Artifacts, f.Attr(f.at).Artifact)
	if err != nil {
		return r.Trouble(err)
	}
	body, err := jsonapi.Marshal(jsonapi.Document{Data: jsonapi.Artifact(&x, link)})
	if err != nil {
		return r.Trouble(err)
	}
	if link != "" {
		r.Response.Header.Set("Location", link)
	}
	if link == "" || wish == preferNoRedirect {
		return r.AnswerBytes(r.documentMedia(), body, 0)
	}
	h := &r.Response.Header
	r.Response.SetStatusCode(fasthttp.StatusSeeOther)
	h.SetCanonical(headerCache, r.RedirectCaching())
	if len(r.Query) > 0 {
		h.SetCanonical(headerReferrer, noReferrer)
	}
	h.SetContentType(r.documentMedia())
	r.Response.SetBodyRaw(body)
	return nil
}

// RedirectCaching is the Cache-Control of a redirect: that of what depends on
// the caller, but never kept if the query held a credential.
func (r *Request) RedirectCaching() []byte {
	for _, name := range [...]string{"auth", "token", "grant"} {
		if len(r.Query) > 0 && r.Param(name) != nil {
			return cacheNever
		}
	}
	return r.caching()
}

// documentMedia is the type of a JSON:API document: plain JSON if the client
// asked for that alone.
func (r *Request) documentMedia() string {
	plain := false
	for _, line := range r.Accept() {
		for len(line) > 0 {
			var item []byte
			item, line, _ = bytes.Cut(line, []byte(","))
			media, _, _ := bytes.Cut(item, []byte(";"))
			if plain = bytes.EqualFold(bytes.TrimSpace(media), []byte("application/json")); !plain {
				return problemMedia
			}
		}
	}
	if plain {
		return "application/json; charset=utf-8"
	}
	return problemMedia
}

// SeeOther redirects to a file's bytes. The serial is that of the view in which
// the file was found.
func (r *Request) SeeOther(location []byte, serial uint64) {
	h := &r.Response.Header
	r.Response.SetStatusCode(fasthttp.StatusSeeOther)
	h.SetCanonical(headerLocation, location)
	h.SetCanonical(headerCache, r.RedirectCaching())
	h.SetCanonical(headerVary, varyValue)
	h.SetCanonical(headerSerial, strconv.AppendUint(r.key[:0], serial, 10))
	h.SetContentLength(0)
	if len(r.Query) > 0 {
		h.SetCanonical(headerReferrer, noReferrer)
	}
}
