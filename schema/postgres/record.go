package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"offprint/schema"
)

// page is how many records a list reads at a time.
const page = 200

const recordColumns = "account, kind, id, product, package, release, parent, name, tag, created, serial, body"

func scanRecord(row pgx.CollectableRow) (schema.Record, error) {
	var r schema.Record
	var name, tag []byte
	err := row.Scan(&r.Account, &r.Kind, &r.ID, &r.Product, &r.Package, &r.Release, &r.Parent,
		&name, &tag, &r.Created, &r.Serial, &r.Body)
	r.Name, r.Tag, r.Body = string(name), string(tag), blob(r.Body)
	return r, err
}

// Record implements schema.Records.
func (s *Store) Record(ctx context.Context, account string, kind schema.Kind, id string) (schema.Record, error) {
	if !storable(account, string(kind), id) {
		return schema.Record{}, schema.ErrNotFound
	}
	rows, err := s.pool.Query(ctx, "SELECT "+recordColumns+" FROM records WHERE account = $1 AND kind = $2 AND id = $3",
		account, kind, id)
	if err != nil {
		return schema.Record{}, err
	}
	r, err := pgx.CollectExactlyOneRow(rows, scanRecord)
	if errors.Is(err, pgx.ErrNoRows) {
		return schema.Record{}, schema.ErrNotFound
	}
	return r, err
}

// findQuery names the name twice: its beginning is indexed.
const findQuery = "SELECT " + recordColumns + " FROM records WHERE kind = $1 AND name = $2 AND name <> '' AND substr(name, 1, 200) = substr($2::bytea, 1, 200)"

// Find implements schema.Records; the name "" finds nothing.
func (s *Store) Find(ctx context.Context, account string, kind schema.Kind, name string) ([]schema.Record, error) {
	if name == "" || !storable(account, string(kind)) {
		return nil, ctx.Err()
	}
	query, args := findQuery, []any{kind, []byte(name)}
	if account != "" {
		query += " AND account = $3"
		args = append(args, account)
	}
	return s.records(ctx, query+" ORDER BY created, id, account", args)
}

// List implements schema.Records. Pages are read whole and no connection is
// held during yield, which may use the store.
func (s *Store) List(ctx context.Context, q schema.Query, yield func(schema.Record) bool) error {
	query, args, ok := filter(q)
	if !ok {
		return ctx.Err()
	}
	after, order := " AND (created, id) < ($%d, $%d)", "created DESC, id DESC"
	if q.Ascending {
		after, order = " AND (created, id) > ($%d, $%d)", "created, id"
	}
	after = fmt.Sprintf(after, len(args)+1, len(args)+2)
	order = fmt.Sprintf(" ORDER BY %s LIMIT %d", order, page)

	records, err := s.records(ctx, query+order, args)
	for err == nil {
		for _, r := range records {
			if err := ctx.Err(); err != nil {
				return err
			}
			if !yield(r) {
				return nil
			}
		}
		if len(records) < page {
			return nil
		}
		last := records[page-1]
		records, err = s.records(ctx, query+after+order, append(args[:len(args):len(args)], last.Created, last.ID))
	}
	return err
}

// filter is the statement for q; not ok if nothing can be selected.
func filter(q schema.Query) (query string, args []any, ok bool) {
	if !storable(q.Account, string(q.Kind)) {
		return "", nil, false
	}
	query = "SELECT " + recordColumns + " FROM records WHERE account = $1 AND kind = $2"
	args = []any{q.Account, q.Kind}
	for _, f := range []struct {
		column string
		value  *string
	}{{"product", q.Product}, {"package", q.Package}, {"release", q.Release}, {"parent", q.Parent}} {
		if f.value == nil {
			continue
		}
		if !storable(*f.value) {
			return "", nil, false
		}
		args = append(args, *f.value)
		query += fmt.Sprintf(" AND %s = $%d", f.column, len(args))
		if *f.value != "" { // lets the partial index be used
			query += " AND " + f.column + " <> ''"
		}
	}
	if q.Tag != nil {
		args = append(args, []byte(*q.Tag))
		query += fmt.Sprintf(" AND tag = $%d", len(args))
		if *q.Tag != "" {
			query += fmt.Sprintf(" AND tag <> '' AND substr(tag, 1, 200) = substr($%d::bytea, 1, 200)", len(args))
		}
	}
	return query, args, true
}

func (s *Store) records(ctx context.Context, query string, args []any) ([]schema.Record, error) {
	rows, err := s.pool.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanRecord)
}

// Parked implements schema.Store.
func (s *Store) Parked(ctx context.Context) ([]schema.Parked, error) {
	rows, err := s.pool.Query(ctx, "SELECT event FROM parked ORDER BY log, serial")
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (p schema.Parked, err error) {
		var event []byte
		if err := row.Scan(&event); err != nil {
			return p, err
		}
		if err := json.Unmarshal(event, &p); err != nil {
			return p, fmt.Errorf("parked event: %w", err)
		}
		return p, nil
	})
}
