package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"offprint/projector"
	"offprint/schema/sqlite"
)

// verifyCmd replays the log and compares.
type verifyCmd struct {
	storeFlags
	remoteFlags
}

// The lines of an answer to POST /v1/operator/verify. One member is set.
type verifyLine struct {
	Progress   *verifyProgress   `json:"progress,omitempty"`
	Difference *verifyDifference `json:"difference,omitempty"`
	Error      string            `json:"error,omitempty"` // it could not run
	Report     *verifySummary    `json:"report,omitempty"`
}

type verifyProgress struct {
	Done  uint64 `json:"done"`
	Total uint64 `json:"total"`
}

type verifyDifference struct {
	Table string `json:"table"`
	Key   string `json:"key"`
	What  string `json:"what"`
}

type verifySummary struct {
	Clean       bool        `json:"clean"`
	Differences int         `json:"differences"` // those listed and those beyond
	Rows        int         `json:"rows"`
	Blobs       int         `json:"blobs"`
	Releases    verifyReach `json:"releases"`
	Access      verifyReach `json:"access"`
	Parked      []string    `json:"parked,omitempty"`
}

// verifyReach is how much of a log the store held.
type verifyReach struct {
	Applied uint64 `json:"applied"`
	End     uint64 `json:"end"`
}

// Run compares, prints each difference as a line, and exits with 1 if there is
// one.
func (c *verifyCmd) Run(ctx context.Context, con *console) error {
	if err := errors.Join(c.storeFlags.resolve(), c.remoteFlags.resolve()); err != nil {
		return err
	}
	if c.Server != "" {
		return c.remote(ctx, con)
	}
	s, err := openExisting(ctx, c.storeFlags, true, true)
	if err != nil {
		return errors.New(oneLine(err))
	}
	defer s.close()
	report, err := verify(ctx, s, throttled(func(done, total uint64) { fmt.Fprintf(con.err, "replayed %d of %d events\n", done, total) }))
	if err != nil {
		return errors.New(oneLine(err))
	}
	for _, d := range report.Differences {
		fmt.Fprintln(con.out, d.String())
	}
	return summarize(report).print(con)
}

// remote lets a running server do it.
func (c *verifyCmd) remote(ctx context.Context, con *console) error {
	body, err := c.client().stream(ctx, "POST", "/v1/operator/verify")
	if err != nil {
		return err
	}
	defer body.Close()
	in := json.NewDecoder(bufio.NewReader(body))
	for {
		var line verifyLine
		if err := in.Decode(&line); err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return fmt.Errorf("the answer of %s: %w", c.Server, err)
		}
		switch {
		case line.Error != "":
			return errors.New(line.Error)
		case line.Progress != nil:
			fmt.Fprintf(con.err, "replayed %d of %d events\n", line.Progress.Done, line.Progress.Total)
		case line.Difference != nil:
			d := line.Difference
			fmt.Fprintln(con.out, projector.Difference{Table: d.Table, Key: d.Key, What: d.What}.String())
		case line.Report != nil:
			return line.Report.print(con)
		}
	}
}

// verify replays into a store of its own that is thrown away.
func verify(ctx context.Context, s *stores, progress func(done, total uint64)) (projector.Report, error) {
	dir, err := os.MkdirTemp("", "offprint-verify-*")
	if err != nil {
		return projector.Report{}, err
	}
	defer os.RemoveAll(dir)
	scratch, err := sqlite.Open(ctx, filepath.Join(dir, "replay.db"))
	if err != nil {
		return projector.Report{}, err
	}
	defer scratch.Close()
	v := &projector.Verifier{Source: s.log, Store: s.store, Scratch: scratch, Engines: projectorEngines(), Progress: progress,
		Stat: func(ctx context.Context, sha256 string) (int64, error) {
			b, err := s.blobs.Open(ctx, sha256)
			if err != nil {
				return 0, err
			}
			defer b.Close()
			return b.Size(), nil
		}}
	return v.Verify(ctx)
}

func summarize(r projector.Report) *verifySummary {
	s := &verifySummary{Clean: r.Clean(), Differences: len(r.Differences) + r.More, Rows: r.Rows, Blobs: r.Blobs, Releases: verifyReach(r.Releases), Access: verifyReach(r.Access)}
	for _, p := range r.Parked {
		s.Parked = append(s.Parked, fmt.Sprintf("%s %d %s: %s", p.Log, p.Serial, p.Kind, p.Reason))
	}
	return s
}

// print says how it ended; an error with exit code 1 if anything differs.
func (s *verifySummary) print(con *console) error {
	for _, p := range s.Parked {
		fmt.Fprintln(con.err, "parked:", p)
	}
	fmt.Fprintf(con.err, "compared %d rows and looked for %d blobs, as of releases %d of %d and access %d of %d\n",
		s.Rows, s.Blobs, s.Releases.Applied, s.Releases.End, s.Access.Applied, s.Access.End)
	if s.Clean {
		return nil
	}
	return &exitError{1, fmt.Errorf("%d differences", s.Differences)}
}

// throttled calls report at most every five seconds.
func throttled(report func(done, total uint64)) func(done, total uint64) {
	last := time.Now()
	return func(done, total uint64) {
		if time.Since(last) >= 5*time.Second {
			last = time.Now()
			report(done, total)
		}
	}
}
