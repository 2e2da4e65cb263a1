package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"offprint/events/stream"
)

// importCmd fills an empty log.
type importCmd struct {
	storeFlags
	Partial bool   `help:"Take what is there of an export that is cut off or whose sum is wrong."`
	File    string `arg:"" optional:"" default:"-" help:"The export; - is standard input."`
}

// Run appends the events of an export. Exit codes: 1 for a file that is not
// whole, 2 for a log that holds other events.
func (c *importCmd) Run(ctx context.Context, con *console) error {
	if err := c.resolve(); err != nil {
		return err
	}
	in, closeInput, err := c.open(con)
	if err != nil {
		return err
	}
	defer closeInput()
	s := &stores{flags: c.storeFlags}
	defer s.close()
	if c.NATS == "" {
		err = s.openFolder()
	}
	if err == nil {
		err = s.openLog(ctx, "")
	}
	if err != nil {
		return errors.New(oneLine(err))
	}
	progress := throttled(func(done, total uint64) { fmt.Fprintf(con.err, "imported %d of %d events\n", done, total) })
	done, err := s.log.Import(ctx, in, stream.ImportOptions{Partial: c.Partial, Progress: progress})
	switch {
	case errors.Is(err, stream.ErrFile):
		return &exitError{1, err}
	case err != nil:
		return err
	}
	fmt.Fprintf(con.err, "the log holds %d events of releases and %d of access, %d of them were there before\n", done.Releases, done.Access, done.Present)
	if done.Renumbered {
		fmt.Fprintln(con.err, "the export does not begin at serial 1, or leaves some out: serials differ from those where it was made")
	}
	c.remind(con)
	return nil
}

func (c *importCmd) open(con *console) (in io.Reader, done func(), err error) {
	if c.File == "-" {
		return con.in, func() {}, nil
	}
	f, err := os.Open(c.File)
	if err != nil {
		return nil, nil, err
	}
	return f, func() { f.Close() }, nil
}

// remind says what an export does not hold.
func (c *importCmd) remind(con *console) {
	key := c.ServerKeyFile
	if key == "" {
		key = c.path("server-key")
	}
	if _, err := os.Stat(key); err != nil {
		fmt.Fprintf(con.err, "there is no server key at %s: copy the old one there before the first start, or every token and license key must be issued anew\n", key)
	}
	fmt.Fprintln(con.err, "the bytes of artifacts are not part of an export: copy the blobs folder, or keep the object store")
}
