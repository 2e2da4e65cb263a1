package ingest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"sync"

	"offprint/schema/blobs"
)

// fakeBlobs keeps blobs in memory. room is how many bytes one may have before
// the store is full; 0: any. aborts hears of every blob that is given up.
type fakeBlobs struct {
	mu      sync.Mutex
	room    int
	stored  map[string][]byte
	aborts  chan struct{}
	commit  func() // called before a blob gets its name
	discard bool   // keep nothing but the number of bytes
}

func (f *fakeBlobs) Create(context.Context) (blobs.Writer, error) {
	return &fakeBlob{store: f}, nil
}

func (f *fakeBlobs) Open(_ context.Context, sum string) (blobs.Blob, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	b, ok := f.stored[sum]
	if !ok {
		return nil, blobs.ErrNotFound
	}
	return opened{bytes.NewReader(b)}, nil
}

type opened struct{ *bytes.Reader }

func (opened) Close() error { return nil }

// count is how many blobs have a name.
func (f *fakeBlobs) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.stored)
}

type fakeBlob struct {
	store *fakeBlobs
	bytes.Buffer
	done bool
}

func (b *fakeBlob) Write(p []byte) (int, error) {
	if b.store.room > 0 && b.Len()+len(p) > b.store.room {
		return 0, fmt.Errorf("write: %w", blobs.ErrFull)
	}
	if b.store.discard {
		return len(p), nil
	}
	return b.Buffer.Write(p)
}

func (b *fakeBlob) Commit(_ context.Context, sum string) error {
	if have := sha256.Sum256(b.Bytes()); !b.store.discard && hex.EncodeToString(have[:]) != sum || b.done {
		return fmt.Errorf("blob %s: %w", sum, io.ErrUnexpectedEOF)
	}
	if b.store.commit != nil {
		b.store.commit()
	}
	b.store.mu.Lock()
	defer b.store.mu.Unlock()
	if b.store.stored == nil {
		b.store.stored = map[string][]byte{}
	}
	b.store.stored[sum], b.done = b.Bytes(), true
	return nil
}

func (b *fakeBlob) Abort() {
	if b.done {
		return
	}
	b.done = true
	b.store.aborts <- struct{}{}
}
