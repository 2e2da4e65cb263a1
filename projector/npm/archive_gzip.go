package npm

import (
	"bufio"
	"errors"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"
)

// inflater reads the members of a gzip file one after the other, under two
// bounds: bytes in all, and bytes of one entry's headers. Once it has failed
// it stays failed, so that a tar reader cannot swallow the reason.
//
// https://www.rfc-editor.org/rfc/rfc1952
type inflater struct {
	src *source
	br  *bufio.Reader
	z   *gzip.Reader
	lim limits

	n      int64 // bytes inflated
	header int64 // bytes left for headers; negative: not in a header
	zeros  int   // zero bytes at the end of what was read, counted to 1024
	err    error // sticky: io.EOF, errStop or *Failure
}

// newInflater returns an inflater before the first byte. If the file does not
// begin with a gzip header, err is set.
func newInflater(src *source, lim limits) *inflater {
	f := &inflater{src: src, br: bufio.NewReaderSize(src, 64<<10), lim: lim, header: -1}
	switch first, err := f.br.Peek(2); {
	case err == io.EOF && len(first) == 0:
		f.err = reject(codeArchive, "The file is empty.")
		return f
	case len(first) > 0 && !strings.HasPrefix("\x1f\x8b", string(first)):
		f.err = reject(codeArchive, "The file is not gzip.")
		return f
	}
	z, err := gzip.NewReader(f.br)
	if err != nil {
		f.err = f.explain(err, "The gzip header is damaged.")
		return f
	}
	f.z = z
	f.z.Multistream(false)
	return f
}

// Read gives inflated bytes of all members.
func (f *inflater) Read(p []byte) (int, error) {
	if f.err != nil || len(p) == 0 {
		return 0, f.err
	}
	if f.header == 0 {
		f.err = reject(codeArchive, "The headers of one tar entry are longer than %d bytes.", f.lim.header)
		return 0, f.err
	}
	if f.header > 0 {
		p = p[:min(int64(len(p)), f.header)]
	}
	for f.err == nil {
		n, err := f.z.Read(p)
		f.note(p[:n])
		if err == io.EOF {
			err = f.next()
		}
		f.err = f.explain(err, "The gzip data is damaged.")
		if f.n > f.lim.inflated {
			f.err = inflatesPast(f.lim)
			return 0, f.err
		}
		if n > 0 {
			return n, nil
		}
	}
	return 0, f.err
}

// next goes to the next member; io.EOF means there is none and no other byte.
func (f *inflater) next() error {
	if _, err := f.br.Peek(1); err != nil {
		return err
	}
	at := f.src.n - int64(f.br.Buffered())
	if err := f.z.Reset(f.br); err != nil {
		if errors.Is(err, gzip.ErrHeader) {
			return reject(codeArchive, "The gzip data ends at byte %d, but other bytes follow.", at)
		}
		// A header that ends early gives io.EOF in places: not a clean end.
		return f.explain(noEnd(err), "The gzip data is damaged.")
	}
	f.z.Multistream(false)
	return nil
}

// explain turns an error of the gzip layer into a *Failure; what is one, and
// io.EOF and errStop, pass.
func (f *inflater) explain(err error, sentence string) error {
	var failure *Failure
	switch {
	case err == nil, err == io.EOF && f.z != nil, errors.Is(err, errStop), errors.As(err, &failure):
		return err
	case err == io.EOF, errors.Is(err, io.ErrUnexpectedEOF):
		return reject(codeArchive, "The gzip data is truncated after byte %d.", f.src.n)
	case errors.Is(err, gzip.ErrChecksum):
		return reject(codeArchive, "The gzip checksum or length does not match the data.")
	}
	return reject(codeArchive, "%s", sentence)
}

// note counts the bytes handed out.
func (f *inflater) note(p []byte) {
	f.n += int64(len(p))
	if f.header > 0 {
		f.header -= int64(len(p))
	}
	tail := p[max(0, len(p)-2*block):]
	for i := len(tail) - 1; i >= 0; i-- {
		if tail[i] != 0 {
			f.zeros = len(tail) - 1 - i
			return
		}
	}
	f.zeros = min(f.zeros+len(tail), 2*block)
}

func inflatesPast(lim limits) error {
	return reject(codeLimit, "The file inflates past the limit of %d bytes.", lim.inflated)
}

// noEnd makes an early end an error.
func noEnd(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
