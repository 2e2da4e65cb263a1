// Package pgtest runs a Postgres server for tests.
//
// The server belongs to the test binary: the first Start makes a cluster in a
// temporary folder, all others use it, each with a database of its own, and a
// watching shell stops the server and removes the folder when the binary ends,
// however it ends.
package pgtest

import (
	"context"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Option changes the server that Start gives.
type Option func(*options)

type options struct{ sync bool }

// Sync makes the server write through to the disk, as one in production does.
// Without it commits are faster and survive the server, but no loss of power.
func Sync(o *options) { o.sync = true }

// cluster is a running server; there is one for each set of options.
type cluster struct {
	start sync.Once
	port  int
	err   error
}

var (
	mu        sync.Mutex
	clusters  = map[options]*cluster{}
	databases atomic.Int64
)

// Start gives the URL of an empty database that is dropped when the test ends.
// Without Postgres on the machine the test is skipped, or fails if
// OFFPRINT_STRICT is 1.
func Start(t testing.TB, opts ...Option) (url string) {
	t.Helper()
	var o options
	for _, opt := range opts {
		opt(&o)
	}
	bin, ok := binaries()
	if !ok {
		const message = "postgres not installed: apt-get install postgresql"
		if os.Getenv("OFFPRINT_STRICT") == "1" {
			t.Fatal(message)
		}
		t.Skip(message)
	}
	mu.Lock()
	c := clusters[o]
	if c == nil {
		c = &cluster{}
		clusters[o] = c
	}
	mu.Unlock()
	c.start.Do(func() { c.port, c.err = startServer(bin, o) })
	if c.err != nil {
		t.Fatalf("start postgres: %v", c.err)
	}
	name := fmt.Sprintf("test%d", databases.Add(1))
	if err := c.exec("CREATE DATABASE " + name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.exec("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			t.Errorf("drop the test's database: %v", err)
		}
	})
	return c.url(name)
}

func (c *cluster) url(database string) string { return serverURL(c.port, database) }

func serverURL(port int, database string) string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/%s?sslmode=disable", port, database)
}

// exec runs one statement as superuser.
func (c *cluster) exec(query string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, c.url("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, query)
	return err
}
