package oci

import (
	"github.com/valyala/fasthttp"

	"offprint/schema"
	"offprint/serve"
)

// serveBlob answers the bytes of any digest that the view holds, manifests
// included
// (https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-blobs).
func serveBlob(r *serve.Request, p *plan, v *view) *refusal {
	if !schema.OCIDigest(p.ref) {
		return &badDigest
	}
	list := v.index.held[string(p.ref)]
	h := v.shown.find(list)
	if h == nil {
		return v.hidden(r, p, &noBlob, holders(list))
	}
	var room [160]byte
	etag := append(append(append(room[:0], '"'), p.ref...), '"')
	r.Response.Header.SetCanonical(headerDigest, p.ref)
	return translateBytes(r.SendBytes(&serve.Bytes{SHA256: h.key, Size: h.size, Type: "application/octet-stream",
		ETag: etag, Redirect: fasthttp.StatusTemporaryRedirect}))
}
