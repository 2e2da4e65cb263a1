// Package blobstest has the suite that every [blobs.Store] must pass.
package blobstest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"offprint/schema/blobs"
)

// Some gives n bytes that look random and are the same each time.
func Some(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24)}).Read(b) // cannot fail
	return b
}

func Digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func Write(ctx context.Context, s blobs.Store, content []byte, chunk int) (blobs.Writer, error) {
	w, err := s.Create(ctx)
	if err != nil {
		return nil, err
	}
	for rest := content; len(rest) > 0; {
		n, err := w.Write(rest[:min(chunk, len(rest))])
		if err != nil {
			return w, err
		}
		rest = rest[n:]
	}
	return w, nil
}

func Put(t *testing.T, s blobs.Store, content []byte) {
	t.Helper()
	w, err := Write(t.Context(), s, content, 64<<10)
	if err == nil {
		err = w.Commit(t.Context(), Digest(content))
	}
	if err != nil {
		t.Fatalf("%d bytes: %v", len(content), err)
	}
}

func Get(t *testing.T, s blobs.Store, sum string) []byte {
	t.Helper()
	b, err := s.Open(t.Context(), sum)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	content, err := io.ReadAll(b)
	if err != nil || int64(len(content)) != b.Size() {
		t.Fatalf("%s: %d of %d bytes, %v", sum, len(content), b.Size(), err)
	}
	return content
}

// Run is what every store promises. List gives all that it holds, the
// unfinished included.
func Run(t *testing.T, s blobs.Store, list func() []string, sizes ...int) {
	t.Run("whole", func(t *testing.T) {
		for _, n := range sizes {
			content := Some(n)
			Put(t, s, content)
			Put(t, s, content) // again changes nothing
			if got := Get(t, s, Digest(content)); !bytes.Equal(got, content) {
				t.Errorf("%d bytes: others came back", n)
			}
		}
		if got := list(); len(got) != len(sizes) {
			t.Errorf("%d blobs are %q", len(sizes), got)
		}
	})
	t.Run("reading", func(t *testing.T) { testReading(t, s) })
	t.Run("unknown", func(t *testing.T) {
		for _, sum := range append(BadDigests, Digest(Some(12345))) {
			if _, err := s.Open(t.Context(), sum); !errors.Is(err, blobs.ErrNotFound) {
				t.Errorf("%.80q: %v", sum, err)
			}
		}
	})
	t.Run("given up", func(t *testing.T) {
		before := list()
		for _, n := range sizes[len(sizes)-2:] {
			testGivenUp(t, s, Some(n+7))
		}
		if got := list(); len(got) != len(before) {
			t.Errorf("left: %q", got)
		}
	})
	t.Run("many writers", func(t *testing.T) { testWriters(t, s, list, Some(sizes[len(sizes)-1]+2)) })
}

func testReading(t *testing.T, s blobs.Store) {
	content := Some(5000)
	Put(t, s, content)
	b, err := s.Open(t.Context(), Digest(content))
	if err != nil {
		t.Fatal(err)
	}
	if err := iotest.TestReader(b, content); err != nil {
		t.Error(err)
	}
	if _, err := b.Seek(-1, io.SeekStart); err == nil {
		t.Error("seek before the beginning")
	}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			p := make([]byte, 100)
			for off := int64(i); off < 4900; off += 700 {
				if n, err := b.ReadAt(p, off); n != len(p) || err != nil || !bytes.Equal(p, content[off:off+100]) {
					t.Errorf("at %d: %d bytes, %v", off, n, err)
				}
			}
		})
	}
	wg.Wait()
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	if _, err := b.Seek(1, io.SeekStart); err == nil {
		if _, err = b.Read(make([]byte, 1)); err == nil {
			t.Error("read after close")
		}
	}
}

func testGivenUp(t *testing.T, s blobs.Store, content []byte) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for name, end := range map[string]func(blobs.Writer) error{
		"abort":        func(w blobs.Writer) error { w.Abort(); return errors.New("aborted") },
		"bad digest":   func(w blobs.Writer) error { return w.Commit(t.Context(), "../../"+Digest(content)[6:]) },
		"no digest":    func(w blobs.Writer) error { return w.Commit(t.Context(), "") },
		"ended caller": func(w blobs.Writer) error { return w.Commit(ended, Digest(content)) },
	} {
		w, err := Write(t.Context(), s, content, 100<<10)
		if err != nil {
			t.Fatal(err)
		}
		if err := end(w); err == nil {
			t.Errorf("%s: no error", name)
		}
		w.Abort()
		if _, err := w.Write([]byte("x")); err == nil {
			t.Errorf("%s: written to afterwards", name)
		}
		if err := w.Commit(t.Context(), Digest(content)); err == nil {
			t.Errorf("%s: committed afterwards", name)
		}
	}
	if _, err := s.Create(ended); err == nil {
		t.Error("begun by a caller who has gone")
	}
	if _, err := s.Open(t.Context(), Digest(content)); !errors.Is(err, blobs.ErrNotFound) {
		t.Errorf("given up, but there: %v", err)
	}
}

// testWriters has many write the same bytes at once, while one reads.
func testWriters(t *testing.T, s blobs.Store, list func() []string, content []byte) {
	before, sum := len(list()), Digest(content)
	var writers, reader sync.WaitGroup
	done := make(chan struct{})
	reader.Go(func() {
		for {
			b, err := s.Open(t.Context(), sum)
			if err == nil {
				if b.Size() != int64(len(content)) {
					t.Errorf("visible with %d of %d bytes", b.Size(), len(content))
				}
				b.Close()
			} else if !errors.Is(err, blobs.ErrNotFound) {
				t.Error(err)
			}
			select {
			case <-done:
				return
			default:
			}
		}
	})
	for range 6 {
		writers.Go(func() {
			w, err := Write(t.Context(), s, content, 1<<20)
			if err == nil {
				err = w.Commit(t.Context(), sum)
				w.Abort()
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	writers.Wait()
	close(done)
	reader.Wait()
	if got := Get(t, s, sum); !bytes.Equal(got, content) {
		t.Error("other bytes came back")
	}
	if got := list(); len(got) != before+1 {
		t.Errorf("one blob made %d objects: %q", len(got)-before, got)
	}
}

// BadDigests name no blob.
var BadDigests = []string{"", "ab", strings.Repeat("A", 64), strings.Repeat("g", 64), strings.Repeat("a", 63), strings.Repeat("a", 65),
	"../" + strings.Repeat("a", 61), strings.Repeat("a", 63) + "\n", strings.Repeat("a/", 32)}
