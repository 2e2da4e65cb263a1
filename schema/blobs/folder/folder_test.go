package folder

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"offprint/schema/blobs"
	"offprint/schema/blobs/blobstest"
)

func openFile(t *testing.T, dir string) *File {
	t.Helper()
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// files lists the files below a folder that are no locks.
func files(t *testing.T, dir string) []string {
	t.Helper()
	var list []string
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) { // removed meanwhile
			return nil
		}
		if err == nil && !e.IsDir() && e.Name() != "lock" {
			path, err = filepath.Rel(dir, path)
			list = append(list, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestFile(t *testing.T) {
	dir := t.TempDir()
	s := openFile(t, dir)
	blobstest.Run(t, s, func() []string { return files(t, dir) }, 0, 1, 5000, 1<<20+1)
}

func TestFileIsWhereRestoresExpectIt(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "not", "there", "yet")
	s := openFile(t, dir)
	content := []byte("offprint\n")
	blobstest.Put(t, s, content)
	const path = "sha256/97/97931a21b9eed9f3a31c3630f39be8f90f90d0ac42f016e6f2d28b61d05e548e"
	if got, err := os.ReadFile(filepath.Join(dir, path)); err != nil || !bytes.Equal(got, content) {
		t.Errorf("%q, %v", got, err)
	}
	b, err := s.Open(t.Context(), filepath.Base(path))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if f := b.(interface{ File() *os.File }).File(); f.Name() != filepath.Join(dir, path) {
		t.Errorf("the file is %s", f.Name())
	}
	elsewhere := t.TempDir()
	if err := os.CopyFS(elsewhere, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if got := blobstest.Get(t, openFile(t, elsewhere), filepath.Base(path)); !bytes.Equal(got, content) {
		t.Errorf("restored: %q", got)
	}
}

func TestHalfCopiedBlobIsReplaced(t *testing.T) {
	dir := t.TempDir()
	s := openFile(t, dir)
	content := blobstest.Some(1000)
	blobstest.Put(t, s, content)
	at, _ := blobs.Place(blobstest.Digest(content))
	if err := os.Truncate(filepath.Join(dir, at), 10); err != nil {
		t.Fatal(err)
	}
	blobstest.Put(t, s, content)
	if got := blobstest.Get(t, s, blobstest.Digest(content)); !bytes.Equal(got, content) {
		t.Errorf("%d bytes", len(got))
	}
}

func TestFileOpensNoFolder(t *testing.T) {
	dir := t.TempDir()
	s := openFile(t, dir)
	at, _ := blobs.Place(blobstest.Digest(nil))
	if err := os.MkdirAll(filepath.Join(dir, at), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Open(t.Context(), blobstest.Digest(nil)); err == nil || errors.Is(err, blobs.ErrNotFound) {
		t.Errorf("%v", err)
	}
}

// steps of a commit, in the order that makes it safe.
var steps = []string{"create", "write", "sync", "close", "make folder", "rename", "sync folder"}

func TestStepsOfACommit(t *testing.T) {
	dir := t.TempDir()
	s := openFile(t, dir)
	var did []string
	s.fault = func(step string) error { did = append(did, step); return nil }
	blobstest.Put(t, s, []byte("a"))
	if !slices.Equal(did, steps) {
		t.Errorf("first blob of a folder: %q", did)
	}
	// The second writer of the same bytes does not know whether the first one
	// has come to its last step.
	for who, other := range map[string]*File{"the same process": s, "another": openFile(t, dir)} {
		did = nil
		other.fault = s.fault
		blobstest.Put(t, other, []byte("a"))
		want := slices.DeleteFunc(slices.Clone(steps), func(s string) bool { return s == "rename" || s == "make folder" && who != "another" })
		if !slices.Equal(did, want) {
			t.Errorf("same bytes, %s: %q, want %q", who, did, want)
		}
	}
}

func TestFaults(t *testing.T) {
	content := blobstest.Some(1000)
	for _, fault := range []struct {
		err  error
		full bool
	}{{syscall.ENOSPC, true}, {syscall.EDQUOT, true}, {syscall.EIO, false}} {
		for i, step := range steps {
			t.Run(fmt.Sprint(fault.err, " at ", step), func(t *testing.T) {
				dir := t.TempDir()
				s := openFile(t, dir)
				s.fault = func(at string) error {
					if at == step {
						return &os.PathError{Op: at, Path: "blob", Err: fault.err}
					}
					return nil
				}
				w, err := blobstest.Write(t.Context(), s, content, 300)
				if err == nil {
					err = w.Commit(t.Context(), blobstest.Digest(content))
				}
				if w != nil {
					w.Abort()
				}
				if !errors.Is(err, fault.err) || errors.Is(err, blobs.ErrFull) != fault.full {
					t.Errorf("error: %v", err)
				}
				visible := i > slices.Index(steps, "rename")
				if left := files(t, dir); len(left) != 0 && !visible || len(left) > 1 {
					t.Errorf("left: %q", left)
				}
				s.fault = nil
				blobstest.Put(t, s, content)
				if got := blobstest.Get(t, s, blobstest.Digest(content)); !bytes.Equal(got, content) {
					t.Error("other bytes came back")
				}
			})
		}
	}
}

// A caller who does not look at the error of a Write gets no blob with a hole.
func TestFailedWriteCannotBeCommitted(t *testing.T) {
	dir := t.TempDir()
	s := openFile(t, dir)
	w, err := s.Create(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.fault = func(string) error { return syscall.ENOSPC }
	w.Write([]byte("lost"))
	s.fault = nil
	w.Write([]byte("kept"))
	if err := w.Commit(t.Context(), blobstest.Digest([]byte("lostkept"))); !errors.Is(err, blobs.ErrFull) {
		t.Errorf("%v", err)
	}
	if left := files(t, dir); len(left) != 0 {
		t.Errorf("left: %q", left)
	}
}

// TestCrash kills a process before each step of a commit.
func TestCrash(t *testing.T) {
	if dir := os.Getenv("BLOBS_CRASH_DIR"); dir != "" {
		crash(t, dir, os.Getenv("BLOBS_CRASH_AT"))
		return
	}
	content := blobstest.Some(1000)
	for i, step := range append(slices.Clone(steps), "end") {
		dir := t.TempDir()
		living := openFile(t, dir)
		w, err := blobstest.Write(t.Context(), living, content[:10], 10)
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(os.Args[0], "-test.run=^TestCrash$")
		cmd.Env = append(os.Environ(), "BLOBS_CRASH_DIR="+dir, "BLOBS_CRASH_AT="+step)
		if out, err := cmd.CombinedOutput(); err == nil || cmd.ProcessState.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			t.Fatalf("before %s: %v, %s", step, err, out)
		}
		next := openFile(t, dir)
		named := i > slices.Index(steps, "rename")
		want := 1 // of the living writer
		if named {
			want++
			if got := blobstest.Get(t, next, blobstest.Digest(content)); !bytes.Equal(got, content) {
				t.Errorf("before %s: other bytes came back", step)
			}
		}
		if left := files(t, dir); len(left) != want {
			t.Errorf("before %s: left %q", step, left)
		}
		blobstest.Put(t, next, content)
		if err := w.Commit(t.Context(), blobstest.Digest(content[:10])); err != nil {
			t.Errorf("a living writer lost its file: %v", err)
		}
		if left := files(t, dir); len(left) != 2 || !strings.HasPrefix(left[0], "sha256/") || !strings.HasPrefix(left[1], "sha256/") {
			t.Errorf("before %s: in the end %q", step, left)
		}
	}
}

func crash(t *testing.T, dir, at string) {
	die := func() { syscall.Kill(os.Getpid(), syscall.SIGKILL); select {} }
	s := openFile(t, dir)
	s.fault = func(step string) error {
		if step == at {
			die()
		}
		return nil
	}
	blobstest.Put(t, s, blobstest.Some(1000))
	die()
}

func TestCloseLeavesBlobsOnly(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	blobstest.Put(t, s, blobstest.Some(10))
	if _, err := blobstest.Write(t.Context(), s, blobstest.Some(100), 10); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := s.Create(context.Background()); err == nil {
		t.Error("a blob begins after the end")
	}
	if left, _ := os.ReadDir(filepath.Join(dir, "tmp")); len(files(t, dir)) != 1 || len(left) != 1 {
		t.Errorf("left: %q, %v", files(t, dir), left)
	}
}

func TestOpenErrors(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{file, filepath.Join(file, "below"), "/proc/nothing-here"} {
		if s, err := Open(dir); err == nil {
			t.Errorf("%s opens: %v", dir, s)
		}
	}
}
