package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"offprint/schema"
)

const (
	// copyRows is the length from which a list is copied rather than inserted,
	// copyBytes its size.
	copyRows  = 64
	copyBytes = 16 << 20
	// arrayRows bounds the rows of one statement that takes arrays.
	arrayRows = 1000
)

// readCommitted makes the loser of a race find the cursor moved, whatever the
// default of the database.
var readCommitted = pgx.TxOptions{IsoLevel: pgx.ReadCommitted, AccessMode: pgx.ReadWrite}

// Cursor implements schema.Writer.
func (s *Store) Cursor(ctx context.Context, name string) (uint64, error) {
	var pos uint64
	err := s.pool.QueryRow(ctx, "SELECT pos FROM cursors WHERE name = $1", name).Scan(&pos)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, nil
	}
	return pos, err
}

// Commit implements schema.Writer. When it returns, readers see the batch. A
// row that is opened while another is open, inserted twice, or closed while
// none is open is an error, and nothing is written. If the connection is lost
// during Commit the batch may have been written: the cursor tells.
func (s *Store) Commit(ctx context.Context, b schema.Batch) error {
	if b.From == b.To && len(b.Records)+len(b.Deleted)+len(b.Heads)+len(b.Bodies)+len(b.Rules)+len(b.Closed)+len(b.Parked) == 0 {
		return nil
	}
	err := errors.New("the batch goes backwards")
	if b.From <= b.To {
		// The point of no return is the end of the transaction: a crash before
		// it leaves nothing of the batch, after it all, cursor included.
		err = pgx.BeginTxFunc(ctx, s.pool, readCommitted, func(tx pgx.Tx) error { return put(ctx, tx, b) })
	}
	if err != nil {
		return fmt.Errorf("commit %s %d to %d: %w", b.Cursor, b.From, b.To, err)
	}
	return nil
}

// put writes b, small lists in one round trip and long ones in one each. Rows
// are closed before any is opened, so that one row of a key is open at a time.
func put(ctx context.Context, tx pgx.Tx, b schema.Batch) error {
	p := pipeline{}
	p.moveCursor(b)
	p.closeRows(b.Closed)
	p.deleteRecords(b.Deleted)
	p.putRecords(b.Records)
	var long []copier
	for _, c := range []copier{heads(b.Heads), bodies(b.Bodies), rules(b.Rules), parked(b.Parked)} {
		if len(c.rows) >= copyRows || c.size >= copyBytes {
			long = append(long, c)
			continue
		}
		for _, row := range c.rows {
			p.Queue(c.insert, row...)
		}
	}
	if err := tx.SendBatch(ctx, &p.Batch).Close(); err != nil {
		return err
	}
	for _, c := range long {
		if _, err := tx.CopyFrom(ctx, pgx.Identifier{c.table}, c.columns, pgx.CopyFromRows(c.rows)); err != nil {
			return fmt.Errorf("%s: %w", c.table, err)
		}
	}
	return nil
}

// copier is a list of rows that are new.
type copier struct {
	table   string
	columns []string
	insert  string // of one row
	rows    [][]any
	size    int
}

func heads(list []schema.HeadRow) copier {
	c := copier{table: "heads", columns: []string{"doc", "from_seq", "to_seq", "body"}, insert: "INSERT INTO heads VALUES ($1, $2, $3, $4)"}
	for _, r := range list {
		c.rows = append(c.rows, []any{r.Doc, r.From, r.To, blob(r.Body)})
		c.size += len(r.Body)
	}
	return c
}

func bodies(list []schema.BodyRow) copier {
	c := copier{table: "bodies", columns: []string{"doc", "key", "serial", "data"}, insert: "INSERT INTO bodies VALUES ($1, $2, $3, $4)"}
	for _, r := range list {
		c.rows = append(c.rows, []any{r.Doc, r.Key, r.Serial, blob(r.Data)})
		c.size += len(r.Data)
	}
	return c
}

func rules(list []schema.RuleRow) copier {
	c := copier{table: "rules", columns: []string{"doc", "key", "from_seq", "to_seq", "rule"}, insert: "INSERT INTO rules VALUES ($1, $2, $3, $4, $5)"}
	for _, r := range list {
		c.rows = append(c.rows, []any{r.Doc, r.Key, r.From, r.To, blob(r.Rule)})
		c.size += len(r.Rule)
	}
	return c
}

func parked(list []schema.Parked) copier {
	c := copier{table: "parked", columns: []string{"log", "serial", "event"}, insert: "INSERT INTO parked VALUES ($1, $2, $3)"}
	for _, p := range list {
		event, err := json.Marshal(p)
		if err != nil {
			panic(fmt.Sprintf("postgres: encode %T: %v", p, err)) // strings and numbers can be encoded
		}
		c.rows = append(c.rows, []any{p.Log, p.Serial, event})
	}
	return c
}
