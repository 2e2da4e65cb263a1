package folder

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"offprint/schema/blobs"
)

// Create implements Store.
func (s *File) Create(ctx context.Context) (blobs.Writer, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var f *os.File
	err := s.step("create", func() (err error) {
		f, err = os.CreateTemp(s.tmp, "")
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("new blob: %w", err)
	}
	return &fileWriter{store: s, file: f}, nil
}

// step does one step of writing; its error is blobs.ErrFull where that is the cause.
func (s *File) step(name string, do func() error) error {
	if s.fault != nil {
		if err := s.fault(name); err != nil {
			return full(err)
		}
	}
	return full(do())
}

type fileWriter struct {
	store *File
	file  *os.File // nil after the end
	size  int64

	failed error // of a Write: the file is not what the caller meant
}

// Write implements io.Writer.
func (w *fileWriter) Write(p []byte) (n int, err error) {
	switch {
	case w.file == nil:
		return 0, blobs.ErrEnded
	case w.failed != nil:
		return 0, w.failed
	}
	err = w.store.step("write", func() (err error) {
		n, err = w.file.Write(p)
		return err
	})
	w.size += int64(n)
	if err != nil {
		w.failed = fmt.Errorf("new blob: %w", err)
	}
	return n, w.failed
}

// Abort implements Writer.
func (w *fileWriter) Abort() {
	if w.file != nil {
		w.file.Close()
		w.drop()
	}
}

// drop removes the file that has no name as a blob. If that fails, the next
// start removes it.
func (w *fileWriter) drop() {
	_ = os.Remove(w.file.Name())
	w.file = nil
}

// Commit implements Writer. The point of no return is the rename: a crash before
// it leaves a file below tmp, which the next start removes; a crash after it
// leaves the whole blob, whether anybody heard of it or not.
func (w *fileWriter) Commit(ctx context.Context, sha256 string) error {
	if w.file == nil {
		return blobs.ErrEnded
	}
	defer w.Abort()
	if w.failed != nil {
		return w.failed
	}
	at, err := blobs.Place(sha256)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := w.finish(); err != nil {
		return fmt.Errorf("blob %s: %w", sha256, err)
	}
	if err := w.name(filepath.Join(w.store.dir, at), sha256[:2]); err != nil {
		return fmt.Errorf("blob %s: %w", sha256, err)
	}
	return nil
}

// finish makes the bytes durable.
func (w *fileWriter) finish() error {
	if err := w.store.step("sync", w.file.Sync); err != nil {
		return err
	}
	return w.store.step("close", w.file.Close)
}

// name gives the finished file its name, or drops it if the blob is there
// already. In either case the name is durable in the end: another writer may
// have made it only just now.
func (w *fileWriter) name(path, first string) error {
	s := w.store
	if err := s.folderOf(path, first); err != nil {
		return err
	}
	there, err := os.Stat(path)
	switch {
	case err == nil && there.Size() == w.size: // drop ours
	case err == nil || errors.Is(err, fs.ErrNotExist): // a half copied blob is replaced
		if err := s.step("rename", func() error { return os.Rename(w.file.Name(), path) }); err != nil {
			return err
		}
	default:
		return err
	}
	return s.step("sync folder", func() error { return syncFolder(filepath.Dir(path)) })
}

// folderOf makes the folder of a blob. The folder above is synced once in the
// life of a process even if the folder was there: who made it may not have come
// to that.
func (s *File) folderOf(path, first string) error {
	i, err := strconv.ParseUint(first, 16, 8)
	if err != nil || s.known[i].Load() {
		return err
	}
	dir := filepath.Dir(path)
	err = s.step("make folder", func() error {
		if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		return syncFolder(filepath.Dir(dir))
	})
	if err == nil {
		s.known[i].Store(true)
	}
	return err
}
