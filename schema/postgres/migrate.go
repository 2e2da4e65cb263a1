package postgres

import (
	"context"
	"embed"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"offprint/schema"
)

// migrations are numbered by their place in the order of names, from 1. A file
// is never changed once released. The numbers of those that were applied are in
// the table migrations.
//
//go:embed migrations/*.sql
var migrations embed.FS

// prepareSchema brings the schema to the newest version. Of several processes
// one does it, and the others wait.
func prepareSchema(ctx context.Context, pool *pgxpool.Pool, name string) error {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return err
	}
	version := 0
	err = alone(ctx, pool, name, func(tx pgx.Tx) error {
		version, err = currentVersion(ctx, tx, name)
		return err
	})
	if err == nil && version > len(names) {
		err = fmt.Errorf("%w: it has version %d, this program knows %d", schema.ErrNewerSchema, version, len(names))
	}
	for ; err == nil && version < len(names); version++ {
		err = alone(ctx, pool, name, func(tx pgx.Tx) error { return migrate(ctx, tx, version+1, names[version]) })
	}
	return err
}

// alone runs fn in a transaction, one process at a time.
func alone(ctx context.Context, pool *pgxpool.Pool, name string, fn func(pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", "offprint migrations "+name); err != nil {
			return err
		}
		return fn(tx)
	})
}

// currentVersion is the number of the last migration. It makes schema and table
// of migrations, but asks for the right to do so only if they are not there.
func currentVersion(ctx context.Context, tx pgx.Tx, name string) (version int, err error) {
	var hasSchema, hasTable bool
	row := tx.QueryRow(ctx, "SELECT to_regnamespace($1) IS NOT NULL, to_regclass($2) IS NOT NULL", quote(name), quote(name)+".migrations")
	if err := row.Scan(&hasSchema, &hasTable); err != nil {
		return 0, err
	}
	if !hasSchema {
		if _, err := tx.Exec(ctx, "CREATE SCHEMA "+quote(name)); err != nil {
			return 0, err
		}
	}
	if !hasTable {
		_, err := tx.Exec(ctx, "CREATE TABLE migrations (number integer PRIMARY KEY, name text NOT NULL)")
		return 0, err
	}
	err = tx.QueryRow(ctx, "SELECT coalesce(max(number), 0) FROM migrations").Scan(&version)
	return version, err
}

// migrate applies one migration, unless another process just did. A crash
// leaves all of it or nothing.
func migrate(ctx context.Context, tx pgx.Tx, number int, name string) error {
	text, err := migrations.ReadFile(name)
	if err != nil {
		return err
	}
	tag, err := tx.Exec(ctx, "INSERT INTO migrations (number, name) VALUES ($1, $2) ON CONFLICT DO NOTHING", number, name)
	if err != nil || tag.RowsAffected() == 0 {
		return err
	}
	if _, err := tx.Exec(ctx, string(text)); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
