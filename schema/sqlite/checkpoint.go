package sqlite

import (
	"context"
	"database/sql"
	"sync/atomic"
	"time"
)

const (
	// checkpointBytes is how much is committed before the log is moved into the
	// file, about.
	checkpointBytes = 8 << 20
	// checkpointEvery is how long less than that waits.
	checkpointEvery = 5 * time.Second
	// truncatePages is the length of the log at which writers are made to wait
	// until it is empty. It grows so long only if there is always a reader.
	truncatePages = 256 << 20 / pageSize
)

// checkpointer moves the write-ahead log into the file on its own connection.
type checkpointer struct {
	db      *sql.DB
	pending atomic.Int64 // bytes committed since the last checkpoint, about

	wake chan struct{} // holds one
	stop context.CancelFunc
	done chan struct{} // closed when run has returned
}

func startCheckpoints(path string) (*checkpointer, error) {
	db, err := connect(path, 1, "deferred")
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	c := &checkpointer{db: db, wake: make(chan struct{}, 1), stop: stop, done: make(chan struct{})}
	go c.run(ctx) // ended by close
	return c, nil
}

// committed tells of a commit of about so many bytes; it never waits.
func (c *checkpointer) committed(bytes int) {
	if c.pending.Add(int64(bytes)) < checkpointBytes {
		return
	}
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// run checkpoints until ctx ends. An error is not reported: the log stays
// longer, the next checkpoint tries again, and a disk that is full or broken
// shows in the next commit.
func (c *checkpointer) run(ctx context.Context) {
	defer close(c.done)
	tick := time.NewTicker(checkpointEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.wake:
		case <-tick.C:
		}
		if c.pending.Swap(0) > 0 {
			c.checkpoint(ctx)
		}
	}
}

func (c *checkpointer) checkpoint(ctx context.Context) {
	var busy, pages, moved int
	row := c.db.QueryRowContext(ctx, "PRAGMA wal_checkpoint(PASSIVE)")
	if err := row.Scan(&busy, &pages, &moved); err != nil || pages < truncatePages {
		return
	}
	_, _ = c.db.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
}

func (c *checkpointer) close() error {
	c.stop()
	<-c.done
	return c.db.Close()
}
