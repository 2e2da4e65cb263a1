// Package postgres is the [schema.Store] that several processes share.
//
// All tables lie in one Postgres schema, so that a database may hold several
// stores. A batch and its cursor are one transaction, which begins by comparing
// and swapping the cursor: of two projectors the second waits for the first and
// then fails. Rules, which every change of status rewrites, are apart from
// bodies, which are written once.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgxpool"

	"offprint/schema"
)

// defaultSchema holds the tables if the URL sets no search_path.
const defaultSchema = "offprint"

// Store is a store in a Postgres schema. All methods may be called by many
// goroutines, and many processes may use the same one.
type Store struct{ pool *pgxpool.Pool }

var _ schema.Store = (*Store)(nil)

// Open connects to the database at url, a URL or a list of key=value, and makes
// the tables if they are not there. The parameter search_path names the schema
// for them, "offprint" if it is not set; pool_max_conns and the other
// parameters of pgxpool count too. Open returns once the database has answered.
// The error never shows the password; it wraps schema.ErrNewerSchema if a newer
// version of the program made the tables, which are then left as they were.
func Open(ctx context.Context, url string) (*Store, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	where := fmt.Sprintf("open store on %s, database %s: ", config.ConnConfig.Host, config.ConnConfig.Database)
	name, err := schemaName(config.ConnConfig.RuntimeParams["search_path"])
	if err != nil {
		return nil, fmt.Errorf("%s%w", where, err)
	}
	config.ConnConfig.RuntimeParams["search_path"] = quote(name)
	if config.ConnConfig.RuntimeParams["application_name"] == "" {
		config.ConnConfig.RuntimeParams["application_name"] = "offprint"
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("%s%w", where, err)
	}
	if err := prepareSchema(ctx, pool, name); err != nil {
		pool.Close()
		return nil, fmt.Errorf("%s%w", where, err)
	}
	return &Store{pool}, nil
}

// Close waits until no call uses a connection, and closes all.
func (s *Store) Close() error {
	s.pool.Close()
	return nil
}

// schemaName reads a search_path of one name.
func schemaName(searchPath string) (string, error) {
	name := strings.TrimSpace(searchPath)
	if name == "" {
		return defaultSchema, nil
	}
	if inner, ok := strings.CutPrefix(name, `"`); ok {
		name = strings.ReplaceAll(strings.TrimSuffix(inner, `"`), `""`, `"`)
	} else if strings.ContainsAny(name, `,$ "`) {
		return "", errors.New("search_path must be the name of one schema")
	}
	return name, nil
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// storable tells whether Postgres can hold all of the strings as text. What is
// not storable is not stored, so that no look-up need ask for it.
func storable(texts ...string) bool {
	for _, s := range texts {
		if strings.IndexByte(s, 0) >= 0 || !utf8.ValidString(s) {
			return false
		}
	}
	return true
}

// blob makes nil an empty value: stores do not tell one from the other.
func blob(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
