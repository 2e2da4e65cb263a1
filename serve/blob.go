package serve

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/valyala/fasthttp"

	"offprint/schema/blobs"
	"offprint/schema/principal"
)

// link is where an object store gives the bytes of a blob to the client; "" if
// the store has no such power, or failed to use it.
func (r *Request) link(sha256 string) string {
	linker, ok := r.server.blobs.(blobs.Linker)
	if !ok {
		return ""
	}
	ctx, cancel := context.WithTimeout(r.Context(), linkPatience)
	defer cancel()
	link, err := linker.Link(ctx, sha256, r.server.cfg.LinkLife)
	if err != nil {
		r.server.cfg.Logger.Warn("no link to a blob, sending it", "sha256", sha256, "error", err)
		return ""
	}
	return link
}

// linkPatience is how long the making of a link may take: it may need the
// network where the store signs with somebody else's key.
const linkPatience = 10 * time.Second

func (r *Request) redirect(link string, status int) {
	h := &r.Response.Header
	r.Response.SetStatusCode(status)
	h.SetCanonical(headerLocation, []byte(link))
	h.SetCanonical(headerCache, cacheNever)
	h.SetCanonical(headerVary, varyValue)
	h.SetCanonical(headerReferrer, noReferrer)
}

// attach puts the wanted bytes of a file into the response, and gives its
// status.
func (r *Request) attach(b *Bytes, etag []byte) (status int, refusal *principal.Refusal) {
	part, verdict := extent{0, b.Size}, wholeFile
	if h := r.RequestCtx.Request.Header.Peek("Range"); len(h) > 0 && r.rangeHolds(etag, b.Modified) {
		part, verdict = parseRange(h, b.Size)
	}
	if verdict == noSuchRange {
		r.Response.Header.SetCanonical(headerRange, strconv.AppendInt(append(r.key[:0], "bytes */"...), b.Size, 10))
		return 0, &RangeRefusal
	}
	blob, refusal := r.open(b)
	if refusal != nil {
		return 0, refusal
	}
	if _, err := blob.Seek(part.start, io.SeekStart); err != nil {
		blob.Close()
		return 0, r.unreadable(b, err)
	}
	r.Response.SetBodyStream(stream(blob, part.length), int(part.length))
	if verdict == wholeFile {
		return fasthttp.StatusOK, nil
	}
	value := append(r.key[:0], "bytes "...)
	value = append(strconv.AppendInt(value, part.start, 10), '-')
	value = append(strconv.AppendInt(value, part.start+part.length-1, 10), '/')
	r.Response.Header.SetCanonical(headerRange, strconv.AppendInt(value, b.Size, 10))
	return fasthttp.StatusPartialContent, nil
}

// open opens a blob. What is missing, or has another size than its event says,
// is an alarm: the log promises bytes that are not there.
func (r *Request) open(b *Bytes) (blobs.Blob, *principal.Refusal) {
	blob, err := r.server.blobs.Open(r.Context(), b.SHA256)
	if err != nil {
		return nil, r.unreadable(b, err)
	}
	if blob.Size() != b.Size {
		blob.Close()
		return nil, r.unreadable(b, fmt.Errorf("it has %d bytes instead of %d", blob.Size(), b.Size))
	}
	return blob, nil
}

// probe answers HEAD: the length that GET would have, if the blob is there. An
// object store is not asked.
func (r *Request) probe(b *Bytes) *principal.Refusal {
	if _, ok := r.server.blobs.(blobs.Linker); !ok {
		blob, refusal := r.open(b)
		if refusal != nil {
			return refusal
		}
		blob.Close()
	}
	r.Response.Header.SetContentLength(int(b.Size))
	return nil
}

func (r *Request) unreadable(b *Bytes, err error) *principal.Refusal {
	r.server.cfg.Logger.Error("blob cannot be read", "sha256", b.SHA256, "error", err)
	return &noBytes
}

// filed is a blob that is a file of the operating system.
type filed interface{ File() *os.File }

// stream is the next length bytes of a blob. The server sends an *os.File that
// it sees as such with sendfile, and never more of it than was announced; it
// closes what it was given.
func stream(blob blobs.Blob, length int64) io.Reader {
	if f, ok := blob.(filed); ok {
		return f.File()
	}
	return &section{io.LimitedReader{R: blob, N: length}, blob}
}

// section is a part of a blob that ends where it should.
type section struct {
	io.LimitedReader
	io.Closer
}
