package ocitest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sync"

	"offprint/schema/blobs"
)

// Blobs is a blob store in memory that holds its callers to the contract.
type Blobs struct {
	// Fail, if it is not nil, is asked before each step ("create", "write",
	// "commit", "open").
	Fail func(step string) error

	mu      sync.Mutex
	held    map[string][]byte
	Commits int // how often a blob was given its name
}

// Held gives the digests of what is there, and their bytes.
func (s *Blobs) Held() map[string][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string][]byte{}
	for k, v := range s.held {
		out[k] = v
	}
	return out
}

func (s *Blobs) step(name string) error {
	if s.Fail == nil {
		return nil
	}
	return s.Fail(name)
}

// Create implements blobs.Store.
func (s *Blobs) Create(context.Context) (blobs.Writer, error) {
	return &writer{store: s}, s.step("create")
}

// Open implements blobs.Store.
func (s *Blobs) Open(_ context.Context, sum string) (blobs.Blob, error) {
	if err := s.step("open"); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	content, ok := s.held[sum]
	if !ok {
		return nil, fmt.Errorf("%w: %s", blobs.ErrNotFound, sum)
	}
	return reader{bytes.NewReader(content)}, nil
}

type writer struct {
	store *Blobs
	buf   bytes.Buffer
	ended bool
}

// Write implements blobs.Writer.
func (w *writer) Write(p []byte) (int, error) {
	if err := w.store.step("write"); err != nil {
		return 0, err
	}
	return w.buf.Write(p)
}

// Commit implements blobs.Writer. A wrong digest is a mistake of the caller.
func (w *writer) Commit(_ context.Context, sum string) error {
	if w.ended {
		return blobs.ErrEnded
	}
	w.ended = true
	if err := w.store.step("commit"); err != nil {
		return err
	}
	if have := sha256.Sum256(w.buf.Bytes()); hex.EncodeToString(have[:]) != sum {
		panic("a blob is committed under another digest than its own")
	}
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	if w.store.held == nil {
		w.store.held = map[string][]byte{}
	}
	w.store.held[sum] = w.buf.Bytes()
	w.store.Commits++
	return nil
}

// Abort implements blobs.Writer.
func (w *writer) Abort() { w.ended = true }

type reader struct{ *bytes.Reader }

// Close implements blobs.Blob.
func (reader) Close() error { return nil }
