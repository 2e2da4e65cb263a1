package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"offprint/events"
)

// artifact reads an artifact as the API shows it.
func (p *process) artifact(id string) resource {
	p.t.Helper()
	var out struct{ Data resource }
	if _, err := p.api.call(p.t.Context(), "GET", below(p.Account, "artifacts/"+id), nil, &out); err != nil {
		p.t.Fatal(err)
	}
	return out.Data
}

// settled waits until a file is validated, and gives its status.
func (p *process) settled(id string) string {
	p.t.Helper()
	for deadline := time.Now().Add(startTimeout); ; time.Sleep(10 * time.Millisecond) {
		if status := p.artifact(id).text("status"); status != "PROCESSING" || time.Now().After(deadline) {
			return status
		}
	}
}

// uploaded checks that an acknowledged upload is there, and is these bytes.
func (p *process) uploaded(id, filename string, file []byte) {
	p.t.Helper()
	if status := p.settled(id); status != "UPLOADED" {
		p.t.Errorf("%s: the upload was acknowledged, and is %s", filename, status)
	}
	a := p.get(below(p.Account, "artifacts/"+id+"/"+filename), "Bearer "+p.Token)
	if a.status != http.StatusOK || a.body != string(file) {
		p.t.Errorf("%s: the upload was acknowledged, and is %d, %d bytes of %d", filename, a.status, len(a.body), len(file))
	}
}

// half are the files of the blob folder that are no blobs, and how many bytes
// they have.
func (p *process) half() (names []string, size int64) {
	p.t.Helper()
	root := filepath.Join(p.Data, "blobs")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // removed meanwhile
		}
		if err != nil || d.IsDir() || d.Name() == "lock" {
			return err
		}
		if filepath.Base(filepath.Dir(filepath.Dir(path))) == "sha256" && len(d.Name()) == 64 {
			return nil
		}
		info, err := d.Info()
		if err == nil {
			names, size = append(names, path), size+info.Size()
		}
		return nil
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return names, size
}

// announce makes an artifact that waits for so many bytes, and gives its upload
// URL.
func (p *process) announce(release resource, filename string, size int) (artifact resource, url string) {
	p.t.Helper()
	var out struct{ Data resource }
	doc := map[string]any{"data": map[string]any{"type": "artifacts", "attributes": map[string]any{"filename": filename, "filesize": size},
		"relationships": relations{"release": release}.document()}}
	header, err := p.api.call(p.t.Context(), "POST", below(p.Account, "artifacts"), doc, &out)
	if err != nil {
		p.t.Fatal(err)
	}
	return out.Data, header.Get("Location")
}

// TestP36KilledDuringPut: the artifact still waits, nothing of the half file is
// left, and the same URL takes the whole file.
func TestP36KilledDuringPut(t *testing.T) {
	t.Parallel()
	p := startServer(t)
	release := p.draft(p.product("relay", "LICENSED"), resource{}, "1.0.0")
	file := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	artifact, url := p.announce(release, "app.bin", len(file))

	body, sender := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		req, err := http.NewRequest("PUT", url, body)
		if err == nil {
			req.ContentLength = int64(len(file))
			var res *http.Response
			if res, err = plain.Do(req); err == nil {
				res.Body.Close()
				err = fmt.Errorf("answered %d", res.StatusCode)
			}
		}
		body.CloseWithError(err)
		ended <- err
	}()
	if _, err := sender.Write(file[:len(file)/2]); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(startTimeout); ; time.Sleep(time.Millisecond) {
		if _, size := p.half(); size > 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the first half never reached the disk")
		}
	}
	p.kill()
	sender.CloseWithError(io.ErrUnexpectedEOF) // the client would wait for more to send
	if err := <-ended; err == nil || strings.HasPrefix(err.Error(), "answered") {
		t.Errorf("the cut off upload: %v", err)
	}
	p.start()
	if names, _ := p.half(); len(names) > 0 {
		t.Errorf("half a file is left: %v", names)
	}
	if status := p.artifact(artifact.ID).text("status"); status != "WAITING" {
		t.Errorf("status %s", status)
	}
	if _, err := p.api.sendSized(t.Context(), "PUT", url, int64(len(file)), bytes.NewReader(file)); err != nil {
		t.Fatal(err)
	}
	p.uploaded(artifact.ID, "app.bin", file)
	if out, errs, code := offprint(t, nil, "verify", "--server", p.URL, "--token", p.Token); code != 0 || out != "" {
		t.Errorf("verify: %d\n%s%s", code, out, errs)
	}
}

// TestP37KilledAfterUpload: what the 200 says holds, for files that are
// validated and for others, and a publication (events.md E9, E10) as well.
func TestP37KilledAfterUpload(t *testing.T) {
	t.Parallel()
	p := startServer(t)
	product := p.product("relay", "LICENSED")
	pkg := p.pkg(product, "@acme/relay", "npm")
	tarball := npmTarball(t, map[string]any{"name": "@acme/relay", "version": "1.0.0"})
	release := p.draft(product, pkg, "1.0.0")
	file := p.upload(release, "relay-1.0.0.tgz", tarball)
	p.restart()
	p.uploaded(file.ID, "relay-1.0.0.tgz", tarball)
	p.publishRelease(release)
	p.restart()
	if a := p.get("/npm/acme/@acme%2frelay/1.0.0", "Bearer "+p.Token); a.status != http.StatusOK {
		t.Errorf("published: %d %s", a.status, a.body)
	}
	plain := p.upload(p.draft(product, resource{}, "1.0.0"), "app.bin", []byte("bytes"))
	p.restart()
	p.uploaded(plain.ID, "app.bin", []byte("bytes"))
	_, err := p.api.create(t.Context(), p.Account, "releases", map[string]any{"version": "1.0.0", "channel": "stable"}, relations{"product": product, "package": pkg})
	var refused *apiError
	if !errors.As(err, &refused) || refused.code != "VERSION_TAKEN" {
		t.Errorf("the command again: %v", err)
	}
}

// TestP16TwentyPublishersOfOneVersion: one makes it, the others hear that it is
// taken, and the log has it once.
func TestP16TwentyPublishersOfOneVersion(t *testing.T) {
	t.Parallel()
	const publishers = 20
	p := startServer(t)
	product := p.product("relay", "LICENSED")
	pkg := p.pkg(product, "@acme/relay", "npm")
	var all sync.WaitGroup
	begin, outcomes := make(chan struct{}), make(chan error, publishers)
	for range publishers {
		all.Go(func() {
			<-begin
			_, err := p.api.create(t.Context(), p.Account, "releases", map[string]any{"version": "1.0.0", "channel": "stable"}, relations{"product": product, "package": pkg})
			outcomes <- err
		})
	}
	close(begin)
	all.Wait()
	close(outcomes)
	made, taken := 0, 0
	for err := range outcomes {
		var refused *apiError
		switch {
		case err == nil:
			made++
		case errors.As(err, &refused) && refused.status == http.StatusUnprocessableEntity && refused.code == "VERSION_TAKEN":
			taken++
		default:
			t.Error(err)
		}
	}
	if made != 1 || taken != publishers-1 {
		t.Errorf("made by %d, taken for %d", made, taken)
	}
	out, errs, code := offprint(t, nil, "export", "--server", p.URL, "--token", p.Token)
	if n := strings.Count(out, `"type":"offprint.`+string(events.ReleaseCreated)+`.v1"`); code != 0 || n != 1 {
		t.Errorf("export: %d %s, %d times %s", code, errs, n, events.ReleaseCreated)
	}
}
