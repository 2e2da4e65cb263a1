package main

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// publishedServer is a server with two npm releases and a license.
func publishedServer(t *testing.T, flags ...string) *process {
	p := startServer(t, flags...)
	product := p.product("relay", "LICENSED")
	pkg := p.pkg(product, "@acme/relay", "npm")
	p.npmRelease(product, pkg, "1.0.0")
	p.npmRelease(product, pkg, "1.1.0")
	p.license(product)
	return p
}

func TestVerifyClean(t *testing.T) {
	t.Parallel()
	p := publishedServer(t)
	out, errs, code := offprint(t, nil, "verify", "--server", p.URL, "--token", p.Token)
	if code != 0 || out != "" || !strings.Contains(errs, "looked for 2 blobs") {
		t.Errorf("running: code %d, %q, %q", code, out, errs)
	}
	p.stop()
	out, errs, code = offprint(t, nil, "verify", "--data", p.Data)
	if code != 0 || out != "" || !strings.Contains(errs, "looked for 2 blobs") {
		t.Errorf("stopped: code %d, %q, %q", code, out, errs)
	}
}

func TestE23FlippedByteIsFound(t *testing.T) {
	t.Parallel()
	p := publishedServer(t)
	p.stop()
	flipByte(t, filepath.Join(p.Data, "offprint.db"))
	out, _, code := offprint(t, nil, "verify", "--data", p.Data)
	if code != 1 || !strings.HasPrefix(out, "body npm/") || !strings.Contains(out, "differs at byte") {
		t.Errorf("stopped: code %d, %q", code, out)
	}
	p.start()
	out, errs, code := offprint(t, nil, "verify", "--server", p.URL, "--token", p.Token)
	if code != 1 || !strings.HasPrefix(out, "body npm/") || !strings.Contains(errs, "differences") {
		t.Errorf("running: code %d, %q, %q", code, out, errs)
	}
}

// flipByte changes one bit in the middle of one stored body.
func flipByte(t *testing.T, path string) {
	t.Helper()
	db, err := sql.Open("sqlite", path) // the driver of schema/sqlite
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var id int64
	var data []byte
	if err := db.QueryRow(`SELECT rowid, data FROM bodies WHERE doc LIKE 'npm/%' ORDER BY rowid LIMIT 1`).Scan(&id, &data); err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 1
	if _, err := db.Exec(`UPDATE bodies SET data = ? WHERE rowid = ?`, data, id); err != nil {
		t.Fatal(err)
	}
}

func TestE24MissingBlobIsFound(t *testing.T) {
	t.Parallel()
	p := publishedServer(t)
	var gone string
	err := filepath.WalkDir(filepath.Join(p.Data, "blobs", "sha256"), func(path string, d os.DirEntry, err error) error {
		if err == nil && gone == "" && d.Type().IsRegular() {
			gone = d.Name()
			err = os.Remove(path)
		}
		return err
	})
	if err != nil || gone == "" {
		t.Fatalf("no blob: %v", err)
	}
	out, _, code := offprint(t, nil, "verify", "--server", p.URL, "--token", p.Token)
	if code != 1 || !strings.Contains(out, "blob "+gone+": is missing, artifact ") {
		t.Errorf("code %d, %q, want blob %s", code, out, gone)
	}
}

// A database that is gone is made anew from the log, equal to the old one.
func TestStoreIsMadeAnewFromTheLog(t *testing.T) {
	t.Parallel()
	p := publishedServer(t)
	before := p.get("/npm/acme/@acme%2frelay", "Bearer "+p.Token)
	p.kill()
	files, err := filepath.Glob(filepath.Join(p.Data, "offprint.db*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no database: %v", err)
	}
	for _, f := range files {
		if err := os.Remove(f); err != nil {
			t.Fatal(err)
		}
	}
	p.start()
	after := p.get("/npm/acme/@acme%2frelay", "Bearer "+p.Token)
	if after.status != 200 || after.body != before.body || after.header.Get("ETag") != before.header.Get("ETag") {
		t.Errorf("before %d %s\nafter %d %s", before.status, before.body, after.status, after.body)
	}
}
