package postgres

import (
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"offprint/schema"
)

// pipeline is the statements of a transaction that go in one round trip.
type pipeline struct{ pgx.Batch }

// moveCursor compares and swaps; the row is locked until the transaction ends.
func (p *pipeline) moveCursor(b schema.Batch) {
	query := "UPDATE cursors SET pos = $2 WHERE name = $1 AND pos = $3"
	if b.From == 0 { // the row may not be there yet
		query = "INSERT INTO cursors AS c (name, pos) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET pos = excluded.pos WHERE c.pos = $3"
	}
	p.Queue(query, b.Cursor, b.To, b.From).Exec(func(tag pgconn.CommandTag) error {
		if tag.RowsAffected() == 0 {
			return schema.ErrCursorMoved
		}
		return nil
	})
}

func (p *pipeline) closeRows(list []schema.ClosedRow) {
	var heads, rules []schema.ClosedRow
	for _, c := range list {
		if c.Key == "" {
			heads = append(heads, c)
		} else {
			rules = append(rules, c)
		}
	}
	p.closeTable("UPDATE heads SET to_seq = c.to_seq FROM unnest($1::text[], $2::text[], $3::bigint[]) AS c (doc, key, to_seq) "+
		"WHERE heads.doc = c.doc AND c.key = '' AND heads.to_seq = 0", heads)
	p.closeTable("UPDATE rules SET to_seq = c.to_seq FROM unnest($1::text[], $2::text[], $3::bigint[]) AS c (doc, key, to_seq) "+
		"WHERE rules.doc = c.doc AND rules.key = c.key AND rules.to_seq = 0", rules)
}

func (p *pipeline) closeTable(query string, list []schema.ClosedRow) {
	for part := range slices.Chunk(list, arrayRows) {
		docs, keys, tos := make([]string, len(part)), make([]string, len(part)), make([]uint64, len(part))
		for i, c := range part {
			docs[i], keys[i], tos[i] = c.Doc, c.Key, c.To
		}
		p.Queue(query, docs, keys, tos).Exec(func(tag pgconn.CommandTag) error {
			if tag.RowsAffected() != int64(len(part)) {
				return fmt.Errorf("close %d rows from %s %q at %d on: only %d were open", len(part), docs[0], keys[0], tos[0], tag.RowsAffected())
			}
			return nil
		})
	}
}

func (p *pipeline) deleteRecords(list []schema.RecordKey) {
	for part := range slices.Chunk(list, arrayRows) {
		accounts, kinds, ids := make([]string, len(part)), make([]string, len(part)), make([]string, len(part))
		for i, k := range part {
			accounts[i], kinds[i], ids[i] = k.Account, string(k.Kind), k.ID
		}
		p.Queue("DELETE FROM records AS r USING unnest($1::text[], $2::text[], $3::text[]) AS k (account, kind, id) "+
			"WHERE r.account = k.account AND r.kind = k.kind AND r.id = k.id", accounts, kinds, ids)
	}
}

// putRecords inserts or replaces; a record occurs once in the list.
func (p *pipeline) putRecords(list []schema.Record) {
	for part := range slices.Chunk(list, arrayRows) {
		var text [7][]string
		var bytes [3][][]byte
		var created []int64
		var serials []uint64
		for _, r := range part {
			for i, v := range [...]string{r.Account, string(r.Kind), r.ID, r.Product, r.Package, r.Release, r.Parent} {
				text[i] = append(text[i], v)
			}
			for i, v := range [...][]byte{[]byte(r.Name), []byte(r.Tag), blob(r.Body)} {
				bytes[i] = append(bytes[i], blob(v))
			}
			created, serials = append(created, r.Created), append(serials, r.Serial)
		}
		p.Queue(`INSERT INTO records (account, kind, id, product, package, release, parent, name, tag, body, created, serial)
			SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
				$8::bytea[], $9::bytea[], $10::bytea[], $11::bigint[], $12::bigint[])
			ON CONFLICT (account, kind, id) DO UPDATE SET
				product = excluded.product, package = excluded.package, release = excluded.release, parent = excluded.parent,
				name = excluded.name, tag = excluded.tag, created = excluded.created, serial = excluded.serial, body = excluded.body`,
			text[0], text[1], text[2], text[3], text[4], text[5], text[6], bytes[0], bytes[1], bytes[2], created, serials)
	}
}
