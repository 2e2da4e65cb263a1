package oci

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// source reads the stored bytes and keeps apart what the reader did (err, to be
// tried again) from what the file holds (everything else).
type source struct {
	ctx context.Context
	r   io.Reader
	err error
}

// Read implements io.Reader.
func (s *source) Read(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	if s.err = s.ctx.Err(); s.err != nil {
		return 0, s.err
	}
	n, err := s.r.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// maxWindow is how far back a zstd frame may reach: what every decoder must
// support (RFC 8878 section 3.1.1.1.2), and as much memory.
const maxWindow = 8 << 20

var (
	gzipMagic = []byte{0x1f, 0x8b}
	zstdMagic = []byte{0x28, 0xb5, 0x2f, 0xfd}
)

// decompressed gives the archive itself: how it is compressed shows in its first
// bytes. What it was called is not believed.
func decompressed(src io.Reader) (r io.Reader, done func(), err error) {
	in := bufio.NewReaderSize(src, 64<<10)
	head, err := in.Peek(len(zstdMagic))
	if err != nil && err != io.EOF {
		return nil, nil, err
	}
	done = func() {}
	switch {
	case bytes.HasPrefix(head, gzipMagic):
		z, err := gzip.NewReader(in)
		return z, done, err
	case bytes.HasPrefix(head, zstdMagic):
		z, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, nil, err
		}
		return z, z.Close, nil
	}
	return in, done, nil
}

// errTotal ends the reading of an archive that is too long.
var errTotal = errors.New("the archive is too long")

// meter fails with errTotal once more than most bytes are read.
type meter struct {
	r       io.Reader
	n, most int64
	zeros   int64 // that were read last
}

// Read implements io.Reader.
func (m *meter) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	if m.n += int64(n); m.n > m.most {
		return 0, errTotal
	}
	tail := n - len(bytes.TrimRight(p[:n], "\x00"))
	if tail == n {
		m.zeros += int64(n)
	} else {
		m.zeros = int64(tail)
	}
	return n, err
}

// ended says that the archive has its end mark, blocks of zeros. Without it the
// archive was cut between two entries.
func (m *meter) ended() bool { return m.zeros >= 512 }
