package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"offprint/schema"
)

// migrations are numbered by their place in the order of names, from 1. A file
// is never changed once released. The number of the last one that was applied
// is the user_version of the database.
//
//go:embed migrations/*.sql
var migrations embed.FS

// prepareFile brings the file to the newest version.
func prepareFile(ctx context.Context, db *sql.DB) error {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return err
	}
	version, err := pragma(ctx, db, "user_version")
	if err != nil {
		return err
	}
	if version > len(names) {
		return fmt.Errorf("%w: it has version %d, this program knows %d", schema.ErrNewerSchema, version, len(names))
	}
	if err := setMode(ctx, db, version == 0); err != nil {
		return err
	}
	for ; version < len(names); version++ {
		if err := migrate(ctx, db, version+1, names[version]); err != nil {
			return fmt.Errorf("%s: %w", names[version], err)
		}
	}
	return nil
}

// setMode switches the write-ahead log on. The page size counts only if it is
// set before that, in a file without pages; SQLite ignores it silently
// elsewhere, so it is read back.
func setMode(ctx context.Context, db *sql.DB, fresh bool) error {
	if fresh {
		if _, err := db.ExecContext(ctx, fmt.Sprintf("PRAGMA page_size = %d", pageSize)); err != nil {
			return err
		}
	}
	var mode string
	if err := db.QueryRowContext(ctx, "PRAGMA journal_mode = WAL").Scan(&mode); err != nil {
		return err
	}
	if mode != "wal" {
		return fmt.Errorf("journal mode is %q, want wal", mode)
	}
	size, err := pragma(ctx, db, "page_size")
	if err == nil && fresh && size != pageSize {
		err = fmt.Errorf("page size is %d, want %d", size, pageSize)
	}
	return err
}

// migrate applies one migration, unless another process just did. A crash
// leaves all of it or nothing.
func migrate(ctx context.Context, db *sql.DB, number int, name string) error {
	text, err := migrations.ReadFile(name)
	if err != nil {
		return err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	version, err := pragma(ctx, tx, "user_version")
	if err != nil || version >= number {
		return err
	}
	if _, err := tx.ExecContext(ctx, string(text)); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", number)); err != nil {
		return err
	}
	return tx.Commit()
}

type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func pragma(ctx context.Context, q querier, name string) (int, error) {
	var v int
	err := q.QueryRowContext(ctx, "PRAGMA "+name).Scan(&v)
	return v, err
}
