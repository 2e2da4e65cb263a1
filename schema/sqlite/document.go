package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"offprint/schema"
)

const documentQuery = `SELECT '' AS key, from_seq, body FROM heads WHERE doc = ?1 AND %[1]s
	UNION ALL SELECT key, from_seq, rule FROM rules WHERE doc = ?1 AND %[1]s ORDER BY key`

// Document implements schema.Documents. Head and rules are read by one
// statement, hence from one snapshot; the head has the key "" and sorts first.
func (s *Store) Document(ctx context.Context, key string, at uint64) (schema.Document, error) {
	when, args := "to_seq = 0", []any{key}
	if at != 0 {
		when, args = "from_seq <= ?2 AND (to_seq = 0 OR to_seq > ?2)", []any{key, at}
	}
	rows, err := s.read.QueryContext(ctx, fmt.Sprintf(documentQuery, when), args...)
	if err != nil {
		return schema.Document{}, err
	}
	defer rows.Close()
	var d schema.DocumentRows
	for rows.Next() {
		var fragment string
		var from uint64
		var body sql.RawBytes
		if err := rows.Scan(&fragment, &from, &body); err != nil {
			return schema.Document{}, err
		}
		if err := d.Add(fragment, from, body); err != nil {
			return schema.Document{}, fmt.Errorf("document %s: %w", key, err)
		}
	}
	if err := rows.Err(); err != nil {
		return schema.Document{}, err
	}
	return d.Document(key)
}

// bodiesQuery reads the list of pairs once and looks each up.
const bodiesQuery = `SELECT wanted.key, data FROM json_each(?) AS wanted CROSS JOIN bodies
	ON doc = ? AND bodies.key = wanted.value ->> 0 AND serial = wanted.value ->> 1`

// Bodies implements schema.Documents; the error for a missing one wraps
// schema.ErrNotFound. One statement reads them all, however many.
func (s *Store) Bodies(ctx context.Context, doc string, refs []schema.BodyRef) ([][]byte, error) {
	if len(refs) == 0 {
		return nil, ctx.Err()
	}
	list := make([][2]any, len(refs))
	for i, ref := range refs {
		list[i] = [2]any{ref.Key, ref.Serial}
	}
	wanted, err := json.Marshal(list)
	if err != nil {
		return nil, err
	}
	rows, err := s.read.QueryContext(ctx, bodiesQuery, string(wanted), doc)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := make([][]byte, len(refs))
	for rows.Next() {
		var i int
		var data []byte
		if err := rows.Scan(&i, &data); err != nil {
			return nil, err
		}
		out[i] = blob(data)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	for i, body := range out {
		if body == nil {
			return nil, fmt.Errorf("body of %s %s at %d: %w", doc, refs[i].Key, refs[i].Serial, schema.ErrNotFound)
		}
	}
	return out, nil
}
