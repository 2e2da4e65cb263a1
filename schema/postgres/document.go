package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5/pgtype"

	"offprint/schema"
)

const documentQuery = `SELECT '' COLLATE "C" AS key, from_seq, body FROM heads WHERE doc = $1 AND %[1]s
	UNION ALL SELECT key, from_seq, rule FROM rules WHERE doc = $1 AND %[1]s ORDER BY key`

// Document implements schema.Documents. Head and rules are read by one
// statement, hence from one snapshot; the head has the key "" and sorts first.
func (s *Store) Document(ctx context.Context, key string, at uint64) (schema.Document, error) {
	if !storable(key) {
		return schema.Document{}, schema.ErrNotFound
	}
	when, args := "to_seq = 0", []any{key}
	if at != 0 {
		when, args = "from_seq <= $2 AND (to_seq = 0 OR to_seq > $2)", []any{key, at}
	}
	rows, err := s.pool.Query(ctx, fmt.Sprintf(documentQuery, when), args...)
	if err != nil {
		return schema.Document{}, err
	}
	defer rows.Close()
	var d schema.DocumentRows
	for rows.Next() {
		var fragment string
		var from uint64
		var body pgtype.DriverBytes // of the connection's buffer, until the next row
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

// Bodies implements schema.Documents; the error for a missing one wraps
// schema.ErrNotFound. One statement reads them all, however many.
func (s *Store) Bodies(ctx context.Context, doc string, refs []schema.BodyRef) ([][]byte, error) {
	if len(refs) == 0 {
		return nil, ctx.Err()
	}
	keys, serials := make([]string, len(refs)), make([]uint64, len(refs))
	for i, ref := range refs {
		if !storable(doc, ref.Key) {
			return nil, missing(doc, ref)
		}
		keys[i], serials[i] = ref.Key, ref.Serial
	}
	rows, err := s.pool.Query(ctx, `SELECT wanted.place, data
		FROM unnest($2::text[], $3::bigint[]) WITH ORDINALITY AS wanted (key, serial, place)
		JOIN bodies ON doc = $1 AND bodies.key = wanted.key AND bodies.serial = wanted.serial`, doc, keys, serials)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := make([][]byte, len(refs))
	for rows.Next() {
		var place int
		var data []byte
		if err := rows.Scan(&place, &data); err != nil {
			return nil, err
		}
		out[place-1] = blob(data)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	for i, body := range out {
		if body == nil {
			return nil, missing(doc, refs[i])
		}
	}
	return out, nil
}

func missing(doc string, ref schema.BodyRef) error {
	return fmt.Errorf("body of %s %s at %d: %w", doc, ref.Key, ref.Serial, schema.ErrNotFound)
}
