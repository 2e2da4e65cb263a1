package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// rowsPerInsert is the length of the longest insert: beyond it, measured,
// nothing is gained.
const rowsPerInsert = 32

// inserter writes rows of one table, by 32 and then one by one.
type inserter struct{ one, many *sql.Stmt }

// inserts are the prepared statements of the one writing connection.
type inserts struct {
	records, heads, bodies, rules, parked inserter
}

func (in *inserts) prepare(ctx context.Context, db *sql.DB) error {
	const replace = ` ON CONFLICT (account, kind, id) DO UPDATE SET
		product = excluded.product, package = excluded.package, release = excluded.release, parent = excluded.parent,
		name = excluded.name, tag = excluded.tag, created = excluded.created, serial = excluded.serial, body = excluded.body`
	for _, t := range []struct {
		in      *inserter
		into    string
		columns int
		suffix  string
	}{
		{&in.records, "records (account, kind, id, product, package, release, parent, name, tag, created, serial, body)", 12, replace},
		{&in.heads, "heads (doc, from_seq, to_seq, body)", 4, ""},
		{&in.bodies, "bodies (doc, key, serial, data)", 4, ""},
		{&in.rules, "rules (doc, key, from_seq, to_seq, rule)", 5, ""},
		{&in.parked, "parked (log, serial, event)", 3, ""},
	} {
		row := "(?" + strings.Repeat(", ?", t.columns-1) + ")"
		var err error
		if t.in.one, err = db.PrepareContext(ctx, "INSERT INTO "+t.into+" VALUES "+row+t.suffix); err != nil {
			return err
		}
		rows := row + strings.Repeat(", "+row, rowsPerInsert-1)
		if t.in.many, err = db.PrepareContext(ctx, "INSERT INTO "+t.into+" VALUES "+rows+t.suffix); err != nil {
			return err
		}
	}
	return nil
}

// close is safe before or after a failed prepare.
func (in *inserts) close() {
	for _, t := range []inserter{in.records, in.heads, in.bodies, in.rules, in.parked} {
		for _, stmt := range []*sql.Stmt{t.one, t.many} {
			if stmt != nil {
				stmt.Close()
			}
		}
	}
}

// insert writes all rows; args gives the columns of one.
func insert[R any](ctx context.Context, tx *sql.Tx, in inserter, rows []R, args func(R) ([]any, error)) error {
	if len(rows) == 0 {
		return nil
	}
	one, many := tx.StmtContext(ctx, in.one), tx.StmtContext(ctx, in.many)
	var values []any
	for len(rows) > 0 {
		stmt, n := one, 1
		if len(rows) >= rowsPerInsert {
			stmt, n = many, rowsPerInsert
		}
		values = values[:0]
		for _, row := range rows[:n] {
			columns, err := args(row)
			if err != nil {
				return err
			}
			values = append(values, columns...)
		}
		if _, err := stmt.ExecContext(ctx, values...); err != nil {
			return fmt.Errorf("insert %T: %w", rows[0], err)
		}
		rows = rows[n:]
	}
	return nil
}

// blob makes nil an empty value: stores do not tell one from the other.
func blob(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
