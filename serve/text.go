package serve

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strconv"

	"github.com/valyala/fasthttp"

	"offprint/schema/principal"
)

// Text is a finished body that clients keep, fetch the end of, and check as a
// whole: its entity tag is the MD5 of the body, its digests are those of
// RFC 9530 and RFC 3230, and it is never coded. It is immutable.
type Text struct {
	Body   []byte
	media  []byte
	etag   []byte // quoted, strong
	repr   []byte // Repr-Digest
	digest []byte // Digest
	serial []byte // nil: not said
}

// NewText finishes a body. A serial of 0 is left out.
func NewText(media string, body []byte, serial uint64) *Text {
	return TextOf(media, body, md5.Sum(body), sha256.Sum256(body), serial)
}

// TextOf is NewText for a body whose digests are known.
func TextOf(media string, body []byte, md5Sum [md5.Size]byte, sha [sha256.Size]byte, serial uint64) *Text {
	x := &Text{Body: body, media: []byte(media)}
	x.etag = append(hex.AppendEncode([]byte{'"'}, md5Sum[:]), '"')
	text := base64.StdEncoding.EncodeToString(sha[:])
	x.repr, x.digest = []byte("sha-256=:"+text+":"), []byte("sha-256="+text)
	if serial != 0 {
		x.serial = strconv.AppendUint(nil, serial, 10)
	}
	return x
}

var headerOldDigest = []byte("Digest")

// AnswerPlain is Answer without content coding, and with ranges for a form that
// is a Text. A refusal is RangeRefusal, with Content-Range set, or trouble.
func (r *Request) AnswerPlain(v *View, f *Form, arg string) *principal.Refusal {
	key := VariantKey{Form: f.ID, Arg: arg}
	if !f.Local {
		key.Base = r.baseID()
	}
	x := v.variant(r.key[:0], key)
	if x == nil {
		var err error
		if x, err = r.variant(v, f, key); err != nil {
			return r.Trouble(err)
		}
	} else {
		r.hit(x)
	}
	if x.text != nil {
		return r.SendText(x.text)
	}
	r.respond(x)
	return nil
}

// SendText answers with a text: whole, in part, or 304. Access was decided
// before. The refusal is RangeRefusal, for which Content-Range is set already.
func (r *Request) SendText(x *Text) *principal.Refusal {
	h := &r.Response.Header
	h.SetCanonical(headerETag, x.etag)
	h.SetCanonical(headerVary, varyValue)
	h.SetCanonical(headerCache, r.caching())
	if x.serial != nil {
		h.SetCanonical(headerSerial, x.serial)
	}
	if len(r.Query) > 0 {
		h.SetCanonical(headerReferrer, noReferrer)
	}
	if r.Matches(x.etag) {
		r.Response.SetStatusCode(fasthttp.StatusNotModified)
		return nil
	}
	body := x.Body
	if wanted := r.RequestCtx.Request.Header.Peek("Range"); len(wanted) > 0 && r.IsGet() && r.rangeHolds(x.etag, 0) {
		part, verdict := parseRange(wanted, int64(len(body)))
		switch verdict {
		case noSuchRange:
			h.Del("ETag")
			h.SetCanonical(headerRange, strconv.AppendInt(append(r.key[:0], "bytes */"...), int64(len(body)), 10))
			return &RangeRefusal
		case partOfFile:
			r.Response.SetStatusCode(fasthttp.StatusPartialContent)
			h.SetCanonical(headerRange, appendRange(r.key[:0], part, int64(len(body))))
			body = body[part.start : part.start+part.length]
		}
	}
	h.SetContentTypeBytes(x.media)
	h.SetCanonical(headerRanges, bytesUnit)
	h.SetCanonical(headerDigest, x.repr)
	h.SetCanonical(headerOldDigest, x.digest)
	r.Response.SetBodyRaw(body)
	return nil
}

// appendRange writes Content-Range (RFC 9110 section 14.4).
func appendRange(dst []byte, part extent, size int64) []byte {
	dst = strconv.AppendInt(append(dst, "bytes "...), part.start, 10)
	dst = strconv.AppendInt(append(dst, '-'), part.start+part.length-1, 10)
	return strconv.AppendInt(append(dst, '/'), size, 10)
}

// Whole finishes a body that is answered whole, in identity coding.
func Whole(media string, body []byte, serial uint64) *Variant {
	return &Variant{Body: body, Media: media, etag: etagOf(body), serial: strconv.AppendUint(nil, serial, 10)}
}

// Send answers with what Whole finished.
func (r *Request) Send(x *Variant) { r.respond(x) }
