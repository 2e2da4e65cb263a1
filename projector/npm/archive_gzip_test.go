package npm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
)

func TestGzipMembers(t *testing.T) {
	tarred := tarOf(t, pkg(entry{name: "package/a.js", body: "x"})...)
	whole := accept(t, zip(t, tarred))
	var parts []byte
	for len(tarred) > 0 {
		n := min(700, len(tarred))
		parts = append(parts, zip(t, tarred[:n])...)
		parts = append(parts, zip(t, nil)...)
		tarred = tarred[n:]
	}
	if got := accept(t, parts); string(got.Manifest) != string(whole.Manifest) || got.FileCount != 2 {
		t.Errorf("%+v", got)
	}
}

func TestDamagedFiles(t *testing.T) {
	good := tgz(t, pkg(entry{name: "package/a.js", body: strings.Repeat("x", 3000)})...)
	tarred := tarOf(t, pkg(entry{name: "package/a.js", body: strings.Repeat("x", 3000)})...)
	flip := bytes.Clone(good)
	flip[len(flip)-6] ^= 1
	dangling := append(bytes.Clone(good), 0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 0, 'n')
	for name, c := range map[string]struct {
		file  []byte
		words string
	}{
		"empty":               {nil, "empty"},
		"text":                {[]byte("hello"), "not gzip"},
		"plain tar":           {tarred, "not gzip"},
		"gzip of nothing":     {zip(t, nil), "truncated"},
		"gzip of text":        {zip(t, []byte(strings.Repeat("hello", 500))), "bad header"},
		"one byte":            {good[:1], "truncated"},
		"half":                {good[:len(good)/2], "truncated"},
		"no gzip trailer":     {good[:len(good)-8], "truncated"},
		"last byte gone":      {good[:len(good)-1], "truncated"},
		"wrong checksum":      {flip, "checksum"},
		"garbage":             {append(bytes.Clone(good), "garbage, long enough"...), "other bytes follow"},
		"zeros after":         {append(bytes.Clone(good), make([]byte, 20)...), "other bytes follow"},
		"one byte after":      {append(bytes.Clone(good), 'x'), "truncated"},
		"header without name": {dangling, "truncated"},
		"tar without end":     {zip(t, tarred[:len(tarred)-2*block]), "truncated"},
		"tar cut in a file":   {zip(t, tarred[:len(tarred)-3*block]), "truncated"},
		"tar cut in padding":  {zip(t, tarred[:len(tarred)-2*block-1]), "truncated"},
		"second tar":          {append(bytes.Clone(good), good...), "other data follows"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := check(c.file, contract)
			wantFailure(t, err, codeArchive, c.words)
		})
	}
	accept(t, zip(t, append(tarred, make([]byte, 20*block)...))) // padded to a tape record
}

func TestLimits(t *testing.T) {
	good := tgz(t, pkg(entry{name: "package/a.js"}, entry{name: "package/d/", kind: '5'})...)
	size := int64(len(good))
	_, err := check(good, lower(func(l *limits) { l.stored = size - 1 }))
	wantFailure(t, err, codeLimit, "bytes, the limit is")
	_, err = validate(context.Background(), bytes.NewReader(good), Input{}, lower(func(l *limits) { l.stored = size - 1 }))
	wantFailure(t, err, codeLimit, "bytes, the limit is")
	_, err = check(good, lower(func(l *limits) { l.entries = 2 }))
	wantFailure(t, err, codeLimit, "more than 2 entries")
	_, err = check(good, lower(func(l *limits) { l.inflated = 5*block - 1 }))
	wantFailure(t, err, codeLimit, "inflates past")
	padded := zip(t, append(tarOf(t, pkg()...), make([]byte, 1<<20)...))
	_, err = check(padded, lower(func(l *limits) { l.inflated = 1 << 20 }))
	wantFailure(t, err, codeLimit, "inflates past")
	lim := lower(func(l *limits) { l.stored, l.entries, l.manifest = size, 3, int64(len(manifest)) })
	if _, err := check(good, lim); err != nil {
		t.Error("at the limits:", err)
	}
}

// errReader gives b and then err.
func errReader(b []byte, err error) io.Reader {
	return io.MultiReader(bytes.NewReader(b), iotest.ErrReader(err))
}

func TestReadTroubleIsNotAFailure(t *testing.T) {
	good, broken := tgz(t, pkg()...), []byte("not gzip at all")
	trouble := errors.New("disk on fire")
	for _, b := range [][]byte{nil, broken, good[:5], good[:len(good)/2], good} {
		_, err := Validate(context.Background(), errReader(b, trouble), input(good))
		if err != trouble {
			t.Errorf("%d bytes: %v", len(b), err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Validate(ctx, bytes.NewReader(good), input(good)); err != context.Canceled {
		t.Error(err)
	}
	// Fewer or more bytes than were stored are the store's fault.
	in := input(good)
	for _, r := range []io.Reader{bytes.NewReader(good[:20]), errReader(good[:20], io.ErrUnexpectedEOF), bytes.NewReader(append(good, 'x'))} {
		var f *Failure
		if _, err := Validate(context.Background(), r, in); err == nil || errors.As(err, &f) {
			t.Error(err)
		}
	}
	// Where the size is not known, a cut is a truncated file.
	in.Size = 0
	_, err := Validate(context.Background(), errReader(good[:20], io.ErrUnexpectedEOF), in)
	wantFailure(t, err, codeArchive, "truncated")
}

func TestReadsToTheEnd(t *testing.T) {
	for _, b := range [][]byte{[]byte(strings.Repeat("no gzip", 50_000)), tgz(t, pkg(entry{name: "package/../x"})...)} {
		r := bytes.NewReader(b)
		if _, err := Validate(context.Background(), iotest.OneByteReader(r), input(b)); err == nil || r.Len() > 0 {
			t.Errorf("%v, %d bytes left", err, r.Len())
		}
	}
}

// TestMemoryIsBounded feeds entries with as many pax records as may be, and
// looks at the live heap as the file is read.
func TestMemoryIsBounded(t *testing.T) {
	records := map[string]string{}
	for i := range 10_000 {
		records[fmt.Sprintf("A.%x", i)] = fmt.Sprint(rand.Int32())
	}
	entries := pkg()
	for range 20 {
		entries = append(entries, entry{name: "package/a", pax: records})
	}
	b := tgz(t, entries...)
	r := &heapReader{r: bytes.NewReader(b)}
	base := r.live()
	if _, err := Validate(context.Background(), r, input(b)); err != nil {
		t.Fatal(err)
	}
	if r.most > base+4<<20 {
		t.Errorf("the live heap grew by %d bytes", r.most-base)
	}
	runtime.KeepAlive(entries)
}

// heapReader keeps the most live heap seen at any of its reads.
type heapReader struct {
	r    io.Reader
	most uint64
}

func (h *heapReader) Read(p []byte) (int, error) {
	h.most = max(h.most, h.live())
	return h.r.Read(p)
}

func (h *heapReader) live() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
