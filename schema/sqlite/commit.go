package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"offprint/schema"
)

// Cursor implements schema.Writer.
func (s *Store) Cursor(ctx context.Context, name string) (uint64, error) {
	var pos uint64
	err := s.read.QueryRowContext(ctx, "SELECT pos FROM cursors WHERE name = ?", name).Scan(&pos)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return pos, err
}

// Commit implements schema.Writer. When it returns, readers see the batch. A
// row that is opened while another is open, inserted twice, or closed while
// none is open is an error, and nothing is written.
func (s *Store) Commit(ctx context.Context, b schema.Batch) error {
	size := batchSize(b)
	if b.From == b.To && size == 0 {
		return nil
	}
	if err := s.commit(ctx, b); err != nil {
		return fmt.Errorf("commit %s %d to %d: %w", b.Cursor, b.From, b.To, err)
	}
	s.check.committed(size)
	return nil
}

func (s *Store) commit(ctx context.Context, b schema.Batch) error {
	if b.From > b.To {
		return errors.New("the batch goes backwards")
	}
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for _, step := range []func(context.Context, *sql.Tx, schema.Batch) error{
		moveCursor, closeRows, s.putRecords, s.putDocuments, s.putParked,
	} {
		if err := step(ctx, tx, b); err != nil {
			return err
		}
	}
	// The point of no return: a crash before it leaves nothing of the batch, a
	// crash after it all of it, cursor included.
	return tx.Commit()
}

// batchSize is about what a batch writes; it is 0 only if the batch is empty.
func batchSize(b schema.Batch) int {
	const row = 200 // keys and index entries
	n := row * (len(b.Records) + len(b.Deleted) + len(b.Heads) + len(b.Bodies) + len(b.Rules) + len(b.Closed) + len(b.Parked))
	for _, r := range b.Records {
		n += len(r.Body)
	}
	for _, r := range b.Heads {
		n += len(r.Body)
	}
	for _, r := range b.Bodies {
		n += len(r.Data)
	}
	for _, r := range b.Rules {
		n += len(r.Rule)
	}
	return n
}

// moveCursor compares and swaps.
func moveCursor(ctx context.Context, tx *sql.Tx, b schema.Batch) error {
	query, args := "UPDATE cursors SET pos = ? WHERE name = ? AND pos = ?", []any{b.To, b.Cursor, b.From}
	if b.From == 0 { // the row may not be there yet
		query = "INSERT INTO cursors (pos, name) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET pos = excluded.pos WHERE pos = ?"
	}
	n, err := affected(tx.ExecContext(ctx, query, args...))
	if err == nil && n == 0 {
		err = schema.ErrCursorMoved
	}
	return err
}

func affected(res sql.Result, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// closeRows runs before anything is opened, so that one row of a key is open at
// a time.
func closeRows(ctx context.Context, tx *sql.Tx, b schema.Batch) error {
	if len(b.Closed) == 0 {
		return nil
	}
	rules, err := tx.PrepareContext(ctx, "UPDATE rules SET to_seq = ? WHERE doc = ? AND key = ? AND to_seq = 0")
	if err != nil {
		return err
	}
	defer rules.Close()
	for _, c := range b.Closed {
		var n int64
		if c.Key != "" {
			n, err = affected(rules.ExecContext(ctx, c.To, c.Doc, c.Key))
		} else {
			n, err = affected(tx.ExecContext(ctx, "UPDATE heads SET to_seq = ? WHERE doc = ? AND to_seq = 0", c.To, c.Doc))
		}
		if err == nil && n == 0 {
			err = errors.New("no open row")
		}
		if err != nil {
			return fmt.Errorf("close %s %q at %d: %w", c.Doc, c.Key, c.To, err)
		}
	}
	return nil
}

func (s *Store) putRecords(ctx context.Context, tx *sql.Tx, b schema.Batch) error {
	for _, k := range b.Deleted {
		_, err := tx.ExecContext(ctx, "DELETE FROM records WHERE account = ? AND kind = ? AND id = ?", k.Account, string(k.Kind), k.ID)
		if err != nil {
			return fmt.Errorf("delete %s %s: %w", k.Kind, k.ID, err)
		}
	}
	return insert(ctx, tx, s.insert.records, b.Records, func(r schema.Record) ([]any, error) {
		return []any{r.Account, string(r.Kind), r.ID, r.Product, r.Package, r.Release, r.Parent,
			r.Name, r.Tag, r.Created, r.Serial, blob(r.Body)}, nil
	})
}

func (s *Store) putDocuments(ctx context.Context, tx *sql.Tx, b schema.Batch) error {
	err := insert(ctx, tx, s.insert.heads, b.Heads, func(r schema.HeadRow) ([]any, error) {
		return []any{r.Doc, r.From, r.To, blob(r.Body)}, nil
	})
	if err != nil {
		return err
	}
	err = insert(ctx, tx, s.insert.bodies, b.Bodies, func(r schema.BodyRow) ([]any, error) {
		return []any{r.Doc, r.Key, r.Serial, blob(r.Data)}, nil
	})
	if err != nil {
		return err
	}
	return insert(ctx, tx, s.insert.rules, b.Rules, func(r schema.RuleRow) ([]any, error) {
		if r.Key == "" {
			return nil, fmt.Errorf("rule of %s from %d has no key", r.Doc, r.From)
		}
		return []any{r.Doc, r.Key, r.From, r.To, blob(r.Rule)}, nil
	})
}

func (s *Store) putParked(ctx context.Context, tx *sql.Tx, b schema.Batch) error {
	return insert(ctx, tx, s.insert.parked, b.Parked, func(p schema.Parked) ([]any, error) {
		event, err := json.Marshal(p)
		return []any{p.Log, p.Serial, event}, err
	})
}
