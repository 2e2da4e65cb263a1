package ingest

import (
	"bufio"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"offprint/events"
)

// half sends a request whose body is not whole, and then what then does.
func (h *house) half(text string, then func(io.ReadWriteCloser)) {
	h.t.Helper()
	conn, err := h.dial()
	if err != nil {
		h.t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, text); err != nil {
		h.t.Fatal(err)
	}
	then(conn)
}

// answered reads an answer: "status CODE".
func answered(t *testing.T, conn io.Reader) string {
	t.Helper()
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode < 400 {
		return fmt.Sprint(res.StatusCode)
	}
	return fmt.Sprint(res.StatusCode, " ", firstError(t, string(body)))
}

// TestP28BrokenBody: a body that ends early or stalls stores nothing, and the
// URL can be used again.
func TestP28BrokenBody(t *testing.T) {
	big := strings.Repeat("x", 20_000) // more than the server reads ahead
	for _, tt := range []struct{ name, headers, body string }{
		{"Content-Length", "Content-Length: 30000", big},
		{"chunked, within a chunk", "Transfer-Encoding: chunked", "ffff\r\n" + big},
		{"chunked, between chunks", "Transfer-Encoding: chunked", "4e20\r\n" + big + "\r\n"},
		{"chunked, no size", "Transfer-Encoding: chunked", "4e20\r\n" + big + "\r\nzz\r\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t)
			id, path := h.openFile(h.newRelease("1.0.0"), `"filename":"a.bin"`)
			before := len(h.kinds())
			h.half("PUT "+path+" HTTP/1.1\r\nHost: x\r\n"+tt.headers+"\r\n\r\n"+tt.body, func(c io.ReadWriteCloser) { c.Close() })
			<-h.blobs.aborts
			if stored := h.blobs.count(); stored != 0 || h.status(id) != waiting || len(h.kinds()) != before {
				t.Fatal(stored, h.status(id), h.kinds())
			}
			if res, body := h.send("PUT "+path, big); res.StatusCode != 200 || h.status(id) != uploaded {
				t.Fatal(res.StatusCode, body)
			}
		})
	}
}

func TestStalledBodyEndsTheConnection(t *testing.T) {
	h := newHouse(t)
	h.api.cfg.StallFor = 20 * time.Millisecond
	id, path := h.openFile(h.newRelease("1.0.0"), `"filename":"a.bin"`)
	h.half("PUT "+path+" HTTP/1.1\r\nHost: x\r\nContent-Length: 30000\r\n\r\n"+strings.Repeat("x", 20_000), func(c io.ReadWriteCloser) {
		if got := answered(t, c); got != "408 BODY_STALLED" {
			t.Error(got)
		}
		if n, err := c.Read(make([]byte, 1)); err != io.EOF {
			t.Error("the connection is open", n, err)
		}
	})
	if h.status(id) != waiting {
		t.Error(h.status(id))
	}
	h.half("POST /v1/products HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer x\r\nContent-Length: 30000\r\n\r\n"+strings.Repeat(" ", 20_000), func(c io.ReadWriteCloser) {
		if got := answered(t, c); got != "408 BODY_STALLED" {
			t.Error(got)
		}
	})
}

func TestExpectContinue(t *testing.T) {
	h := newHouse(t)
	id, path := h.openFile(h.newRelease("1.0.0"), `"filename":"a.bin"`)
	h.half("PUT "+path+" HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n", func(c io.ReadWriteCloser) {
		line := make([]byte, len("HTTP/1.1 100 Continue\r\n\r\n"))
		if _, err := io.ReadFull(c, line); err != nil || string(line) != "HTTP/1.1 100 Continue\r\n\r\n" {
			t.Fatal(string(line), err)
		}
		_, _ = io.WriteString(c, "bytes")
		if got := answered(t, c); got != "200" || h.status(id) != uploaded {
			t.Fatal(got, h.status(id))
		}
	})
}

// TestTooLarge: refused by length before anything is read, and by counting.
func TestTooLarge(t *testing.T) {
	h := newHouse(t)
	h.api.cfg.MaxArtifact = 1000
	id, path := h.openFile(h.newRelease("1.0.0"), `"filename":"a.bin"`)
	h.half("PUT "+path+" HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n"+strings.Repeat("x", 9000), func(c io.ReadWriteCloser) {
		if got := answered(t, c); got != "413 FILE_TOO_LARGE" {
			t.Error(got)
		}
	})
	chunk := fmt.Sprintf("%x\r\n%s\r\n", 600, strings.Repeat("x", 600))
	for body, want := range map[string]int{chunk + chunk + "0\r\n\r\n": 413, "3e8\r\n" + strings.Repeat("x", 1000) + "\r\n0\r\n\r\n": 200} {
		if res, text := h.send("PUT "+path+"\nTransfer-Encoding: chunked", body); res.StatusCode != want {
			t.Error(want, res.StatusCode, text)
		}
	}
	if h.status(id) != uploaded {
		t.Error(h.status(id))
	}
}

// TestFullStoreLeavesNothing: 503, and the artifact still waits.
func TestFullStoreLeavesNothing(t *testing.T) {
	h := newHouse(t)
	h.blobs.room = 10
	id, path := h.openFile(h.newRelease("1.0.0"), `"filename":"a.bin"`)
	res, body := h.send("PUT "+path, strings.Repeat("x", 11))
	<-h.blobs.aborts
	if stored := h.blobs.count(); res.StatusCode != 503 || firstError(t, body) != "STORAGE_FULL" || stored != 0 || h.status(id) != waiting {
		t.Fatal(res.StatusCode, body, stored, h.status(id))
	}
	if res, body := h.send("PUT "+path, "ten bytes."); res.StatusCode != 200 {
		t.Fatal(res.StatusCode, body)
	}
}

// TestBytesAreDurableBeforeTheEvent: a crash before the event leaves an
// artifact that waits.
func TestBytesAreDurableBeforeTheEvent(t *testing.T) {
	h := newHouse(t)
	release := h.newRelease("1.0.0")
	id, path := h.openFile(release, `"filename":"a.bin"`)
	before := h.kinds()
	h.blobs.commit = func() {
		if !slices.Equal(h.kinds(), before) {
			t.Error("the log knows of bytes that are not durable", h.kinds())
		}
	}
	if res, body := h.send("PUT "+path, "bytes"); res.StatusCode != 200 {
		t.Fatal(res.StatusCode, body)
	}
	h.judging.Wait()
	if got := h.kinds()[len(before):]; !slices.Equal(got, []events.Kind{events.ArtifactStored, events.ArtifactProcessed}) {
		t.Fatal(got)
	}
	stored := h.log.stored[len(before)]
	base := events.Base{Product: relay, Package: appID, Key: "@acme/app", Engine: "npm", Release: release, Version: "1.0.0", Artifact: id, Filename: "a.bin"}
	want := events.ArtifactBytes{Base: base, Size: 5, SHA256: hexOf(sha256.Sum256([]byte("bytes"))), SHA512: hexOf(sha512.Sum512([]byte("bytes"))),
		SHA1: hexOf(sha1.Sum([]byte("bytes"))), MD5: hexOf(md5.Sum([]byte("bytes")))}
	if got := stored.Data.(*events.ArtifactBytes); *got != want || stored.Resource != "artifacts/"+id || stored.Actor != "" {
		t.Fatalf("%+v", stored)
	}
}

func hexOf[A [16]byte | [20]byte | [32]byte | [64]byte](sum A) string { return fmt.Sprintf("%x", sum) }

// TestP35TwoUploadsAtOnce: the first to finish wins; equal bytes are fine, other
// bytes a conflict.
func TestP35TwoUploadsAtOnce(t *testing.T) {
	for body, want := range map[string]string{strings.Repeat("x", 20_000): "200", strings.Repeat("y", 20_000): "409 ARTIFACT_CONFLICT"} {
		h := newHouse(t)
		id, path := h.openFile(h.newRelease("1.0.0"), `"filename":"a.bin"`)
		h.half("PUT "+path+" HTTP/1.1\r\nHost: x\r\nContent-Length: 20000\r\n\r\n"+body[:19_000], func(c io.ReadWriteCloser) {
			if res, text := h.send("PUT "+path, strings.Repeat("x", 20_000)); res.StatusCode != 200 {
				t.Error(res.StatusCode, text)
			}
			_, _ = io.WriteString(c, body[19_000:])
			if got := answered(t, c); got != want {
				t.Error(got, want)
			}
		})
		if stored := h.blobs.count(); h.status(id) != uploaded || stored != 1 {
			t.Error(h.status(id), stored)
		}
	}
}

// TestRefusedFile: the PUT hears what the validator found.
func TestRefusedFile(t *testing.T) {
	h := newHouse(t)
	h.judge = func(string) (string, string) { return "NPM_NAME_MISMATCH", "package.json says: another name" }
	id, path := h.openFile(h.newRelease("1.0.0"), `"filename":"a.tgz"`)
	res, body := h.send("PUT "+path, "bytes")
	if res.StatusCode != 422 || firstError(t, body) != "NPM_NAME_MISMATCH" || !strings.Contains(body, `"detail":"package.json says: another name"`) {
		t.Fatal(res.StatusCode, body)
	}
	if h.status(id) != "FAILED NPM_NAME_MISMATCH: package.json says: another name" {
		t.Fatal(h.status(id))
	}
}

// TestP23P27Processing: while a file is being validated, its name is taken, an
// upload of the same bytes waits, and a publication too.
func TestP23P27Processing(t *testing.T) {
	h := newHouse(t)
	gate := make(chan struct{})
	h.judge = func(string) (string, string) { <-gate; return "", "" }
	h.api.cfg.SettleFor = 10 * time.Millisecond
	release := h.newRelease("1.0.0")
	id, path := h.openFile(release, `"filename":"a.tgz"`)
	if res, body := h.send("PUT "+path, "bytes"); res.StatusCode != 200 || !strings.Contains(body, processing) {
		t.Fatal(res.StatusCode, body)
	}
	if res, body := h.send("POST /v1/artifacts"+auth, artifactBody(release, `"filename":"a.tgz"`)); res.StatusCode != 422 || firstError(t, body) != "FILENAME_TAKEN /data/attributes/filename" {
		t.Fatal(res.StatusCode, body)
	}
	if res, body := h.send("PUT "+path, "other"); res.StatusCode != 409 {
		t.Fatal(res.StatusCode, body)
	}
	h.must(200, "POST /v1/releases/"+release+"/actions/publish", "") // returns though nothing has settled
	h.api.cfg.SettleFor = time.Minute
	done := make(chan int)
	go func() {
		res, _ := h.send("POST /v1/releases/"+release+"/actions/publish"+auth, "")
		if h.status(id) != uploaded {
			t.Error("publish returned before the file had settled")
		}
		done <- res.StatusCode
	}()
	close(gate)
	if status := <-done; status != 200 {
		t.Fatal(status)
	}
	if got := h.kinds(); got[len(got)-1] != events.ArtifactProcessed || slices.Index(got, events.ReleasePublished) < 0 {
		t.Fatal(got)
	}
}

// TestP34Links: an altered URL, an expired one and one of a deleted file get
// the same answer.
func TestP34Links(t *testing.T) {
	h := newHouse(t)
	release := h.newRelease("1.0.0")
	id, path := h.openFile(release, `"filename":"a.bin"`)
	gone, dead := h.openFile(release, `"filename":"b.bin"`)
	h.must(204, "DELETE /v1/artifacts/"+gone, "")
	flipped := []byte(path)
	flipped[len(flipped)-1] ^= 1
	var bodies []string
	refused := func(path string) {
		res, body := h.send("PUT "+path, "bytes")
		if _, rest, _ := strings.Cut(body, `"errors"`); res.StatusCode == 403 {
			bodies = append(bodies, rest)
		} else {
			t.Error(path, res.StatusCode, body)
		}
	}
	refused(string(flipped))
	refused(dead)
	refused("/v1/uploads/" + strings.Repeat("A", 103))
	h.clock.Add(uploadLife + 1)
	refused(path)
	if bodies = slices.Compact(bodies); len(bodies) != 1 || !strings.Contains(bodies[0], "UPLOAD_EXPIRED") || h.status(id) != waiting {
		t.Fatal(bodies)
	}
}

// TestUploadMemory: a large file passes through a small buffer.
func TestUploadMemory(t *testing.T) {
	h := newHouse(t)
	h.blobs.discard = true
	_, path := h.openFile(h.newRelease("1.0.0"), `"filename":"a.bin"`)
	const size = 48 << 20
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	h.half(fmt.Sprintf("PUT %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", path, size), func(c io.ReadWriteCloser) {
		go func() { // an answer may come before the end
			piece := make([]byte, 64<<10)
			for range size / len(piece) {
				_, _ = c.Write(piece)
			}
		}()
		if got := answered(t, c); got != "200" {
			t.Error(got)
		}
	})
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > size/2 {
		t.Fatalf("%d bytes allocated for a file of %d", grown, size)
	}
}
