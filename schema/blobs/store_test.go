package blobs

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
)

// some gives n bytes that look random and are the same each time.
func some(n int) []byte {
	b := make([]byte, n)
	x := uint32(n)*2654435761 + 1
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
	return b
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func write(ctx context.Context, s Store, content []byte, chunk int) (Writer, error) {
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

func put(t *testing.T, s Store, content []byte) {
	t.Helper()
	w, err := write(t.Context(), s, content, 64<<10)
	if err == nil {
		err = w.Commit(t.Context(), digest(content))
	}
	if err != nil {
		t.Fatalf("%d bytes: %v", len(content), err)
	}
}

func get(t *testing.T, s Store, sum string) []byte {
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

// testStore is what every store promises. List gives all that it holds, the
// unfinished included.
func testStore(t *testing.T, s Store, list func() []string, sizes ...int) {
	t.Run("whole", func(t *testing.T) {
		for _, n := range sizes {
			content := some(n)
			put(t, s, content)
			put(t, s, content) // again changes nothing
			if got := get(t, s, digest(content)); !bytes.Equal(got, content) {
				t.Errorf("%d bytes: others came back", n)
			}
		}
		if got := list(); len(got) != len(sizes) {
			t.Errorf("%d blobs are %q", len(sizes), got)
		}
	})
	t.Run("reading", func(t *testing.T) { testReading(t, s) })
	t.Run("unknown", func(t *testing.T) {
		for _, sum := range append(badDigests, digest(some(12345))) {
			if _, err := s.Open(t.Context(), sum); !errors.Is(err, ErrNotFound) {
				t.Errorf("%.80q: %v", sum, err)
			}
		}
	})
	t.Run("given up", func(t *testing.T) {
		before := list()
		for _, n := range sizes[len(sizes)-2:] {
			testGivenUp(t, s, some(n+7))
		}
		if got := list(); len(got) != len(before) {
			t.Errorf("left: %q", got)
		}
	})
	t.Run("many writers", func(t *testing.T) { testWriters(t, s, list, some(sizes[len(sizes)-1]+2)) })
}

func testReading(t *testing.T, s Store) {
	content := some(5000)
	put(t, s, content)
	b, err := s.Open(t.Context(), digest(content))
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

func testGivenUp(t *testing.T, s Store, content []byte) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for name, end := range map[string]func(Writer) error{
		"abort":        func(w Writer) error { w.Abort(); return errEnded },
		"bad digest":   func(w Writer) error { return w.Commit(t.Context(), "../../"+digest(content)[6:]) },
		"no digest":    func(w Writer) error { return w.Commit(t.Context(), "") },
		"ended caller": func(w Writer) error { return w.Commit(ended, digest(content)) },
	} {
		w, err := write(t.Context(), s, content, 100<<10)
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
		if err := w.Commit(t.Context(), digest(content)); err == nil {
			t.Errorf("%s: committed afterwards", name)
		}
	}
	if _, err := s.Create(ended); err == nil {
		t.Error("begun by a caller who has gone")
	}
	if _, err := s.Open(t.Context(), digest(content)); !errors.Is(err, ErrNotFound) {
		t.Errorf("given up, but there: %v", err)
	}
}

// testWriters has many write the same bytes at once, while one reads.
func testWriters(t *testing.T, s Store, list func() []string, content []byte) {
	before := len(list())
	var writers, reader sync.WaitGroup
	done := make(chan struct{})
	reader.Go(func() {
		for {
			b, err := s.Open(t.Context(), digest(content))
			if err == nil {
				if b.Size() != int64(len(content)) {
					t.Errorf("visible with %d of %d bytes", b.Size(), len(content))
				}
				b.Close()
			} else if !errors.Is(err, ErrNotFound) {
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
			w, err := write(t.Context(), s, content, 1<<20)
			if err == nil {
				err = w.Commit(t.Context(), digest(content))
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
	if got := get(t, s, digest(content)); !bytes.Equal(got, content) {
		t.Error("other bytes came back")
	}
	if got := list(); len(got) != before+1 {
		t.Errorf("one blob made %d objects: %q", len(got)-before, got)
	}
}

var badDigests = []string{"", "ab", strings.Repeat("A", 64), strings.Repeat("g", 64), strings.Repeat("a", 63), strings.Repeat("a", 65),
	"../" + strings.Repeat("a", 61), strings.Repeat("a", 63) + "\n", strings.Repeat("a/", 32)}

func TestPlace(t *testing.T) {
	sum := strings.Repeat("0a", 32)
	if at, err := place(sum); at != "sha256/0a/"+sum || err != nil {
		t.Errorf("%q, %v", at, err)
	}
	for _, bad := range badDigests {
		if at, err := place(bad); err == nil {
			t.Errorf("%.80q is at %q", bad, at)
		}
	}
}

func FuzzPlace(f *testing.F) {
	f.Add(strings.Repeat("0a", 32))
	for _, bad := range badDigests {
		f.Add(bad)
	}
	f.Fuzz(func(t *testing.T, sum string) {
		at, err := place(sum)
		if raw, bad := hex.DecodeString(sum); (bad == nil && len(raw) == 32 && hex.EncodeToString(raw) == sum) != (err == nil) {
			t.Fatalf("%q: %q, %v", sum, at, err)
		}
		if err == nil && at != fmt.Sprintf("sha256/%s/%s", sum[:2], sum) {
			t.Errorf("%q is at %q", sum, at)
		}
	})
}

func TestSums(t *testing.T) {
	s := NewSums()
	for _, part := range []string{"off", "", "print\n"} {
		if n, err := io.WriteString(s, part); n != len(part) || err != nil {
			t.Fatal(n, err)
		}
	}
	for algorithm, want := range map[string]string{
		"md5":    "86da99f5f072bf38c6849035d6a6bf8d",
		"sha1":   "3e7adae905672d012d1109b847b8e83b2530122c",
		"sha256": "97931a21b9eed9f3a31c3630f39be8f90f90d0ac42f016e6f2d28b61d05e548e",
		"sha384": "2b300170016d1a2c2c88154d4332dbad7ce9efa13dd2bf47cf88ad20a32d1e9d18cae217e48179d4ea4aa263fec018d2",
		"sha512": "097e03b7972bb5781d929fb315237d669ddb30ca4a967bc8a618121b3dcec3f508af3576bf932964b0c5f08c184827708515a487068c27cf59998d23d277843e",
		"crc32":  "",
	} {
		if got := s.Hex(algorithm); got != want {
			t.Errorf("%s: %q, want %q", algorithm, got, want)
		}
	}
	if s.Size() != 9 {
		t.Errorf("size %d", s.Size())
	}
}

func TestOpenURL(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct{ url, want string }{
		{dir, "*blobs.File"},
		{"file://" + dir + "/a%20b", "*blobs.File"},
		{"file://localhost" + dir, "*blobs.File"},
		{"mem://", "*blobs.Bucket"},
		{"mem://?prefix=a/", "*blobs.Bucket"},
		{"", "no folder"},
		{"file://host" + dir, `the host "host"`},
		{"file://./blobs", "without file://"},
		{"file://", "not of the form"},
		{"file://" + dir + "?prefix=x", "not of the form"},
		{"ftp://host/x", `unknown kind of store "ftp"`},
		{"s3://", "names no bucket"},
		{"s3://bucket/folder", "?prefix=folder/"},
		{"gs://key:SECRET@bucket", "credentials do not belong"},
		{"mem://?unheard=of", "unheard"},
		{"s3://b\x7f", "cannot be read"},
	} {
		s, err := Open(t.Context(), c.url)
		got := fmt.Sprintf("%T", s)
		if err != nil {
			got = err.Error()
		} else if err := s.(io.Closer).Close(); err != nil {
			t.Error(err)
		}
		if !strings.Contains(got, c.want) || strings.Contains(got, "SECRET") {
			t.Errorf("%q: %s, want %s", c.url, got, c.want)
		}
	}
}
