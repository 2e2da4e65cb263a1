package main

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// smallDisk mounts a file system of so many MiB, and gives the function that
// changes its size. Only root may mount: others skip.
func smallDisk(t *testing.T, megabytes int) (dir string, resize func(megabytes int)) {
	t.Helper()
	dir = t.TempDir()
	mount := func(options string) error {
		out, err := exec.Command("mount", "-t", "tmpfs", "-o", options, "tmpfs", dir).CombinedOutput()
		if err != nil {
			return fmt.Errorf("mount: %w: %s", err, bytes.TrimSpace(out))
		}
		return nil
	}
	if os.Geteuid() != 0 {
		t.Skip("a small file system can be mounted by root only")
	}
	if err := mount(fmt.Sprintf("size=%dm", megabytes)); err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %v: %s", err, out)
		}
	})
	return dir, func(megabytes int) {
		t.Helper()
		if err := mount(fmt.Sprintf("remount,size=%dm", megabytes)); err != nil {
			t.Fatal(err)
		}
	}
}

// filler publishes releases of one package until the disk is full.
type filler struct {
	*process
	product, pkg resource
	sent         map[string][]byte // artifact path -> bytes, of acknowledged uploads
	published    []resource        // acknowledged
	next         int
}

// publish makes a release of one file of so many bytes.
func (f *filler) publish(size int) error {
	f.next++
	ctx, version := f.t.Context(), fmt.Sprintf("1.%d.0", f.next)
	release, err := f.api.create(ctx, f.Account, "releases", map[string]any{"version": version, "channel": "stable"}, relations{"product": f.product, "package": f.pkg})
	if err != nil {
		return err
	}
	file := bytes.Repeat([]byte(version+"\n"), size/len(version))
	artifact, err := f.api.upload(ctx, f.Account, release, "app.bin", int64(len(file)), bytes.NewReader(file))
	if err != nil {
		return err
	}
	f.sent["/v1/accounts/acme/artifacts/"+artifact.ID+"/app.bin"] = file
	if err := f.api.publish(ctx, f.Account, release); err != nil {
		return err
	}
	f.published = append(f.published, release)
	return nil
}

// full publishes until it is refused, and checks how.
func (f *filler) full(size int) {
	f.t.Helper()
	for range 10000 {
		err := f.publish(size)
		if err == nil {
			continue
		}
		var refused *apiError
		if !errors.As(err, &refused) || refused.status != 503 || refused.code == "" || refused.detail == "" {
			f.t.Errorf("a full disk is answered with %v", err)
		}
		f.t.Logf("after %d releases: %v", f.next, err)
		return
	}
	f.t.Fatal("the disk does not get full")
}

// check reads all that was acknowledged.
func (f *filler) check() {
	f.t.Helper()
	for path, file := range f.sent {
		if a := f.get(path, "Bearer "+f.Token); a.status != 200 || a.body != string(file) {
			f.t.Errorf("%s: %d, %d bytes of %d: %.200s", path, a.status, len(a.body), len(file), a.body)
		}
	}
	a := f.get("/raw/acme/"+f.product.ID+"/@relay/1.1.0/app.bin", "")
	if a.status == http.StatusSeeOther {
		var err error
		if a, err = fetch(a.header.Get("Location"), ""); err != nil {
			f.t.Fatal(err)
		}
	}
	if a.status != http.StatusOK {
		f.t.Errorf("anonymous: %d %s", a.status, a.body)
	}
	for _, r := range f.published {
		if a := f.get(below(f.Account, "releases/"+r.ID), "Bearer "+f.Token); !strings.Contains(a.body, `"status":"PUBLISHED"`) {
			f.t.Errorf("release %s: %d %.200s", r.text("version"), a.status, a.body)
		}
	}
}

// cli makes a draft as the Keygen CLI does, which panics at a 503.
func (f *filler) cli() {
	f.t.Helper()
	doc := `{"data":{"type":"releases","attributes":{"version":"9.0.0","channel":"stable"},"relationships":{"product":{"data":{"type":"products","id":"` + f.product.ID + `"}}}}}`
	req, err := http.NewRequest("POST", f.URL+below(f.Account, "releases"), strings.NewReader(doc))
	if err != nil {
		f.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+f.Token)
	req.Header.Set("Content-Type", "application/vnd.api+json")
	req.Header.Set("User-Agent", "keygen/1.5 sdk/2.9.0 go/1.21 linux/amd64 cli/2.9.1")
	res, err := plain.Do(req)
	if err != nil {
		f.t.Fatal(err)
	}
	defer res.Body.Close()
	if refused := readError(res); res.StatusCode != http.StatusConflict || res.Header.Get("X-Offprint-Status") != "503" || refused.code == "" {
		f.t.Errorf("the CLI gets %d, %v", res.StatusCode, refused)
	}
}

// newFiller starts a server on a disk of its own and publishes once.
func newFiller(t *testing.T, disk string) *filler {
	t.Helper()
	data := filepath.Join(disk, "data")
	p := startServer(t, "--data", data)
	p.Data = data
	f := &filler{process: p, product: p.product("relay", "OPEN"), sent: map[string][]byte{}}
	f.pkg = p.pkg(f.product, "relay", "raw")
	if err := f.publish(1000); err != nil {
		t.Fatal(err)
	}
	return f
}

// finish checks what was kept when there is room again.
func (f *filler) finish() {
	f.t.Helper()
	f.recover()
	f.check()
	if code := f.stop(); code != 0 {
		f.t.Errorf("ended with %d", code)
	}
	if out, errs, code := offprint(f.t, nil, "verify", "--data", f.Data); code != 0 || out != "" {
		f.t.Errorf("verify: %d\n%s%s", code, out, errs)
	}
}

// TestE11FullDisk: what does not fit is refused and leaves nothing, reads go on,
// and once there is room again so do writes, without a restart.
func TestE11FullDisk(t *testing.T) {
	t.Parallel()
	dir, resize := smallDisk(t, 48)
	f := newFiller(t, dir)
	f.full(1 << 20)
	f.full(100)
	f.check()
	if names, _ := f.half(); len(names) > 0 {
		t.Errorf("half a file is left: %v", names)
	}
	resize(128)
	f.finish()
}

// TestE11NoByteLeft: another program takes all the room, so that the log itself
// meets the full disk, and gives it back.
func TestE11NoByteLeft(t *testing.T) {
	t.Parallel()
	dir, _ := smallDisk(t, 48)
	f := newFiller(t, dir)
	ballast := filepath.Join(dir, "ballast")
	fillUp(t, ballast)
	f.full(100)
	f.cli()
	f.check()
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	f.finish()
}

// fillUp writes a file until there is no room for another byte.
func fillUp(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var last error
	for _, size := range []int64{1 << 30, 1} { // the rest of the last page
		_, last = io.CopyN(f, rand.Reader, size)
	}
	if !errors.Is(last, syscall.ENOSPC) {
		t.Fatalf("the disk is not full: %v", last)
	}
}

// recover publishes as soon as that works again.
func (f *filler) recover() {
	f.t.Helper()
	deadline := time.Now().Add(startTimeout)
	for {
		err := f.publish(1000)
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			f.t.Fatalf("there is room again, but: %v", err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}
