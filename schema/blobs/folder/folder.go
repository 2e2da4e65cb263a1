package folder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"

	"offprint/schema/blobs"
)

// File keeps blobs in a folder, which many processes may share:
//
//	sha256/ab/ab12…     a blob, whole and durable
//	tmp/<process>/*     blobs that are being written
//	tmp/<process>/lock  held as long as the process lives
//
// What a process that died has left below tmp is removed when the folder is
// opened next.
type File struct {
	dir   string
	tmp   string           // of this process
	lock  *os.File         // within tmp
	known [256]atomic.Bool // folders of blobs whose names are durable

	// fault, if not nil, is asked before each step; an error is what the step
	// fails with. For tests.
	fault func(step string) error
}

// Open opens a folder and makes it if it is not there.
func Open(dir string) (*File, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("blobs: %w", err)
	}
	s := &File{dir: dir}
	for _, sub := range []string{"sha256", "tmp"} {
		if err := makeDurably(filepath.Join(dir, sub)); err != nil {
			return nil, fmt.Errorf("blobs: %w", full(err))
		}
	}
	err = syncFolder(dir) // another process may have made what was there
	if err == nil {
		err = s.enter(filepath.Join(dir, "tmp"))
	}
	if err != nil {
		return nil, fmt.Errorf("blobs: %w", full(err))
	}
	return s, nil
}

// enter makes the folder of this process, and removes those of dead ones. The
// lock on the whole of tmp keeps two processes from doing so at once; without
// it, one could take the other's folder for a dead one before it is locked.
func (s *File) enter(tmp string) error {
	all, err := os.OpenFile(filepath.Join(tmp, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer all.Close()
	for err = syscall.EINTR; err == syscall.EINTR; {
		err = syscall.Flock(int(all.Fd()), syscall.LOCK_EX)
	}
	if err == nil { // else the file system knows no locks, and nobody can tell who lives
		if err := sweep(tmp); err != nil {
			return err
		}
	}
	if s.tmp, err = os.MkdirTemp(tmp, ""); err != nil {
		return err
	}
	s.lock, err = os.OpenFile(filepath.Join(s.tmp, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	_ = syscall.Flock(int(s.lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) // nobody else knows the file
	return nil
}

// sweep removes the folders that no living process holds.
func sweep(tmp string) error {
	entries, err := os.ReadDir(tmp)
	if err != nil {
		return err
	}
	for _, e := range entries {
		dir := filepath.Join(tmp, e.Name())
		if e.IsDir() && !alive(dir) {
			if err := os.RemoveAll(dir); err != nil {
				return err
			}
		}
	}
	return nil
}

// alive says that a process holds the lock of its folder, or that this cannot be
// known.
func alive(dir string) bool {
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR, 0)
	if err != nil {
		return !errors.Is(err, fs.ErrNotExist)
	}
	defer lock.Close()
	return syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil
}

// Close removes what is being written. Blobs that are open stay readable.
func (s *File) Close() error {
	err := os.RemoveAll(s.tmp)
	return errors.Join(err, s.lock.Close())
}

// Open implements Store. The blob has a method File() *os.File, so that its
// bytes can be sent without being copied.
func (s *File) Open(_ context.Context, sha256 string) (blobs.Blob, error) {
	at, err := blobs.Place(sha256)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", blobs.ErrNotFound, err)
	}
	f, err := os.Open(filepath.Join(s.dir, at))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s", blobs.ErrNotFound, sha256)
	}
	if err != nil {
		return nil, fmt.Errorf("blob %s: %w", sha256, err)
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("not a file")
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("blob %s: %w", sha256, err)
	}
	return &fileBlob{f, info.Size()}, nil
}

type fileBlob struct {
	file *os.File
	size int64
}

func (b *fileBlob) File() *os.File                               { return b.file }
func (b *fileBlob) Size() int64                                  { return b.size }
func (b *fileBlob) Read(p []byte) (int, error)                   { return b.file.Read(p) }
func (b *fileBlob) ReadAt(p []byte, off int64) (int, error)      { return b.file.ReadAt(p, off) }
func (b *fileBlob) Seek(offset int64, whence int) (int64, error) { return b.file.Seek(offset, whence) }
func (b *fileBlob) WriteTo(w io.Writer) (int64, error)           { return b.file.WriteTo(w) }
func (b *fileBlob) Close() error                                 { return b.file.Close() }

// full makes blobs.ErrFull of what the system says when there is no room.
func full(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fmt.Errorf("%w: %w", blobs.ErrFull, err)
	}
	return err
}

// makeDurably makes a folder and those above it that are missing, so that their
// names survive a loss of power.
func makeDurably(dir string) error {
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	parent := filepath.Dir(dir)
	if parent != dir {
		if err := makeDurably(parent); err != nil {
			return err
		}
	}
	if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncFolder(parent)
}

func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}
