package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"offprint/schema"
	"offprint/schema/schematest"
)

func open(t *testing.T, path string) *Store {
	t.Helper()
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestStore(t *testing.T) {
	schematest.Run(t, func(t *testing.T) schema.Store {
		dir, err := os.MkdirTemp(t.TempDir(), "")
		if err != nil {
			t.Fatal(err)
		}
		return open(t, filepath.Join(dir, "a b%20?#.db"))
	})
}

func TestReopenKeepsEverything(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	s := open(t, path)
	rec := schema.Record{Account: "acme", Kind: schema.Releases, ID: "r1"}
	if err := s.Commit(t.Context(), schema.Batch{Cursor: "releases", To: 4, Records: []schema.Record{rec}}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path + "-wal"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the write-ahead log is still there: %v", err)
	}
	s = open(t, path)
	if pos, err := s.Cursor(t.Context(), "releases"); pos != 4 || err != nil {
		t.Errorf("cursor %d, %v", pos, err)
	}
	if _, err := s.Record(t.Context(), "acme", schema.Releases, "r1"); err != nil {
		t.Error(err)
	}
}

func TestFileIsAsMeasured(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	s := open(t, path)
	for _, db := range []*sql.DB{s.write, s.read, s.check.db} {
		for name, want := range map[string]int{"page_size": pageSize, "wal_autocheckpoint": 0, "synchronous": 1, "busy_timeout": 10000} {
			if got, err := pragma(context.Background(), db, name); got != want || err != nil {
				t.Errorf("%s is %d, %v; want %d", name, got, err, want)
			}
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if _, err := s.read.Exec("DELETE FROM records"); err == nil {
		t.Error("a reader can write")
	}
}

func TestNewerStoreIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	s := open(t, path)
	if _, err := s.write.Exec("PRAGMA user_version = 99"); err != nil {
		t.Fatal(err)
	}
	s.Close()
	_, err := Open(t.Context(), path)
	if !errors.Is(err, schema.ErrNewerSchema) || !strings.Contains(err.Error(), "99") || !strings.Contains(err.Error(), "knows 1") {
		t.Errorf("got %v", err)
	}
}

func TestOpenFailures(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, []byte(strings.Repeat("not a database\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{text, dir, filepath.Join(dir, "none", "store.db")} {
		s, err := Open(t.Context(), path)
		if err == nil {
			s.Close()
			t.Errorf("opened %s", path)
			continue
		}
		if !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error %q", err)
		}
	}
}

func TestCheckpointMovesTheLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	s := open(t, path)
	body := make([]byte, checkpointBytes)
	err := s.Commit(t.Context(), schema.Batch{Cursor: "releases", To: 1, Bodies: []schema.BodyRow{{Doc: "npm/p", Key: "a", Serial: 1, Data: body}}})
	if err != nil {
		t.Fatal(err)
	}
	s.check.stop()
	<-s.check.done
	s.check.checkpoint(context.Background()) // as the loop does, whether or not it got to it
	if info, err := os.Stat(path); err != nil || info.Size() < checkpointBytes {
		t.Errorf("%d bytes in the file, %v", info.Size(), err)
	}
}

// TestQueriesUseIndexes asks for the plans of the statements that lists,
// look-ups and documents use: none may read a whole table or sort (but Find, and
// the one head of a document).
func TestQueriesUseIndexes(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "store.db"))
	x := "x"
	list := func(q schema.Query) string {
		query, _ := filter(q)
		return query + " AND (created, id) < (?, ?) ORDER BY created DESC, id DESC LIMIT 200"
	}
	for query, index := range map[string]string{
		list(schema.Query{}):                                         "records_created",
		list(schema.Query{Product: &x}):                              "records_product",
		list(schema.Query{Package: &x}):                              "records_package",
		list(schema.Query{Release: &x}):                              "records_release",
		list(schema.Query{Parent: &x}):                               "records_parent",
		list(schema.Query{Tag: &x}):                                  "records_tag",
		findQuery + " AND account = ?" + findOrder:                   "records_name",
		findQuery + findOrder:                                        "records_name",
		fmt.Sprintf(documentQuery, "to_seq = 0"):                     "rules_open",
		fmt.Sprintf(documentQuery, "from_seq <= ?2 AND to_seq > ?2"): "rules_from",
		bodiesQuery: "bodies_serial",
		"UPDATE rules SET to_seq = ? WHERE doc = ? AND key = ? AND to_seq = 0": "rules_open",
	} {
		rows, err := s.write.Query("EXPLAIN QUERY PLAN "+query, make([]any, strings.Count(query, "?"))...)
		if err != nil {
			t.Fatal(err)
		}
		var plan []string
		for rows.Next() {
			var id, parent, unused int
			var detail string
			if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
				t.Fatal(err)
			}
			plan = append(plan, detail)
		}
		rows.Close()
		if got := strings.Join(plan, "; "); !strings.Contains(got, index+" ") ||
			strings.HasSuffix(got, "TEMP B-TREE FOR ORDER BY") && !strings.HasPrefix(query, findQuery) {
			t.Errorf("%s\nplan %s, want %s without sorting", query, got, index)
		}
	}
}

func BenchmarkStore(b *testing.B) {
	s, err := Open(b.Context(), filepath.Join(b.TempDir(), "store.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	schematest.Bench(b, s)
}
