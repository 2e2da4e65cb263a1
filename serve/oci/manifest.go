package oci

import (
	"bytes"
	"slices"
	"strconv"

	"github.com/maypok86/otter/v2"
	"github.com/valyala/fasthttp"

	"offprint/schema"
	"offprint/schema/principal"
	"offprint/serve"
)

// manifestBudget bounds the manifests that are kept in memory, in bytes.
const manifestBudget = 32 << 20

// manifests keeps the bytes of manifests by their SHA-256. They never change, so
// nothing ever drops them but the budget; who may have them is decided elsewhere.
type manifests struct {
	held *otter.Cache[string, *kept]
}

// kept is a manifest with its headers.
type kept struct{ body, digest, etag, media []byte }

func newManifests() *manifests {
	return &manifests{otter.Must(&otter.Options[string, *kept]{
		MaximumWeight: manifestBudget,
		Weigher:       func(_ string, x *kept) uint32 { return uint32(len(x.body) + 512) },
	})}
}

// get gives a manifest, from memory or from the store. A manifest of one digest
// may be known by another type or name elsewhere.
func (c *manifests) get(r *serve.Request, h *holder) (*kept, *refusal) {
	m := h.manifest
	if x, ok := c.held.GetIfPresent(h.key); ok && string(x.media) == m.MediaType && string(x.digest) == m.Digest {
		return x, nil
	}
	body, refused := r.ReadBlob(h.key, h.size)
	if refused != nil {
		return nil, translate(refused)
	}
	x := &kept{body: body, digest: []byte(m.Digest), etag: []byte(`"` + m.Digest + `"`), media: []byte(m.MediaType)}
	c.held.Set(h.key, x)
	return x, nil
}

// serveManifest answers a manifest or index
// (https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests).
func (g *registry) serveManifest(r *serve.Request, p *plan, v *view) *refusal {
	if bytes.IndexByte(p.ref, ':') >= 0 {
		return g.byDigest(r, p, v)
	}
	return g.byName(r, p, v)
}

// byDigest ignores Accept: the content has one form.
func (g *registry) byDigest(r *serve.Request, p *plan, v *view) *refusal {
	if !schema.OCIDigest(p.ref) {
		return &badDigest
	}
	list := v.index.held[string(p.ref)]
	h := v.shown.find(list)
	switch {
	case h == nil:
		return v.hidden(r, p, &noManifest, holders(list))
	case h.manifest == nil:
		return &noManifest
	}
	x, refusal := g.manifests.get(r, h)
	if refusal != nil {
		return refusal
	}
	if string(x.digest) != string(p.ref) { // asked by its other name
		own := *x
		own.digest, own.etag = bytes.Clone(p.ref), []byte(`"`+string(p.ref)+`"`)
		x = &own
	}
	return sendManifest(r, p, v, x)
}

// byName finds what a tag or version stands for in the caller's view.
func (g *registry) byName(r *serve.Request, p *plan, v *view) *refusal {
	if i := bytes.IndexByte(p.ref, '+'); i >= 0 { // registries write build metadata with _
		for ; i < len(p.ref); i++ {
			if p.ref[i] == '+' {
				p.ref[i] = '_'
			}
		}
	}
	if !schema.OCITag(p.ref) {
		return v.hidden(r, p, &noManifest, holders(nil))
	}
	list, names := v.aged(r)
	f, ok := names.names[string(p.ref)]
	if !ok {
		if isProbe(p.ref) && len(v.index.names[string(p.ref)]) == 0 {
			return &noManifest
		}
		return v.hidden(r, p, &noManifest, slices.Values(v.index.names[string(p.ref)]))
	}
	h := v.choose(r, v.in(f, v.index.attrs[f].Root))
	if h == nil {
		return notAcceptable(v.in(f, v.index.attrs[f].Root))
	}
	x, refusal := g.manifests.get(r, h)
	if refusal != nil {
		return refusal
	}
	var room [20]byte
	r.Response.Header.SetCanonical(headerSerial, strconv.AppendUint(room[:0], list.Serial, 10))
	return sendManifest(r, p, v, x)
}

// in finds a digest in the inventory of one release.
func (v *view) in(fragment int32, digest string) *holder {
	list := v.index.held[digest]
	for i := range list {
		if list[i].fragment == fragment {
			return &list[i]
		}
	}
	return nil
}

// choose gives the root if the client takes its type, else the one image in it
// that an old client means; nil if it takes neither.
func (v *view) choose(r *serve.Request, top *holder) *holder {
	if top == nil || top.manifest == nil || accepts(r, top.manifest.MediaType) {
		return top
	}
	if !top.manifest.Index {
		return nil
	}
	var images []*holder
	for _, digest := range top.manifest.Children {
		h := v.in(top.fragment, digest)
		if h == nil || h.manifest == nil || h.manifest.Index || h.manifest.Attestation {
			continue
		}
		if p := h.manifest.Platform; p != nil && p.OS == "linux" && p.Architecture == "amd64" {
			images = []*holder{h}
			break
		}
		images = append(images, h)
	}
	if len(images) == 1 && accepts(r, images[0].manifest.MediaType) {
		return images[0]
	}
	return nil
}

// notAcceptable says what there is.
func notAcceptable(top *holder) *refusal {
	out := noManifest
	out.message = "the manifest has a type that the request does not accept"
	out.detail = struct {
		Available []string `json:"available"`
	}{[]string{top.manifest.MediaType}}
	return &out
}

// isProbe recognises the tags under which signatures are looked for
// (sha256-<digest>.sig and the like), by clients that take anything but 404 for
// a failure.
func isProbe(ref []byte) bool {
	rest, ok := bytes.CutPrefix(ref, []byte("sha256-"))
	if !ok || len(rest) < 64 || !schema.OCIDigest("sha256:"+string(rest[:64])) {
		return false
	}
	switch string(rest[64:]) {
	case "", ".sig", ".att", ".sbom":
		return true
	}
	return false
}

// sendManifest writes a manifest, or 304 if the client has it. Access was
// decided before.
func sendManifest(r *serve.Request, p *plan, v *view, x *kept) *refusal {
	h := &r.Response.Header
	h.SetCanonical(headerDigest, x.digest)
	status := r.Precondition(x.etag)
	if status == fasthttp.StatusPreconditionFailed {
		return &notManifest
	}
	h.SetCanonical(headerETag, x.etag)
	h.SetCanonical(headerCache, r.Caching())
	warn(r, v.pkg.Product.ID)
	if status == fasthttp.StatusNotModified {
		r.Response.SetStatusCode(status)
		return nil
	}
	h.SetContentTypeBytes(x.media)
	r.Response.SetBodyRaw(x.body)
	return nil
}

// translateBytes makes errors of the protocol of those of sending a blob.
func translateBytes(refused *principal.Refusal) *refusal {
	switch refused {
	case nil:
		return nil
	case &serve.RangeRefusal:
		return &badRange
	case &serve.PreconditionRefusal:
		return &notBlob
	}
	return translate(refused)
}
