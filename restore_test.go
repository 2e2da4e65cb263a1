package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"offprint/schema/postgres/pgtest"
)

// restoredPaths are documents of publishedServer, with the Accept of each.
var restoredPaths = [][2]string{
	{"/npm/acme/@acme%2frelay", "application/json"},
	{"/npm/acme/@acme%2frelay", "application/vnd.npm.install-v1+json"},
	{"/npm/acme/@acme%2frelay/1.0.0", "*/*"},
	{"/npm/acme/-/package/@acme%2frelay/dist-tags", "*/*"},
	{"/npm/acme/-/v1/search?text=relay", "*/*"},
	{"/npm/acme/@acme%2frelay/-/relay-1.1.0.tgz", "*/*"},
	{"/v1/releases", "*/*"},
	{"/v1/licenses", "*/*"},
}

// documents gives every answer as text: status, the headers that identify it,
// body.
func (p *process) documents() string {
	p.t.Helper()
	var out strings.Builder
	for _, x := range restoredPaths {
		a := p.send("GET", x[0], nil, "Authorization", "Bearer "+p.Token, "Accept", x[1])
		if a.status != 200 {
			p.t.Fatalf("%s: %d %s", x[0], a.status, a.body)
		}
		out.WriteString(x[0] + " " + x[1] + "\n" + a.header.Get("Etag") + " " + a.header.Get("X-Offprint-Serial") + "\n" + a.body + "\n")
	}
	return out.String()
}

// TestE25RestoredServerIsTheSame: a copy of log, blobs and key is the same
// server, whatever the store.
func TestE25RestoredServerIsTheSame(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		store func(t *testing.T) []string // flags
	}{
		{"sqlite", func(*testing.T) []string { return nil }},
		{"postgres", func(t *testing.T) []string { return []string{"--database", pgtest.Start(t)} }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := publishedServer(t, tt.store(t)...)
			out, errs, code := offprint(t, nil, "export", "--server", p.URL, "--token", p.Token)
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
			if _, errs, code := offprint(t, strings.NewReader(out), "import", "--data", copied); code != 0 {
				t.Fatalf("import: %d, %s", code, errs)
			}
			flags := append([]string{"--data", copied, "--listen", strings.TrimPrefix(p.URL, "http://")}, tt.store(t)...)
			restored := startServer(t, flags...)
			if after := restored.documents(); after != before {
				t.Errorf("before\n%s\nafter\n%s", before, after)
			}
			again, _, code := offprint(t, nil, "export", "--server", restored.URL, "--token", p.Token)
			if code != 0 || again != out {
				t.Errorf("the second export differs from the first")
			}
			if out, errs, code := offprint(t, nil, "verify", "--server", restored.URL, "--token", p.Token); code != 0 {
				t.Errorf("verify: %d, %s%s", code, out, errs)
			}
		})
	}
}
