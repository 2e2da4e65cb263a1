package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nats-io/nats.go"

	"offprint/events/stream"
	"offprint/schema"
	"offprint/schema/blobs"
	"offprint/schema/postgres"
	"offprint/schema/sqlite"
)

// stores are the log, the documents and the bytes, opened. What is not asked
// for is nil.
type stores struct {
	flags    storeFlags
	embedded *stream.Server // nil with an external log
	conn     *nats.Conn
	log      *stream.Log
	store    schema.Store
	blobs    blobs.Store

	stops []func() // in the order of starting
}

// onClose adds what close does, before what was added earlier.
func (s *stores) onClose(f func()) { s.stops = append(s.stops, f) }

// close stops what was opened, last things first. A second call does nothing.
func (s *stores) close() {
	for _, stop := range slices.Backward(s.stops) {
		stop()
	}
	s.stops = nil
}

// openFolder takes the data folder for this process alone, and makes it if it
// is not there.
func (s *stores) openFolder() error {
	if err := os.MkdirAll(s.flags.Data, 0o700); err != nil {
		return fmt.Errorf("--data: %w", err)
	}
	unlock, err := lockFolder(s.flags.Data)
	if err != nil {
		return fmt.Errorf("--data %s: %w", s.flags.Data, err)
	}
	s.onClose(unlock)
	return nil
}

// openLog connects to the log, external or embedded. listen is where the
// embedded one takes other connections; empty: nowhere.
func (s *stores) openLog(ctx context.Context, listen string) (err error) {
	if s.flags.NATS != "" {
		s.conn, err = stream.Dial(ctx, s.flags.NATS)
	} else {
		s.embedded, err = stream.Embed(s.flags.path("log"), listen)
		if err == nil {
			s.onClose(s.embedded.Close)
			s.conn, err = s.embedded.Connect()
		}
	}
	if err != nil {
		return err
	}
	s.onClose(s.conn.Close)
	s.log, err = stream.Open(ctx, s.conn, s.replicas())
	return err
}

// replicas is how many copies the streams must have.
func (s *stores) replicas() int {
	switch {
	case s.flags.NATSReplicas > 0:
		return s.flags.NATSReplicas
	case s.embedded == nil && s.conn.ConnectedClusterName() != "":
		return 3
	}
	return 1
}

// openStore opens the documents.
func (s *stores) openStore(ctx context.Context) (err error) {
	if s.flags.Database != "" {
		s.store, err = postgres.Open(ctx, s.flags.Database)
	} else {
		s.store, err = sqlite.Open(ctx, s.flags.path("offprint.db"))
	}
	if err != nil {
		return err
	}
	s.onClose(func() { _ = s.store.Close() }) // everything committed is durable, or comes again from the log
	return nil
}

// openBlobs opens the place of bytes.
func (s *stores) openBlobs(ctx context.Context) (err error) {
	where := s.flags.Blobs
	if where == "" {
		where = s.flags.path("blobs")
	}
	s.blobs, err = openBlobs(ctx, where)
	if c, ok := s.blobs.(io.Closer); ok && err == nil {
		s.onClose(func() { _ = c.Close() }) // every committed blob is durable
	}
	return err
}

// errNoServerKey says that a key was to be there and is not.
var errNoServerKey = errors.New("the file is not there; make it once for all processes of the server: head -c 32 /dev/urandom > FILE")

// serverKey reads the key under which credentials are digested. The data
// folder's is made if it is not there; made says so.
func (f *storeFlags) serverKey() (key []byte, made bool, err error) {
	path := f.path("server-key")
	if f.ServerKeyFile != "" {
		path = f.ServerKeyFile
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return nil, false, fmt.Errorf("--server-key-file %s: %w", path, errNoServerKey)
		}
	}
	return schema.LoadServerKey(path)
}

// exists says whether the data folder holds a log.
func (f *storeFlags) exists() bool {
	entries, err := os.ReadDir(f.path("log"))
	return err == nil && len(entries) > 0
}

// openExisting opens log and documents of a stopped server, or of external
// services, for a command that only reads.
func openExisting(ctx context.Context, flags storeFlags, withStore, withBlobs bool) (*stores, error) {
	s := &stores{flags: flags}
	local := flags.NATS == "" || withStore && flags.Database == "" || withBlobs && flags.Blobs == ""
	if local {
		if _, err := os.Stat(flags.Data); err != nil {
			return nil, fmt.Errorf("--data: %w", err)
		}
		if flags.NATS == "" && !flags.exists() {
			return nil, fmt.Errorf("--data %s: there is no log in it", flags.Data)
		}
		if err := s.openFolder(); err != nil {
			return nil, err
		}
	}
	err := s.openLog(ctx, "")
	if err == nil && withStore {
		err = s.openStore(ctx)
	}
	if err == nil && withBlobs {
		err = s.openBlobs(ctx)
	}
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// oneLine makes an error of several lines one: what a service says may have
// them.
func oneLine(err error) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(err.Error(), "\n", "; ")), " ")
}

// writeFile writes a whole file, readable by its owner only, or nothing.
func writeFile(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails once it is renamed
	_, err = f.Write(data)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
