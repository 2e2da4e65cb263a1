package bucket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"

	"gocloud.dev/blob"
)

// window is how much a small ReadAt fetches: readers of archives ask for many
// small pieces that lie close together, and each costs a request.
const window = 256 << 10

// bucketBlob reads an object: Read by one request from where it stands, ReadAt
// by a request for each piece or window.
type bucketBlob struct {
	bucket *Bucket
	key    string
	size   int64
	ctx    context.Context // ends with Close
	cancel context.CancelFunc

	at     int64
	reader *blob.Reader // at at; nil: to be opened

	mu    sync.Mutex // guards what follows
	start int64
	last  []byte // bytes of the object from start
}

// Size implements Blob.
func (b *bucketBlob) Size() int64 { return b.size }

// Read implements io.Reader.
func (b *bucketBlob) Read(p []byte) (int, error) {
	if b.at >= b.size {
		return 0, io.EOF
	}
	if len(p) == 0 {
		return 0, nil
	}
	if err := b.ctx.Err(); err != nil {
		return 0, fmt.Errorf("blob %s: %w", b.key, fs.ErrClosed)
	}
	if b.reader == nil {
		r, err := b.bucket.read(b.ctx, b.key, b.at, -1)
		if err != nil {
			return 0, fmt.Errorf("blob %s: %w", b.key, err)
		}
		b.reader = r
	}
	n, err := b.reader.Read(p)
	b.at += int64(n)
	if err == io.EOF && b.at < b.size {
		err = fmt.Errorf("blob %s ends after %d of %d bytes: %w", b.key, b.at, b.size, io.ErrUnexpectedEOF)
	}
	return n, err
}

// Seek implements io.Seeker.
func (b *bucketBlob) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += b.at
	case io.SeekEnd:
		offset += b.size
	}
	if offset < 0 || whence < io.SeekStart || whence > io.SeekEnd {
		return b.at, errors.New("blob: seek to a place that does not exist")
	}
	if offset != b.at && b.reader != nil {
		b.reader.Close()
		b.reader = nil
	}
	b.at = offset
	return offset, nil
}

// ReadAt implements io.ReaderAt; many goroutines may call it.
func (b *bucketBlob) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, errors.New("blob: read before the beginning")
	}
	short := error(nil)
	if rest := max(b.size-off, 0); int64(len(p)) > rest {
		p, short = p[:rest], io.EOF
	}
	if len(p) == 0 {
		return 0, short
	}
	if len(p) >= window {
		if n, err := b.fetch(p, off); err != nil {
			return n, err
		}
		return len(p), short
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if off < b.start || off+int64(len(p)) > b.start+int64(len(b.last)) {
		next := make([]byte, min(window, b.size-off))
		if _, err := b.fetch(next, off); err != nil {
			return 0, err
		}
		b.start, b.last = off, next
	}
	return copy(p, b.last[off-b.start:]), short
}

// read begins to read length bytes of an object, or with -1 the rest.
func (b *Bucket) read(ctx context.Context, key string, off, length int64) (*blob.Reader, error) {
	return b.bucket.NewRangeReader(ctx, key, off, length, &blob.ReaderOptions{BeforeRead: tuneRead})
}

// fetch fills p with the bytes from off on, all of which are within the object.
func (b *bucketBlob) fetch(p []byte, off int64) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, fmt.Errorf("blob %s: %w", b.key, fs.ErrClosed)
	}
	r, err := b.bucket.read(b.ctx, b.key, off, int64(len(p)))
	if err != nil {
		return 0, fmt.Errorf("blob %s: %w", b.key, err)
	}
	defer r.Close()
	n, err := io.ReadFull(r, p)
	if err != nil {
		return n, fmt.Errorf("blob %s at %d: %w", b.key, off, err)
	}
	return n, nil
}

// Close implements io.Closer.
func (b *bucketBlob) Close() error {
	b.cancel()
	if b.reader == nil {
		return nil
	}
	return b.reader.Close()
}
