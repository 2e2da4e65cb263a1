package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"offprint/schema"
)

// page is how many records a list reads at a time.
const page = 200

const recordColumns = "account, kind, id, product, package, release, parent, name, tag, created, serial, body"

func scanRecord(scan func(...any) error) (schema.Record, error) {
	var r schema.Record
	err := scan(&r.Account, &r.Kind, &r.ID, &r.Product, &r.Package, &r.Release, &r.Parent,
		&r.Name, &r.Tag, &r.Created, &r.Serial, &r.Body)
	r.Body = blob(r.Body)
	return r, err
}

// Record implements schema.Records.
func (s *Store) Record(ctx context.Context, account string, kind schema.Kind, id string) (schema.Record, error) {
	row := s.read.QueryRowContext(ctx, "SELECT "+recordColumns+" FROM records WHERE account = ? AND kind = ? AND id = ?",
		account, string(kind), id)
	r, err := scanRecord(row.Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return schema.Record{}, schema.ErrNotFound
	}
	return r, err
}

// findQuery names its index: left to choose, SQLite walks through all records
// of the kind in the order that is asked for.
const findQuery = "SELECT " + recordColumns + " FROM records INDEXED BY records_name WHERE kind = ? AND name = ? AND name <> ''"

const findOrder = " ORDER BY created, id, account"

// Find implements schema.Records; the name "" finds nothing.
func (s *Store) Find(ctx context.Context, account string, kind schema.Kind, name string) ([]schema.Record, error) {
	query, args := findQuery, []any{string(kind), name}
	if account != "" {
		query += " AND account = ?"
		args = append(args, account)
	}
	return s.records(ctx, query+findOrder, args)
}

// List implements schema.Records. Pages are read whole and no connection is
// held during yield, which may use the store.
func (s *Store) List(ctx context.Context, q schema.Query, yield func(schema.Record) bool) error {
	query, args := filter(q)
	after, order := "(created, id) < (?, ?)", "created DESC, id DESC"
	if q.Ascending {
		after, order = "(created, id) > (?, ?)", "created, id"
	}
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
		records, err = s.records(ctx, query+" AND "+after+order, append(args[:len(args):len(args)], last.Created, last.ID))
	}
	return err
}

// filter is the statement for q, without order.
func filter(q schema.Query) (query string, args []any) {
	query = "SELECT " + recordColumns + " FROM records WHERE account = ? AND kind = ?"
	args = []any{q.Account, string(q.Kind)}
	for _, f := range []struct {
		column string
		value  *string
	}{{"product", q.Product}, {"package", q.Package}, {"release", q.Release}, {"parent", q.Parent}, {"tag", q.Tag}} {
		if f.value == nil {
			continue
		}
		query += " AND " + f.column + " = ?"
		args = append(args, *f.value)
		if *f.value != "" { // lets the partial index be used
			query += " AND " + f.column + " <> ''"
		}
	}
	return query, args
}

func (s *Store) records(ctx context.Context, query string, args []any) ([]schema.Record, error) {
	rows, err := s.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []schema.Record
	for rows.Next() {
		r, err := scanRecord(rows.Scan)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// Parked implements schema.Store.
func (s *Store) Parked(ctx context.Context) ([]schema.Parked, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT event FROM parked ORDER BY log, serial")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []schema.Parked
	for rows.Next() {
		var event sql.RawBytes
		if err := rows.Scan(&event); err != nil {
			return nil, err
		}
		var p schema.Parked
		if err := json.Unmarshal(event, &p); err != nil {
			return nil, fmt.Errorf("parked event: %w", err)
		}
		out = append(out, p)
	}
	return out, rows.Err()
}
