package bucket

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"time"

	"offprint/schema/blobs"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"
)

// Create implements Store. What ctx ends, the writer feels.
func (b *Bucket) Create(ctx context.Context) (blobs.Writer, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return &bucketWriter{bucket: b, ctx: ctx}, nil
}

// bucketWriter keeps the first bytes in memory. When they become too many they
// go to an object below tmp/, and so does the rest.
type bucketWriter struct {
	bucket *Bucket
	ctx    context.Context
	size   int64
	ended  bool
	failed error // of a Write: what was written is not what the caller meant

	head   bytes.Buffer
	tmp    string // key of the object; "" while all is in head
	object *blob.Writer
	cancel context.CancelFunc
}

// Write implements io.Writer.
func (w *bucketWriter) Write(p []byte) (int, error) {
	switch {
	case w.ended:
		return 0, blobs.ErrEnded
	case w.failed != nil:
		return 0, w.failed
	}
	n, err := w.write(p)
	w.size += int64(n)
	if err != nil {
		w.failed = fmt.Errorf("new blob: %w", crowded(err))
	}
	return n, w.failed
}

func (w *bucketWriter) write(p []byte) (int, error) {
	if w.tmp == "" {
		if w.head.Len()+len(p) <= directSize {
			return w.head.Write(p)
		}
		if err := w.spill(); err != nil {
			return 0, err
		}
	}
	return w.object.Write(p)
}

// spill begins the object and moves there what is in memory.
func (w *bucketWriter) spill() (err error) {
	w.tmp = "tmp/" + rand.Text()
	var ctx context.Context
	ctx, w.cancel = context.WithCancel(w.ctx)
	if w.object, err = w.bucket.begin(ctx, w.tmp); err != nil {
		return err
	}
	_, err = w.object.Write(w.head.Bytes())
	w.head = bytes.Buffer{}
	return err
}

// Abort implements Writer.
func (w *bucketWriter) Abort() {
	if w.ended {
		return
	}
	w.ended, w.head = true, bytes.Buffer{}
	if w.tmp == "" {
		return
	}
	w.cancel() // the object never appears
	if w.object != nil {
		_ = w.object.Close()
	}
	w.drop()
}

// patience is how long the removal of a temporary object may take, whatever the
// state of the request that wrote it.
const patience = 10 * time.Second

// drop deletes the object below tmp/. If that fails, a later start deletes it.
func (w *bucketWriter) drop() {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(w.ctx), patience)
	defer cancel()
	_ = w.bucket.bucket.Delete(ctx, w.tmp)
}

// Commit implements Writer. The point of no return is the appearance of the
// object under its digest: a crash before it leaves at most an object below
// tmp/, which a later start deletes; a crash after it leaves the whole blob,
// whether anybody heard of it or not.
func (w *bucketWriter) Commit(ctx context.Context, sha256 string) error {
	if w.ended {
		return blobs.ErrEnded
	}
	defer w.Abort()
	if w.failed != nil {
		return w.failed
	}
	key, err := blobs.Place(sha256)
	if err != nil {
		return err
	}
	if err := w.commit(ctx, key); err != nil {
		return fmt.Errorf("blob %s: %w", sha256, crowded(err))
	}
	return nil
}

func (w *bucketWriter) commit(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if w.tmp != "" {
		err := w.object.Close()
		w.object = nil
		if err != nil {
			return err
		}
	}
	switch size, err := w.bucket.size(ctx, key); {
	case err == nil && size == w.size:
		return nil // the same bytes are there
	case err != nil && !errors.Is(err, blobs.ErrNotFound):
		return err
	case w.tmp == "":
		return w.bucket.send(ctx, key, &w.head)
	case w.size <= w.bucket.copyable:
		return w.bucket.bucket.Copy(ctx, key, w.tmp, nil)
	}
	r, err := w.bucket.read(ctx, w.tmp, 0, -1)
	if err != nil {
		return err
	}
	defer r.Close()
	return w.bucket.send(ctx, key, r)
}

// send writes a whole object; after an error there is none.
func (b *Bucket) send(ctx context.Context, key string, from io.Reader) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	object, err := b.begin(ctx, key)
	if err != nil {
		return err
	}
	if _, err := io.Copy(object, from); err != nil {
		cancel()
		return errors.Join(err, object.Close())
	}
	return object.Close()
}

// begin opens an object for writing, with little memory. Browsers must not guess
// what it is.
func (b *Bucket) begin(ctx context.Context, key string) (*blob.Writer, error) {
	return b.bucket.NewWriter(ctx, key, &blob.WriterOptions{
		BufferSize: partSize, MaxConcurrency: 1, ContentType: "application/octet-stream", BeforeWrite: b.tuneWrite})
}

// crowded makes blobs.ErrFull of what an object store says when a quota is used up.
func crowded(err error) error {
	if gcerrors.Code(err) == gcerrors.ResourceExhausted {
		return fmt.Errorf("%w: %w", blobs.ErrFull, err)
	}
	return err
}
