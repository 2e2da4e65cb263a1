package main

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"offprint/events"
	"offprint/events/stream"
)

// depot is the data folder of a server that is not running yet, with a log
// that a shop fills.
type depot struct {
	t    testing.TB
	path string
}

// newDepot makes an empty one.
func newDepot(t testing.TB) *depot { return &depot{t, t.TempDir()} }

// fill writes what tell tells as an export and imports that into the log.
func (f *depot) fill(tell func(*shop)) {
	f.t.Helper()
	export, err := os.Create(filepath.Join(f.path, "export.jsonl"))
	if err != nil {
		f.t.Fatal(err)
	}
	defer os.Remove(export.Name())
	defer export.Close()
	out := bufio.NewWriterSize(export, 1<<20)
	var access bytes.Buffer // comes after all of the releases
	serials := map[events.Log]uint64{}
	tell(newShop(func(e events.Event) {
		log := e.Subject.Log
		serials[log]++
		e.Serial = serials[log]
		line := append(events.Line(e, log), '\n')
		if log == events.Access {
			access.Write(line)
		} else {
			_, _ = out.Write(line) // Flush says whether it failed
		}
	}, sealerOf(f.t, f.path)))
	_, _ = access.WriteTo(out)
	if err := out.Flush(); err != nil {
		f.t.Fatal(err)
	}
	f.withLog(func(ctx context.Context, log *stream.Log) {
		if _, err := log.Import(ctx, export, stream.ImportOptions{Partial: true}); err != nil {
			f.t.Fatal(err)
		}
	})
}

// withLog opens the log for as long as use takes.
func (f *depot) withLog(use func(ctx context.Context, log *stream.Log)) {
	f.t.Helper()
	server, err := stream.Embed(filepath.Join(f.path, "log"), "")
	if err != nil {
		f.t.Fatal(err)
	}
	defer server.Close()
	conn, err := server.Connect()
	if err != nil {
		f.t.Fatal(err)
	}
	defer conn.Close()
	log, err := stream.Open(context.Background(), conn, 1)
	if err != nil {
		f.t.Fatal(err)
	}
	use(context.Background(), log)
}

// up starts the program on the folder and returns when it is ready, that is,
// has applied the log.
func (f *depot) up(flags ...string) *process {
	f.t.Helper()
	p := &process{t: f.t, Token: adminToken, Account: "acme", Data: f.path}
	p.flags = append([]string{"up", "--listen", "127.0.0.1:0", "--data", f.path, "--account", p.Account, "--admin-token", p.Token,
		"--log-format", "json", "--stop-timeout", "5s"}, flags...)
	p.start()
	f.t.Cleanup(func() {
		if p.running() {
			p.stop()
		}
	})
	return p
}
