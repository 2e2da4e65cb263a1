package stream

import (
	"fmt"
	"io"
	"os"

	"offprint/events"
)

// spool gives r as a file that can be read again; drop removes what that took.
func spool(r io.Reader, dir string) (file io.ReadSeeker, drop func(), err error) {
	if f, ok := r.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			return f, func() {}, nil
		}
	} else if s, ok := r.(io.ReadSeeker); ok {
		return s, func() {}, nil
	}
	tmp, err := os.CreateTemp(dir, "offprint-import-*") // mode 0600
	if err != nil {
		return nil, nil, fmt.Errorf("spool export: %w", err)
	}
	drop = func() { tmp.Close(); os.Remove(tmp.Name()) }
	if _, err := io.Copy(tmp, r); err != nil {
		drop()
		return nil, nil, fmt.Errorf("spool export: %w", err)
	}
	return tmp, drop, nil
}

// suspect names the first line of a file with a wrong sum that cannot be what
// was exported, as far as one can tell; empty if all of them could.
func suspect(r io.ReadSeeker) string {
	f, err := openExport(r, true)
	for err == nil {
		var s events.Stored
		if s, err = f.next(); err != nil {
			break
		}
		if f.gap {
			return fmt.Sprintf(", line %d does not follow the one before", f.line)
		}
		if _, err := events.Decode(s.Subject, s.Header, s.Body, s.Serial); err != nil {
			return fmt.Sprintf(", line %d does not decode: %v", f.line, err)
		}
	}
	return ""
}
