package postgres

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"offprint/schema"
)

// Walk implements schema.Walker; keys and values are those of
// schematest.Memory. All of it is one snapshot, read row by row, and fn may use
// the store. Ids hold no slash: the order within an account or a document is
// the order of the ids, and it is what keeps the sorting small.
func (s *Store) Walk(ctx context.Context, fn func(table, key string, value []byte) error) error {
	snapshot := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	return pgx.BeginTxFunc(ctx, s.pool, snapshot, func(tx pgx.Tx) error {
		w := walk{ctx, tx, fn}
		for _, table := range []func() error{
			w.records,
			func() error {
				return w.documents("heads", "SELECT '', from_seq, to_seq, body FROM heads WHERE doc = $1 ORDER BY from_seq", w.head)
			},
			func() error {
				return w.documents("rules", "SELECT key, from_seq, to_seq, rule FROM rules WHERE doc = $1 ORDER BY key || '/', from_seq", w.rule)
			},
			func() error {
				return w.documents("bodies", "SELECT key, serial, 0::bigint, data FROM bodies WHERE doc = $1 ORDER BY key || '/', serial", w.body)
			},
			w.parked,
		} {
			if err := table(); err != nil {
				return err
			}
		}
		return nil
	})
}

func (w walk) parked() error {
	return w.each("SELECT log, serial, event FROM parked ORDER BY log || '/', serial", nil, func(row pgx.CollectableRow) error {
		var log string
		var serial uint64
		var event []byte
		if err := row.Scan(&log, &serial, &event); err != nil {
			return err
		}
		return w.fn("parked", fmt.Sprintf("%s/%020d", log, serial), event)
	})
}

// walk is one walk within its transaction.
type walk struct {
	ctx context.Context
	tx  pgx.Tx
	fn  func(table, key string, value []byte) error
}

func (w walk) each(query string, args []any, row func(pgx.CollectableRow) error) error {
	rows, err := w.tx.Query(w.ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (w walk) records() error {
	var groups [][]any // account and kind
	err := w.each("SELECT account, kind FROM records GROUP BY account, kind ORDER BY account || '/', kind || '/'", nil, func(row pgx.CollectableRow) error {
		var account, kind string
		err := row.Scan(&account, &kind)
		groups = append(groups, []any{account, kind})
		return err
	})
	for _, g := range groups {
		if err != nil {
			break
		}
		err = w.each("SELECT "+recordColumns+" FROM records WHERE account = $1 AND kind = $2 ORDER BY id", g, func(row pgx.CollectableRow) error {
			r, err := scanRecord(row)
			if err != nil {
				return err
			}
			value, err := json.Marshal(r)
			if err != nil {
				return err
			}
			return w.fn("record", r.Account+"/"+string(r.Kind)+"/"+r.ID, value)
		})
	}
	return err
}

// documents runs query, which gives a key, two serials and bytes, for each
// document that has rows in the table.
func (w walk) documents(table, query string, give func(schema.RuleRow) error) error {
	var docs []string
	err := w.each("SELECT doc FROM "+table+" GROUP BY doc ORDER BY doc || '/'", nil, func(row pgx.CollectableRow) error {
		var doc string
		err := row.Scan(&doc)
		docs = append(docs, doc)
		return err
	})
	for _, doc := range docs {
		if err != nil {
			break
		}
		err = w.each(query, []any{doc}, func(row pgx.CollectableRow) error {
			r := schema.RuleRow{Doc: doc}
			if err := row.Scan(&r.Key, &r.From, &r.To, &r.Rule); err != nil {
				return err
			}
			return give(r)
		})
	}
	return err
}

func (w walk) head(r schema.RuleRow) error {
	return w.fn("head", fmt.Sprintf("%s/%020d", r.Doc, r.From), fmt.Appendf(nil, "%020d\n%s", r.To, r.Rule))
}

func (w walk) rule(r schema.RuleRow) error {
	return w.fn("rule", fmt.Sprintf("%s/%s/%020d", r.Doc, r.Key, r.From), fmt.Appendf(nil, "%020d\n%s", r.To, r.Rule))
}

func (w walk) body(r schema.RuleRow) error {
	return w.fn("body", fmt.Sprintf("%s/%s/%020d", r.Doc, r.Key, r.From), blob(r.Rule))
}
