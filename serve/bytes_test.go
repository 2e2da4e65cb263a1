package serve

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/valyala/fasthttp"

	"offprint/schema"
	"offprint/schema/blobs"
	"offprint/schema/blobs/folder"
)

// fileServer has one blob.
func fileServer(t testing.TB, body string) (*Server, *Bytes) {
	store, err := folder.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(body))
	b := &Bytes{SHA256: hex.EncodeToString(sum[:]), SHA512: strings.Repeat("ab", 64), Size: int64(len(body)), Type: "application/zip", Name: "a b.zip", Modified: 1_000_000}
	w, err := store.Create(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, body); err != nil {
		t.Fatal(err)
	}
	if err := w.Commit(t.Context(), b.SHA256); err != nil {
		t.Fatal(err)
	}
	s := testServer(t, Config{})
	s.blobs = store
	return s, b
}

// requestTo is a request as a handler has it, by an anonymous caller.
func requestTo(s *Server, ctx *fasthttp.RequestCtx) *Request {
	r := requests.Get().(*Request)
	r.begin(s, ctx, &target{engine: artifacts})
	r.Account = &Account{ID: someID, Slug: "acme", anonymous: schema.AnonymousRights(someID)}
	r.Rights = r.Account.anonymous
	return r
}

// TestFilesAreSentByTheSystem: fasthttp sends with sendfile what it sees to be a
// file, so that is what it must be given, for the whole and for a part.
func TestFilesAreSentByTheSystem(t *testing.T) {
	s, b := fileServer(t, "0123456789")
	for h, want := range map[string]string{"": "0123456789", "bytes=3-5": "345", "bytes=-2": "89"} {
		ctx := requestOf("h", "/")
		ctx.Request.Header.Set("Range", h)
		if refusal := requestTo(s, ctx).SendBytes(b); refusal != nil {
			t.Fatal(refusal)
		}
		f, ok := ctx.Response.BodyStream().(*os.File)
		if !ok {
			t.Fatalf("%q: the body is a %T", h, ctx.Response.BodyStream())
		}
		got := make([]byte, ctx.Response.Header.ContentLength())
		if _, err := io.ReadFull(f, got); err != nil || string(got) != want {
			t.Errorf("%q: %q %v", h, got, err)
		}
		f.Close()
	}
}

// plainStore gives blobs that are no files of the operating system.
type plainStore struct{ blobs.Store }

type plainBlob struct{ blobs.Blob }

func (p plainStore) Open(ctx context.Context, sha256 string) (blobs.Blob, error) {
	b, err := p.Store.Open(ctx, sha256)
	return plainBlob{b}, err
}

func TestBlobsThatAreNoFiles(t *testing.T) {
	s, b := fileServer(t, "0123456789")
	s.blobs = plainStore{s.blobs}
	for h, want := range map[string]string{"": "0123456789", "bytes=3-5": "345", "bytes=-2": "89"} {
		ctx := requestOf("h", "/")
		ctx.Request.Header.Set("Range", h)
		if refusal := requestTo(s, ctx).SendBytes(b); refusal != nil {
			t.Fatal(refusal)
		}
		if got := string(ctx.Response.Body()); got != want {
			t.Errorf("%q: %q", h, got)
		}
	}
}

// TestCutBlobIsRefused: a blob shorter than its event says would leave the
// client hanging.
func TestCutBlobIsRefused(t *testing.T) {
	s, b := fileServer(t, "0123456789")
	b.Size = 11
	for _, method := range []string{"GET", "HEAD"} {
		ctx := requestOf("h", "/")
		ctx.Request.Header.SetMethod(method)
		if refusal := requestTo(s, ctx).SendBytes(b); refusal != &noBytes || ctx.Response.IsBodyStream() {
			t.Errorf("%s: %v", method, refusal)
		}
	}
}
