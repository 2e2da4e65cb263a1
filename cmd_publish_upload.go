package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
)

// uploadFile is a file on the disk that is to be an artifact.
type uploadFile struct {
	path, name string
	size       int64
	sha256     string // hexadecimal
	attributes map[string]any
}

// openUpload reads size and digest of a file.
func openUpload(ctx context.Context, path, name string) (*uploadFile, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: is no regular file", path)
	}
	digest := sha256.New()
	size, err := io.Copy(digest, &untilDone{ctx, f})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return &uploadFile{path: path, name: name, size: size, sha256: hex.EncodeToString(digest.Sum(nil))}, nil
}

// untilDone reads until ctx ends.
type untilDone struct {
	ctx context.Context
	r   io.Reader
}

// Read implements io.Reader.
func (u *untilDone) Read(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.r.Read(p)
}

// uploads brings files into a release.
type uploads struct {
	*session
	con     *console
	say     io.Writer // a line for each file; nil for none
	release resource
}

// How often, and how long, to ask whether a file is validated once the upload
// itself has been answered.
const (
	settlePause   = 500 * time.Millisecond
	settleTimeout = 10 * time.Minute
)

// settle gives the artifact of a file, uploaded and validated. One that is there
// is kept if it has the same bytes, and an error otherwise.
func (u *uploads) settle(ctx context.Context, f *uploadFile) (resource, error) {
	have, err := u.find(ctx, f.name)
	if err != nil {
		return resource{}, err
	}
	done := "already uploaded"
	switch have.text("status") {
	case "UPLOADED", "PROCESSING":
		digests, _ := have.Attributes["digests"].(map[string]any)
		if digests["sha256"] != f.sha256 {
			return resource{}, &exitError{1, fmt.Errorf("%s is there with other bytes (sha256 %v, this file %s): files of a release never change; publish another version, or first delete the artifact with\n  offprint artifact delete %s",
				f.name, digests["sha256"], f.sha256, have.ID)}
		}
	default: // none, or one that waits for its bytes, or failed
		if have, err = u.send(ctx, f); err != nil {
			return resource{}, err
		}
		done = "uploaded"
	}
	if have, err = u.wait(ctx, have); err != nil {
		return resource{}, err
	}
	if u.say != nil {
		fmt.Fprintf(u.say, "  %s: %s, %d bytes, sha256 %s\n", f.name, done, f.size, f.sha256)
	}
	return have, nil
}

// find gives the release's artifact of a name; none without id. Deleted ones
// are not found.
func (u *uploads) find(ctx context.Context, name string) (found resource, err error) {
	err = u.pages(ctx, "releases/"+u.release.ID+"/artifacts", url.Values{}, 100, func(_ json.RawMessage, items []json.RawMessage) bool {
		for _, item := range items {
			var r resource
			if json.Unmarshal(item, &r) == nil && r.text("filename") == name {
				found = r
			}
		}
		return found.ID == ""
	})
	return found, err
}

// send uploads the bytes.
func (u *uploads) send(ctx context.Context, f *uploadFile) (resource, error) {
	attributes := map[string]any{"filename": f.name, "filesize": f.size, "checksum": f.sha256}
	maps.Copy(attributes, f.attributes)
	artifact, url, err := u.announce(ctx, u.account, u.release, attributes)
	if err != nil {
		return resource{}, err
	}
	in, err := os.Open(f.path)
	if err != nil {
		return resource{}, err
	}
	defer in.Close()
	body, done := u.progress(f, in)
	defer done()
	return artifact, u.put(ctx, url, f.name, f.size, body)
}

// progress shows on a terminal how much of a file was sent.
func (u *uploads) progress(f *uploadFile, in io.Reader) (body io.Reader, done func()) {
	if !terminal(u.con.err) {
		return in, func() {}
	}
	bar := progressbar.NewOptions64(f.size, progressbar.OptionSetWriter(u.con.err), progressbar.OptionSetDescription(f.name),
		progressbar.OptionShowBytes(true), progressbar.OptionSetWidth(20), progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionClearOnFinish(), progressbar.OptionUseANSICodes(false))
	read := progressbar.NewReader(in, bar)
	return &read, func() { _ = bar.Finish() } // it only draws
}

// wait asks until a file is validated.
func (u *uploads) wait(ctx context.Context, artifact resource) (resource, error) {
	ctx, stop := context.WithTimeout(ctx, settleTimeout)
	defer stop()
	for {
		var out struct{ Data resource }
		if _, err := u.call(ctx, "GET", u.below("artifacts/"+artifact.ID)+"?prefer=no-download", nil, &out); err != nil {
			return resource{}, err
		}
		switch status := out.Data.text("status"); status {
		case "UPLOADED":
			return out.Data, nil
		case "PROCESSING":
		case "FAILED":
			return resource{}, &exitError{1, fmt.Errorf("%s was refused: %s", out.Data.text("filename"), out.Data.text("failureReason"))}
		default:
			return resource{}, fmt.Errorf("%s is %s after its upload", out.Data.text("filename"), status)
		}
		select {
		case <-time.After(settlePause):
		case <-ctx.Done():
			return resource{}, errors.New(out.Data.text("filename") + " is still being validated")
		}
	}
}
