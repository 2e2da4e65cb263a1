package postgres

import (
	"context"
	"errors"
	"fmt"
	neturl "net/url"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"offprint/schema"
	"offprint/schema/postgres/pgtest"
	"offprint/schema/schematest"
)

func open(t *testing.T, url string) *Store {
	t.Helper()
	s, err := Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestStore(t *testing.T) {
	url, n := pgtest.Start(t), 0
	schematest.Run(t, func(t *testing.T) schema.Store {
		n++
		return open(t, fmt.Sprintf("%s&search_path=s%d", url, n))
	})
}

func TestReopenKeepsEverything(t *testing.T) {
	url := pgtest.Start(t)
	s := open(t, url)
	if err := s.Commit(t.Context(), schema.Batch{Cursor: "releases", To: 4}); err != nil {
		t.Fatal(err)
	}
	s.Close()
	s = open(t, url)
	if pos, err := s.Cursor(t.Context(), "releases"); pos != 4 || err != nil {
		t.Errorf("cursor %d, %v", pos, err)
	}
	var schemas string
	err := s.pool.QueryRow(t.Context(), "SELECT string_agg(DISTINCT schemaname, ',') FROM pg_tables WHERE schemaname !~ '^(pg_|information)'").Scan(&schemas)
	if err != nil || schemas != "offprint" {
		t.Errorf("tables in %q, %v", schemas, err)
	}
}

func TestNewerStoreIsRefused(t *testing.T) {
	url := pgtest.Start(t)
	s := open(t, url)
	if _, err := s.pool.Exec(t.Context(), "INSERT INTO migrations VALUES (99, 'later')"); err != nil {
		t.Fatal(err)
	}
	s.Close()
	_, err := Open(t.Context(), url)
	if !errors.Is(err, schema.ErrNewerSchema) || !strings.Contains(err.Error(), "99") || !strings.Contains(err.Error(), "knows 1") {
		t.Errorf("got %v", err)
	}
}

func TestOpenedByManyAtOnce(t *testing.T) {
	url := pgtest.Start(t)
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			s, err := Open(context.Background(), url)
			if err != nil {
				t.Error(err)
				return
			}
			s.Close()
		})
	}
	wg.Wait()
}

func TestOpenFailures(t *testing.T) {
	url := pgtest.Start(t)
	for _, c := range []struct{ url, want string }{
		{"postgres://user:hush@127.0.0.1:1/none", "refused"},
		{"postgres://user:hush@127.0.0.1:1/none?sslmode=odd", "sslmode"},
		{url + "&search_path=a,b", "one schema"},
		{strings.Replace(url, "/test", "/none", 1), "does not exist"},
	} {
		s, err := Open(t.Context(), c.url)
		if err == nil {
			s.Close()
			t.Errorf("opened %s", c.url)
			continue
		}
		if !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: %v", c.url, err)
		}
	}
}

func TestUserWithoutRightToCreate(t *testing.T) {
	url := pgtest.Start(t)
	odd := "&search_path=" + neturl.PathEscape(`"Odd ""name"`)
	s := open(t, url+odd)
	for _, query := range []string{"CREATE ROLE plain LOGIN", `GRANT USAGE ON SCHEMA "Odd ""name" TO plain`, `GRANT ALL ON ALL TABLES IN SCHEMA "Odd ""name" TO plain`} {
		if _, err := s.pool.Exec(t.Context(), query); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		conn, err := pgx.Connect(context.Background(), url)
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close(context.Background())
		if _, err := conn.Exec(context.Background(), "DROP OWNED BY plain; DROP ROLE plain"); err != nil {
			t.Error(err)
		}
	})
	plain := open(t, strings.Replace(url, "postgres@", "plain@", 1)+odd)
	if err := plain.Commit(t.Context(), schema.Batch{Cursor: "releases", To: 1}); err != nil {
		t.Error(err)
	}
}

// TestQueriesUseIndexes asks for the plans of the statements that lists,
// look-ups and documents use, with reading whole tables made expensive. Lists
// may not sort.
func TestQueriesUseIndexes(t *testing.T) {
	s := open(t, pgtest.Start(t))
	conn, err := s.pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	if _, err := conn.Exec(t.Context(), "SET enable_seqscan = off; SET enable_bitmapscan = off; SET plan_cache_mode = force_generic_plan"); err != nil {
		t.Fatal(err)
	}
	x := "x"
	for _, c := range []struct {
		q     schema.Query
		index string
	}{
		{schema.Query{}, "records_created"}, {schema.Query{Product: &x}, "records_product"}, {schema.Query{Package: &x}, "records_package"},
		{schema.Query{Release: &x}, "records_release"}, {schema.Query{Parent: &x}, "records_parent"}, {schema.Query{Tag: &x}, "records_tag"},
	} {
		query, args, _ := filter(c.q)
		after := fmt.Sprintf(" AND (created, id) < ($%d, $%d) ORDER BY created DESC, id DESC LIMIT 200", len(args)+1, len(args)+2)
		explain(t, conn.Conn(), query+after, append(args, 1, "a"), c.index, false)
	}
	explain(t, conn.Conn(), findQuery, []any{"releases", []byte(x)}, "records_name", true)
	explain(t, conn.Conn(), fmt.Sprintf(documentQuery, "to_seq = 0"), []any{x}, "rules_open", true)
}

func explain(t *testing.T, conn *pgx.Conn, query string, args []any, index string, sorts bool) {
	t.Helper()
	rows, err := conn.Query(t.Context(), "EXPLAIN "+query, args...)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(plan, "\n")
	if !strings.Contains(text, "using "+index+" ") || !sorts && strings.Contains(text, "Sort") || strings.Contains(text, "Seq Scan") {
		t.Errorf("%s\nwant %s\n%s", query, index, text)
	}
}
