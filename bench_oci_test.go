package main

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"offprint/projector"
	projectoci "offprint/projector/oci"
	"offprint/projector/oci/ocitest"
	"offprint/schema/blobs/folder"
)

// benchOCI measures what pulling clients wait for, beside a server that writes
// the same bytes for nobody in particular, and what an upload waits for.
func benchOCI(b *testing.B, s scale, table *figures) {
	benchValidation(b, s, table)
	p := startServer(b)
	product := p.product("vault", "LICENSED")
	pkg := p.pkg(product, "vault", "oci")
	_, key := p.license(product)
	large := make([]byte, s.blob)
	rand.NewChaCha8([32]byte{}).Read(large)
	l := ocitest.New()
	layer := l.Put(ocitest.Layer, large)
	image := l.Manifest(ocitest.Image, ocitest.Object{"config": l.Put(ocitest.Config, []byte("{}")), "layers": []ocitest.Object{layer}})
	p.image(product, pkg, "1.0.0", "latest", l.Entries(l.Index(image.On("linux/amd64"))).Tar())
	ours := p.endpoint()
	for name, authorization := range map[string]string{"bearer token": p.bearer(licenseBasic(key), "acme/vault"), "license as Basic": licenseBasic(key)} {
		request := getRequest("/v2/acme/vault/manifests/latest", "Authorization", authorization, "Accept", ocitest.Index+", "+ocitest.Image)
		answer := ask(b, ours, request)
		plain := startBare(b, answer)
		sameReply(b, answer, ask(b, plain, request))
		d := duel(b, s, sameRequest(request, 200), ours, sameRequest(request, 200), plain)
		d.report(table, "manifest by tag, warm, "+name, "≥ 0.8", "")
	}
	path := "/v2/acme/vault/blobs/" + layer.Digest()
	name := layer.Digest()[len("sha256:"):]
	plain := startBare(b, &reply{Status: 200, Type: []byte("application/octet-stream"), File: filepath.Join(p.Data, "blobs", "sha256", name[:2], name)})
	download := func(host string) float64 { return megabytes(b, "http://"+host+path, licenseBasic(key), int64(s.blob)) }
	var us, them []float64
	download(ours.addr)
	download(plain.addr)
	inTurn(max(5, 3*s.rounds), func() { us = append(us, download(ours.addr)) }, func() { them = append(them, download(plain.addr)) })
	table.compared(fmt.Sprintf("blob of %d MiB from the file store", s.blob>>20), "MB/s", us, them, "≥ 0.9")
}

// megabytes fetches a URL and gives the speed.
func megabytes(t testing.TB, url, authorization string, size int64) float64 {
	t.Helper()
	req, err := http.NewRequest("GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", authorization)
	began := time.Now()
	res, err := plain.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	n, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, res.Body, make([]byte, 1<<20))
	if err != nil || n != size || res.StatusCode != 200 {
		t.Fatalf("%d, %d bytes of %d: %v", res.StatusCode, n, size, err)
	}
	return float64(n) / 1e6 / time.Since(began).Seconds()
}

// benchValidation validates and unpacks a large layout in this process, into a
// folder, beside sha256sum of the same file.
func benchValidation(b *testing.B, s scale, table *figures) {
	dir := b.TempDir()
	path := filepath.Join(dir, "layout.tar")
	size := largeLayout(b, path, s.layout)
	store, err := folder.Open(filepath.Join(dir, "blobs"))
	if err != nil {
		b.Fatal(err)
	}
	defer store.Close()
	f, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	peak := heapPeak(func() {
		began := time.Now()
		if _, err := projectoci.Engine(projectoci.Limits{}).Validate(b.Context(), f, projector.File{Blobs: store}); err != nil {
			b.Fatal(err)
		}
		took := time.Since(began)
		began = time.Now()
		if out, err := exec.Command("sha256sum", path).CombinedOutput(); err != nil {
			b.Fatalf("%v %s", err, out)
		}
		table.compared(fmt.Sprintf("validating and unpacking a layout of %d MiB, beside sha256sum", size>>20), "MB/s",
			[]float64{float64(size) / 1e6 / took.Seconds()}, []float64{float64(size) / 1e6 / time.Since(began).Seconds()}, "")
	})
	table.bounded("  memory it takes at its peak", "KB", float64(peak)/1000, "", "≤ 16777")
}

// heapPeak is by how much the heap grows while work runs.
func heapPeak(work func()) int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	before := int64(m.HeapInuse)
	var peak atomic.Int64
	stop, done := make(chan struct{}), make(chan struct{})
	go func() { // ended by stop
		defer close(done)
		var m runtime.MemStats
		for {
			select {
			case <-stop:
				return
			case <-time.After(10 * time.Millisecond):
				runtime.ReadMemStats(&m)
				peak.Store(max(peak.Load(), int64(m.HeapInuse)-before))
			}
		}
	}()
	work()
	close(stop)
	<-done
	return peak.Load()
}

// largeLayout writes a layout of one image with two layers, of about size bytes
// together.
func largeLayout(t testing.TB, path string, size int64) int64 {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := tar.NewWriter(f)
	write := func(name string, size int64, r io.Reader) {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: size}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(w, r); err != nil {
			t.Fatal(err)
		}
	}
	l := ocitest.New()
	var layers []ocitest.Object
	for seed := range byte(2) {
		content := func() io.Reader { return io.LimitReader(rand.NewChaCha8([32]byte{seed}), size/2) }
		h := sha256.New()
		if _, err := io.Copy(h, content()); err != nil {
			t.Fatal(err)
		}
		name := hex.EncodeToString(h.Sum(nil))
		layers = append(layers, ocitest.Object{"mediaType": ocitest.Layer, "digest": "sha256:" + name, "size": size / 2})
		write("blobs/sha256/"+name, size/2, content())
	}
	l.Entries(l.Manifest(ocitest.Image, ocitest.Object{"config": l.Put(ocitest.Config, []byte("{}")), "layers": layers}))
	for name, text := range l.Files {
		write(name, int64(len(text)), bytes.NewReader(text))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}
