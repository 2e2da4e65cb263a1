package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// errInUse says that another process has the data folder.
var errInUse = errors.New("the data folder is in use by another process")

// lockFolder takes a folder for this process until unlock, or until it ends,
// however it ends.
func lockFolder(dir string) (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		text, _ := os.ReadFile(f.Name())
		f.Close()
		if pid, perr := strconv.Atoi(strings.TrimSpace(string(text))); perr == nil {
			return nil, fmt.Errorf("%w, number %d", errInUse, pid)
		}
		return nil, errInUse
	}
	if err := f.Truncate(0); err == nil {
		_, _ = f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0) // for people only
	}
	return func() { f.Close() }, nil
}
