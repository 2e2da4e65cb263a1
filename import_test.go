package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"offprint/schema/postgres/pgtest"
)

// TestE25SQLiteRestoredOnPostgres: documents, ETags and serials do not depend on
// the store that a server had before.
func TestE25SQLiteRestoredOnPostgres(t *testing.T) {
	t.Parallel()
	database := pgtest.Start(t)
	p := publishedServer(t)
	export, errs, code := offprint(t, nil, "export", "--server", p.URL, "--token", p.Token)
	if code != 0 {
		t.Fatalf("export: %d, %s", code, errs)
	}
	before := p.documents()
	p.stop()
	copied := t.TempDir()
	for _, name := range []string{"blobs", "server-key"} {
		if err := os.Rename(filepath.Join(p.Data, name), filepath.Join(copied, name)); err != nil {
			t.Fatal(err)
		}
	}
	if _, errs, code := offprint(t, strings.NewReader(export), "import", "--data", copied); code != 0 {
		t.Fatalf("import: %d, %s", code, errs)
	}
	restored := startServer(t, "--data", copied, "--listen", strings.TrimPrefix(p.URL, "http://"), "--database", database)
	if after := restored.documents(); after != before {
		t.Errorf("before\n%s\nafter\n%s", before, after)
	}
}

// TestE27KilledImportGoesOn: an import that is killed with a part of the log
// written, and run again each time, ends with the log of one that was not.
func TestE27KilledImportGoesOn(t *testing.T) {
	t.Parallel()
	source := newDepot(t)
	source.fill(func(s *shop) {
		pkg := s.pkg("@acme/relay")
		for n := range 800 {
			s.publish(pkg, fmt.Sprintf("1.%d.0", n))
		}
	})
	export, errs, code := offprint(t, nil, "export", "--data", source.path)
	if code != 0 {
		t.Fatalf("export: %d, %s", code, errs)
	}
	data, whole := t.TempDir(), logSize(t, source.path)
	for part := int64(1); part <= 4; part++ {
		killedImport(t, data, export, whole*part/6)
	}
	_, said, code := offprint(t, strings.NewReader(export), "import", "--data", data)
	if code != 0 {
		t.Fatalf("import: %d, %s", code, said)
	}
	if strings.Contains(said, " 0 of them were there before") {
		t.Errorf("the killed imports left nothing to go on from: %s", said)
	}
	again, errs, code := offprint(t, nil, "export", "--data", data)
	if code != 0 || again != export {
		t.Errorf("export: %d, %s, %d bytes, want the %d of the first", code, errs, len(again), len(export))
	}
	t.Log(said)
}

// killedImport runs an import and kills it when the log has so many bytes.
func killedImport(t *testing.T, data, export string, size int64) {
	t.Helper()
	program, err := exec.LookPath("offprint")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "import", "--data", data)
	cmd.Stdin = strings.NewReader(export)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case err := <-ended: // it was faster than the look
			if err != nil {
				t.Errorf("import: %v", err)
			}
			return
		case <-time.After(time.Millisecond):
		}
		if logSize(t, data) >= size {
			_ = cmd.Process.Kill() // fails if it has ended just now
			<-ended
			return
		}
	}
}

// logSize is how many bytes the messages of a log take.
func logSize(t *testing.T, data string) (size int64) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(data, "log"), func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || err == nil && filepath.Ext(path) != ".blk" {
			return nil // not there yet, or removed meanwhile
		}
		if err == nil {
			if info, ierr := d.Info(); ierr == nil {
				size += info.Size()
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return size
}
