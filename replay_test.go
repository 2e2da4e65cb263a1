package main

import (
	"net"
	"path/filepath"
	"strings"
	"testing"

	"offprint/ingest/ingesttest"
)

// TestPublishingExchanges runs the rows of publishing-api.md section 10, and
// what the Keygen CLI sends, against the whole server, whose state they share.
func TestPublishingExchanges(t *testing.T) {
	p := startServer(t)
	dial := func() (net.Conn, error) { return net.Dial("tcp", strings.TrimPrefix(p.URL, "http://")) }
	for _, dir := range []string{"publishing", "cli"} {
		files, err := filepath.Glob(filepath.Join("testdata", dir, "*.txt"))
		if err != nil || len(files) == 0 {
			t.Fatal(dir, files, err)
		}
		for _, file := range files {
			t.Run(dir+"/"+strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
				ingesttest.Replay(t, dial, file, map[string]string{"token": p.Token})
			})
		}
	}
}
