package serve

import (
	"bytes"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// coding is a content coding (RFC 9110 section 8.4.1), by falling preference.
type coding uint8

const (
	identity coding = iota
	zstdCoding
	brotliCoding
	gzipCoding
)

var codingNames = [...][]byte{identity: []byte("identity"), zstdCoding: []byte("zstd"), brotliCoding: []byte("br"), gzipCoding: []byte("gzip")}

// accepted is the best coding for the client: the highest q, ties in the order
// zstd, br, gzip, identity. Whoever refuses identity and everything else gets
// identity: an answer beats none.
func (r *Request) accepted() coding {
	h := r.header().encoding
	if len(h) == 0 {
		return identity
	}
	return bestCoding(h)
}

// bestCoding parses Accept-Encoding (RFC 9110 section 12.5.3). q is in
// thousandths; -1: not named.
func bestCoding(h []byte) coding {
	q := [...]int{-1, -1, -1, -1}
	any := -1
	for len(h) > 0 {
		var item []byte
		item, h, _ = bytes.Cut(h, []byte(","))
		name, params, _ := bytes.Cut(item, []byte(";"))
		name = bytes.TrimSpace(name)
		weight := Quality(params)
		switch {
		case string(name) == "*":
			any = weight
		case bytes.EqualFold(name, []byte("gzip")), bytes.EqualFold(name, []byte("x-gzip")):
			q[gzipCoding] = weight
		case bytes.EqualFold(name, []byte("br")):
			q[brotliCoding] = weight
		case bytes.EqualFold(name, []byte("zstd")):
			q[zstdCoding] = weight
		case bytes.EqualFold(name, []byte("identity")):
			q[identity] = weight
		}
	}
	best, top := identity, 0
	if q[identity] >= 0 {
		top = q[identity] - 1 // every named coding of the same q comes first
	}
	for _, c := range [...]coding{zstdCoding, brotliCoding, gzipCoding} {
		weight := q[c]
		if weight < 0 {
			weight = max(any, 0)
		}
		if weight > top && weight > 0 {
			best, top = c, weight
		}
	}
	return best
}

// Quality is the q parameter in thousandths, 1000 if there is none, 0 if it
// does not parse.
func Quality(params []byte) int {
	for len(params) > 0 {
		var p []byte
		p, params, _ = bytes.Cut(params, []byte(";"))
		p = bytes.TrimSpace(p)
		if len(p) >= 2 && (p[0] == 'q' || p[0] == 'Q') && p[1] == '=' {
			return thousandths(p[2:])
		}
	}
	return 1000
}

func thousandths(b []byte) int {
	if len(b) == 0 || len(b) > 5 || b[0] != '0' && b[0] != '1' || len(b) > 1 && b[1] != '.' {
		return 0
	}
	n, unit := int(b[0]-'0')*1000, 100
	for _, c := range b[min(2, len(b)):] {
		if c < '0' || c > '9' {
			return 0
		}
		n += int(c-'0') * unit
		unit /= 10
	}
	return min(n, 1000)
}

var (
	gzips   = sync.Pool{New: func() any { w, _ := gzip.NewWriterLevel(nil, 2); return w }}
	brotlis = sync.Pool{New: func() any { return brotli.NewWriterLevel(nil, 1) }}
	zstds   = sync.Pool{New: func() any {
		w, _ := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
		return w
	}}
)

// compress codes a body: gzip level 2, brotli level 1, zstd fastest. Equal
// bodies give equal bytes.
func compress(body []byte, c coding) []byte {
	var out bytes.Buffer
	switch c {
	case gzipCoding:
		w := gzips.Get().(*gzip.Writer)
		w.Reset(&out)
		_, _ = w.Write(body) // a buffer takes everything
		_ = w.Close()
		gzips.Put(w)
	case brotliCoding:
		w := brotlis.Get().(*brotli.Writer)
		w.Reset(&out)
		_, _ = w.Write(body)
		_ = w.Close()
		brotlis.Put(w)
	case zstdCoding:
		w := zstds.Get().(*zstd.Encoder)
		coded := w.EncodeAll(body, make([]byte, 0, len(body)/8+1024))
		zstds.Put(w)
		return bytes.Clone(coded)
	}
	return bytes.Clone(out.Bytes())
}
