package ingest

import (
	"path/filepath"
	"strings"
	"testing"

	"offprint/ingest/ingesttest"
)

// TestRows replays the rows of publishing-api.md section 10 that one server
// with one administrator can show, and TestCLI what the Keygen CLI sends. The
// same files run against the whole server in the tests of the program.
func TestRows(t *testing.T) { replay(t, "publishing") }

func TestCLI(t *testing.T) { replay(t, "cli") }

func replay(t *testing.T, dir string) {
	files, err := filepath.Glob("../testdata/" + dir + "/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			h := newHouse(t)
			ingesttest.Replay(t, h.dial, file, h.vars())
		})
	}
}
