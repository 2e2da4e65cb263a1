// Package sqlite is the embedded [schema.Store]: one file, no server, no cgo.
//
// One connection writes, a pool of others reads, and a third kind only moves
// the write-ahead log into the file, so that no commit and no reader waits for
// a checkpoint. A commit is durable against the end of the process, not against
// loss of power (synchronous=NORMAL): documents and cursor share a transaction,
// so what is lost is replayed from the log of events, which is the durable part.
//
// Rules, which every change of status rewrites, are apart from bodies, which
// are written once.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"offprint/schema"
)

// pageSize is larger than SQLite's own: documents are read in long runs.
const pageSize = 8192

// busyTimeout bounds the wait for another process that holds the file.
const busyTimeout = 10 * time.Second

// Store is a store in one file. All methods may be called by many goroutines.
type Store struct {
	path   string
	write  *sql.DB // one connection
	read   *sql.DB
	insert inserts // prepared on write
	check  *checkpointer
}

var _ schema.Store = (*Store)(nil)

// Open opens the store in the file at path, and makes it, readable by its owner
// only, if it is not there; the folder must exist. An error wraps
// schema.ErrNewerSchema if a newer version of the program wrote the file; it is
// then left as it was.
func Open(ctx context.Context, path string) (*Store, error) {
	s := &Store{path: path}
	if err := s.open(ctx); err != nil {
		s.Close()
		return nil, fmt.Errorf("open store %s: %w", path, err)
	}
	return s, nil
}

func (s *Store) open(ctx context.Context) error {
	f, err := os.OpenFile(s.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return errors.Unwrap(err) // the path is named by Open
	}
	if err := f.Close(); err != nil {
		return err
	}
	if s.write, err = connect(s.path, 1, "immediate"); err != nil {
		return err
	}
	if err := prepareFile(ctx, s.write); err != nil {
		return err
	}
	if s.read, err = connect(s.path, max(4, runtime.GOMAXPROCS(0)), "deferred", "query_only(1)"); err != nil {
		return err
	}
	if err := s.insert.prepare(ctx, s.write); err != nil {
		return err
	}
	s.check, err = startCheckpoints(s.path)
	return err
}

// Close waits for readers and writers, moves the write-ahead log into the file
// and closes it.
func (s *Store) Close() error {
	var errs []error
	if s.check != nil {
		errs = append(errs, s.check.close())
	}
	s.insert.close()
	for _, db := range []*sql.DB{s.read, s.write} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// connect gives a pool of connections that never checkpoint by themselves.
func connect(path string, conns int, txlock string, pragmas ...string) (*sql.DB, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	q := url.Values{"_txlock": {txlock}, "_pragma": append([]string{
		"busy_timeout(" + strconv.Itoa(int(busyTimeout/time.Millisecond)) + ")",
		"synchronous(NORMAL)",
		"wal_autocheckpoint(0)",
		"cache_size(-16000)", // KiB
	}, pragmas...)}
	dsn := url.URL{Scheme: "file", Path: filepath.ToSlash(abs), RawQuery: q.Encode()}
	db, err := sql.Open("sqlite", dsn.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	return db, nil
}
