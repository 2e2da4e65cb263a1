package serve

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"time"

	"offprint/schema/principal"
)

// VariantKey names the bytes of a view: which of the engine's documents, under
// which URL base, in which content coding.
type VariantKey struct {
	Form   uint8 // the engine's own number
	Coding coding
	Base   baseID
	Arg    string // for documents of one version or the like; "" otherwise
}

// append writes the key as the bytes that a table looks up.
func (k VariantKey) append(dst []byte) []byte {
	dst = append(dst, k.Form, byte(k.Coding))
	return append(binary.AppendUvarint(dst, uint64(k.Base)), k.Arg...)
}

// Variant is a finished answer: body, ETag and headers as bytes.
type Variant struct {
	etag   []byte // quoted, strong
	serial []byte
	Body   []byte
	coding coding
	Media  string // Content-Type
	text   *Text  // nil: answered whole

	view *View // nil: not kept
	key  VariantKey
}

// minCoded is the length from which a body is worth coding.
const minCoded = 1024

// Form is one of an engine's documents.
type Form struct {
	ID    uint8
	Media string
	// Local says that the document names no URL, so that all bases share it.
	Local bool
	// Text says that clients fetch it in parts and check it as a whole; see Text.
	Text bool
	// Make assembles the document of a view. arg is that of Answer.
	Make func(r *Request, v *View, arg string) ([]byte, error)
}

// Answer writes a document of a view: from memory, or made now. It judges
// If-None-Match. arg distinguishes documents of one form, for example by
// version.
func (r *Request) Answer(v *View, f *Form, arg string) *principal.Refusal {
	key := VariantKey{Form: f.ID, Coding: r.accepted(), Arg: arg}
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
	r.respond(x)
	return nil
}

// variant makes a variant once for all who ask at the same time.
func (r *Request) variant(v *View, f *Form, key VariantKey) (*Variant, error) {
	if key.Base == otherBase {
		return r.make(v, f, key)
	}
	name := fmt.Sprintf("%p %d %d %d %s", v, key.Form, key.Coding, key.Base, key.Arg)
	x, err, _ := r.server.flight.Do(name, func() (any, error) {
		if have := v.variant(nil, key); have != nil {
			return have, nil
		}
		x, err := r.make(v, f, key)
		if err != nil {
			return nil, err
		}
		r.server.keepVariant(v, x)
		return x, nil
	})
	if err != nil {
		return nil, err
	}
	return x.(*Variant), nil
}

// keepVariant keeps x while its document is the present one.
func (s *Server) keepVariant(v *View, x *Variant) {
	if v.Doc.slot.doc.Load() != v.Doc {
		return // it changed meanwhile; whoever asked gets what was true when they asked
	}
	x.view = v
	v.setVariant(x.key, x)
	s.cache.held.Set(x, int64(len(x.Body)+512))
	if v.Doc.slot.doc.Load() != v.Doc {
		s.cache.held.Invalidate(x)
	}
}

func (r *Request) make(v *View, f *Form, key VariantKey) (*Variant, error) {
	began := time.Now()
	body, err := f.Make(r, v, key.Arg)
	if err != nil {
		return nil, err
	}
	x := &Variant{Body: body, Media: f.Media, serial: strconv.AppendUint(nil, v.Serial, 10), key: key}
	if key.Coding != identity && len(body) >= minCoded {
		x.Body, x.coding = compress(body, key.Coding), key.Coding
	}
	if f.Text {
		x.text = NewText(f.Media, body, v.Serial)
	} else {
		x.etag = etagOf(x.Body)
		x.pack()
	}
	r.server.counters.note(time.Since(began))
	return x, nil
}

// packed is the length up to which a body is moved to its ETag.
const packed = 64 << 10

// pack lets what is sent together lie together.
func (x *Variant) pack() {
	if len(x.Body) > packed {
		return
	}
	all := slices.Concat(x.etag, x.serial, x.Body)
	e, s := len(x.etag), len(x.etag)+len(x.serial)
	x.etag, x.serial, x.Body = all[:e:e], all[e:s:s], all[s:]
}

// AnswerBytes writes a body that is not kept, in identity coding. A serial of 0
// is left out.
func (r *Request) AnswerBytes(media string, body []byte, serial uint64) *principal.Refusal {
	x := &Variant{Body: body, Media: media, etag: etagOf(body)}
	if serial != 0 {
		x.serial = strconv.AppendUint(nil, serial, 10)
	}
	r.respond(x)
	return nil
}

// AnswerCoded is AnswerBytes in the coding that the client likes best.
func (r *Request) AnswerCoded(media string, body []byte, serial uint64) *principal.Refusal {
	c := r.accepted()
	if c == identity || len(body) < minCoded {
		return r.AnswerBytes(media, body, serial)
	}
	x := &Variant{Body: compress(body, c), Media: media, coding: c, serial: strconv.AppendUint(nil, serial, 10)}
	x.etag = etagOf(x.Body)
	r.respond(x)
	return nil
}

// Bytes gives a document of a view in identity coding, as Answer would write it.
func (r *Request) Bytes(v *View, f *Form, arg string) ([]byte, error) {
	key := VariantKey{Form: f.ID, Arg: arg}
	if !f.Local {
		key.Base = r.baseID()
	}
	x := v.variant(r.key[:0], key)
	if x == nil {
		var err error
		if x, err = r.variant(v, f, key); err != nil {
			return nil, err
		}
	}
	return x.Body, nil
}

// etagOf is the strong entity tag of a body.
func etagOf(body []byte) []byte {
	sum := sha256.Sum256(body)
	return append(hex.AppendEncode([]byte(`"sha256:`), sum[:]), '"')
}
