package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"offprint/schema"
)

// Walk implements schema.Walker; keys and values are those of
// schematest.Memory. All of it is one snapshot, read row by row, and fn may use
// the store. Ids hold no slash: the order within an account or a document is
// the order of the ids, and it is what keeps the sorting small.
func (s *Store) Walk(ctx context.Context, fn func(table, key string, value []byte) error) error {
	tx, err := s.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer tx.Rollback()
	w := walk{ctx, tx, fn}
	if err := w.records(); err != nil {
		return err
	}
	if err := w.documents("heads", "SELECT '', from_seq, to_seq, body FROM heads WHERE doc = ? ORDER BY from_seq", w.head); err != nil {
		return err
	}
	if err := w.documents("rules", "SELECT key, from_seq, to_seq, rule FROM rules WHERE doc = ? ORDER BY key || '/', from_seq", w.rule); err != nil {
		return err
	}
	if err := w.documents("bodies", "SELECT key, serial, 0, data FROM bodies WHERE doc = ? ORDER BY key || '/', serial", w.body); err != nil {
		return err
	}
	return w.each("SELECT log, serial, event FROM parked ORDER BY log || '/', serial", nil, func(scan func(...any) error) error {
		var log string
		var serial uint64
		var event []byte
		if err := scan(&log, &serial, &event); err != nil {
			return err
		}
		return fn("parked", fmt.Sprintf("%s/%020d", log, serial), event)
	})
}

// walk is one walk within its transaction.
type walk struct {
	ctx context.Context
	tx  *sql.Tx
	fn  func(table, key string, value []byte) error
}

func (w walk) each(query string, args []any, row func(scan func(...any) error) error) error {
	rows, err := w.tx.QueryContext(w.ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (w walk) records() error {
	var groups [][]any // account and kind
	err := w.each("SELECT DISTINCT account, kind FROM records ORDER BY account || '/', kind || '/'", nil, func(scan func(...any) error) error {
		var account, kind string
		err := scan(&account, &kind)
		groups = append(groups, []any{account, kind})
		return err
	})
	for _, g := range groups {
		if err != nil {
			break
		}
		err = w.each("SELECT "+recordColumns+" FROM records WHERE account = ? AND kind = ? ORDER BY id", g, func(scan func(...any) error) error {
			r, err := scanRecord(scan)
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
func (w walk) documents(table, query string, row func(schema.RuleRow) error) error {
	var docs []string
	err := w.each("SELECT DISTINCT doc FROM "+table+" ORDER BY doc || '/'", nil, func(scan func(...any) error) error {
		var doc string
		err := scan(&doc)
		docs = append(docs, doc)
		return err
	})
	for _, doc := range docs {
		if err != nil {
			break
		}
		err = w.each(query, []any{doc}, func(scan func(...any) error) error {
			r := schema.RuleRow{Doc: doc}
			if err := scan(&r.Key, &r.From, &r.To, &r.Rule); err != nil {
				return err
			}
			return row(r)
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
