package folder

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"offprint/schema/blobs"
)

// Has implements blobs.Keeper. Another writer may have given the blob its name
// only just now, so the folder is synced first.
func (s *File) Has(_ context.Context, sha256 string, size int64) (bool, error) {
	at, err := blobs.Place(sha256)
	if err != nil {
		return false, err
	}
	path := filepath.Join(s.dir, at)
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("blob %s: %w", sha256, err)
	case !info.Mode().IsRegular() || info.Size() != size:
		return false, nil
	}
	if err = s.folderOf(path, sha256[:2]); err == nil {
		err = s.step("sync folder", func() error { return syncFolder(filepath.Dir(path)) })
	}
	if err != nil {
		return false, fmt.Errorf("blob %s: %w", sha256, err)
	}
	return true, nil
}
