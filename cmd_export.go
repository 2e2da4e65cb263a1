package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// errUnknownLog says that a word names no log.
var errUnknownLog = errors.New("must be releases or access")

// exportCmd writes the log.
type exportCmd struct {
	storeFlags
	remoteFlags
	Stream string `placeholder:"LOG" help:"releases or access: that log only, instead of both."`
	Output string `short:"o" placeholder:"FILE" help:"File to write (mode 0600), instead of standard output."`
}

// Run writes every event as a line of JSON.
func (c *exportCmd) Run(ctx context.Context, con *console) error {
	if err := errors.Join(c.storeFlags.resolve(), c.remoteFlags.resolve()); err != nil {
		return err
	}
	if _, err := exportLogs(c.Stream); err != nil {
		return fmt.Errorf("--stream %s: %w", c.Stream, err)
	}
	if c.Output == "" {
		return c.write(ctx, con.out)
	}
	f, err := os.CreateTemp(filepath.Dir(c.Output), "."+filepath.Base(c.Output)+"-*") // mode 0600
	if err != nil {
		return fmt.Errorf("--output: %w", err)
	}
	defer os.Remove(f.Name()) // fails once it is renamed
	err = c.write(ctx, f)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), c.Output)
}

func (c *exportCmd) write(ctx context.Context, w io.Writer) error {
	if c.Server != "" {
		return c.remote(ctx, w)
	}
	s, err := openExisting(ctx, c.storeFlags, false, false)
	if err != nil {
		return errors.New(oneLine(err))
	}
	defer s.close()
	list, err := exportLogs(c.Stream)
	if err != nil {
		return err
	}
	return s.log.Export(ctx, w, list...)
}

// remote lets a running server do it.
func (c *exportCmd) remote(ctx context.Context, w io.Writer) error {
	path := "/v1/operator/export"
	if c.Stream != "" {
		path += "?log=" + c.Stream
	}
	body, err := c.client().stream(ctx, "GET", path)
	if err != nil {
		return err
	}
	defer body.Close()
	var last lastLine
	if _, err := io.Copy(io.MultiWriter(w, &last), body); err != nil {
		return fmt.Errorf("the export was cut off: %w", err)
	}
	if !bytes.Contains(last.text, []byte(`"type":"offprint.export.finished.v1"`)) {
		return errors.New("the export was cut off: its last line is missing")
	}
	return nil
}

// lastLine keeps the end of what is written: the last line, if it is short.
type lastLine struct{ text []byte }

// Write implements io.Writer.
func (l *lastLine) Write(p []byte) (int, error) {
	const enough = 1024
	l.text = append(l.text, p[max(0, len(p)-enough):]...)
	l.text = l.text[max(0, len(l.text)-enough):]
	if i := bytes.LastIndexByte(bytes.TrimSuffix(l.text, []byte("\n")), '\n'); i >= 0 {
		l.text = l.text[i+1:]
	}
	return len(p), nil
}
