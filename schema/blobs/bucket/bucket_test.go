package bucket

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"offprint/schema/blobs"
	"offprint/schema/blobs/blobstest"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"
)

func memory(t *testing.T) *Bucket {
	b, err := Open(t.Context(), "mem://")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

func keys(t *testing.T, b *Bucket) (list []string) {
	t.Helper()
	objects := b.bucket.List(nil)
	for {
		object, err := objects.Next(t.Context())
		if err == io.EOF {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, object.Key)
	}
}

func TestBucket(t *testing.T) {
	b := memory(t)
	blobstest.Run(t, b, func() []string { return keys(t, b) }, 0, 1, 5000, directSize, directSize+1)
}

func TestBucketThatCopiesItself(t *testing.T) {
	b := memory(t)
	b.copyable = 100
	blobstest.Run(t, b, func() []string { return keys(t, b) }, 0, directSize+1)
}

func TestS3(t *testing.T) {
	f := newS3(t)
	blobstest.Run(t, f.open(t, ""), f.keys, 0, 5000, directSize, directSize+1, partSize+1)
}

func TestS3Requests(t *testing.T) {
	for _, c := range []struct {
		size     int
		copyable int64
		want     string
	}{
		{100, maxCopy, "put sha256"},
		{directSize, maxCopy, "put sha256"},
		{directSize + 1, maxCopy, "put tmp, copy sha256, delete tmp"},
		{2*partSize + 1, maxCopy, "begin tmp, part tmp, part tmp, part tmp, complete tmp, copy sha256, delete tmp"},
		{partSize + 1, partSize, "begin tmp, part tmp, part tmp, complete tmp, get tmp, begin sha256, part sha256, part sha256, complete sha256, delete tmp"},
	} {
		f := newS3(t)
		b := f.open(t, "&request_checksum_calculation=when_required")
		b.copyable = c.copyable
		content := blobstest.Some(c.size)
		blobstest.Put(t, b, content)
		if got := strings.Join(f.done(), ", "); got != c.want {
			t.Errorf("%d bytes: %s\nwant %s", c.size, got, c.want)
		}
		if got := blobstest.Get(t, b, blobstest.Digest(content)); !bytes.Equal(got, content) {
			t.Errorf("%d bytes: others came back", c.size)
		}
	}
}

func TestS3Faults(t *testing.T) {
	for _, c := range []struct {
		refuse string
		size   int
	}{
		{"put", 100}, {"put", directSize + 1}, {"copy", directSize + 1}, {"begin", 2 * partSize}, {"part", 2 * partSize},
		{"complete", 2 * partSize}, {"copy", 2 * partSize}, {"get", partSize + 1},
	} {
		f := newS3(t)
		b := f.open(t, "")
		if c.refuse == "get" {
			b.copyable = partSize
		}
		f.refuse = c.refuse
		content := blobstest.Some(c.size)
		w, err := blobstest.Write(t.Context(), b, content, 1<<20)
		if err == nil {
			err = w.Commit(t.Context(), blobstest.Digest(content))
		}
		w.Abort()
		if err == nil || !strings.Contains(err.Error(), "AccessDenied") {
			t.Errorf("%s of %d bytes: %v", c.refuse, c.size, err)
		}
		if left := f.keys(); len(left) != 0 {
			t.Errorf("%s of %d bytes: left %q", c.refuse, c.size, left)
		}
	}
}

// A caller who does not look at the error of a Write gets no blob with a hole.
func TestS3FailedWriteCannotBeCommitted(t *testing.T) {
	f := newS3(t)
	f.refuse = "begin"
	w, err := f.open(t, "").Create(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	content := blobstest.Some(3 * partSize)
	for rest := content; len(rest) > 0; rest = rest[partSize/5:] {
		w.Write(rest[:partSize/5])
	}
	if err := w.Commit(t.Context(), blobstest.Digest(content)); err == nil || !strings.Contains(err.Error(), "AccessDenied") {
		t.Errorf("%v", err)
	}
	if left := f.keys(); len(left) != 0 {
		t.Errorf("left: %q", left)
	}
}

func TestS3AbortEndsTheUpload(t *testing.T) {
	f := newS3(t)
	w, err := blobstest.Write(t.Context(), f.open(t, ""), blobstest.Some(3*partSize), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	w.Abort()
	if left, did := f.keys(), f.done(); len(left) != 0 || !slices.Contains(did, "abort tmp") {
		t.Errorf("left %q after %q", left, did)
	}
}

func TestS3Link(t *testing.T) {
	f := newS3(t)
	b := f.open(t, "")
	content := blobstest.Some(100)
	blobstest.Put(t, b, content)
	link, err := b.Link(t.Context(), blobstest.Digest(content), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(link)
	if err != nil || u.Query().Get("X-Amz-Expires") != "60" || u.Query().Get("X-Amz-Signature") == "" {
		t.Errorf("%s, %v", link, err)
	}
	resp, err := http.Get(link)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got, err := io.ReadAll(resp.Body); err != nil || !bytes.Equal(got, content) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if _, err := b.Link(t.Context(), "../x", time.Minute); err == nil {
		t.Error("a link to no digest")
	}
	if _, err := memory(t).Link(t.Context(), blobstest.Digest(content), time.Minute); gcerrors.Code(err) != gcerrors.Unimplemented {
		t.Errorf("memory: %v", err)
	}
}

func TestForbiddenBucket(t *testing.T) {
	f := newS3(t)
	f.refuse = "list"
	_, err := Open(t.Context(), f.url(t))
	if err == nil || !strings.Contains(err.Error(), "s3://bucket") || !strings.Contains(err.Error(), "credentials") {
		t.Errorf("%v", err)
	}
}

func TestSweepDeletesWhatIsOld(t *testing.T) {
	b := memory(t)
	blobstest.Put(t, b, blobstest.Some(100))
	if err := b.bucket.WriteAll(t.Context(), "tmp/LEFT", []byte("x"), nil); err != nil {
		t.Fatal(err)
	}
	if err := b.sweep(t.Context(), time.Now().Add(-leftAfter)); err != nil || len(keys(t, b)) != 2 {
		t.Errorf("left %q, %v", keys(t, b), err)
	}
	if err := b.sweep(t.Context(), time.Now().Add(time.Minute)); err != nil || len(keys(t, b)) != 1 {
		t.Errorf("left %q, %v", keys(t, b), err)
	}
}

func TestShortObjectIsAnError(t *testing.T) {
	b := memory(t)
	content := blobstest.Some(3 * window)
	blobstest.Put(t, b, content)
	r, err := b.Open(t.Context(), blobstest.Digest(content))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	key, _ := blobs.Place(blobstest.Digest(content))
	if err := b.bucket.WriteAll(t.Context(), key, content[:100], &blob.WriterOptions{}); err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, r); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("read %d bytes, %v", n, err)
	}
	for _, n := range []int{200, 2 * window} {
		if _, err := r.ReadAt(make([]byte, n), 0); err == nil || err == io.EOF {
			t.Errorf("read at 0, %d bytes: %v", n, err)
		}
	}
}

func TestSmallReadsShareAWindow(t *testing.T) {
	f := newS3(t)
	b := f.open(t, "")
	content := blobstest.Some(3 * window)
	blobstest.Put(t, b, content)
	r, err := b.Open(t.Context(), blobstest.Digest(content))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	f.done()
	p := make([]byte, 4<<10)
	for off := 0; off < len(content); off += len(p) {
		if _, err := r.ReadAt(p, int64(off)); err != nil || !bytes.Equal(p, content[off:off+len(p)]) {
			t.Fatalf("at %d: %v", off, err)
		}
	}
	if did := f.done(); len(did) != 3 {
		t.Errorf("%q for three windows", did)
	}
}
