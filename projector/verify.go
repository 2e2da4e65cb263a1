package projector

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"offprint/events"
	"offprint/schema"
	"offprint/schema/blobs"
)

const (
	// maxDifferences bounds the list of a report; more are counted.
	maxDifferences = 1000
	// maxLater bounds the records that are compared again.
	maxLater = 100_000
)

// Verifier compares what a store holds with what the log says it must hold.
type Verifier struct {
	Source  History
	Store   schema.Store // what is served; it may be in use
	Scratch schema.Store // empty, thrown away afterwards
	Engines Engines
	// Stat gives the size of a blob, or blobs.ErrNotFound. Nil: files are not
	// looked for.
	Stat func(ctx context.Context, sha256 string) (size int64, err error)
	// Progress hears of the replay: events applied and to apply, of both logs.
	// It may be nil.
	Progress func(done, total uint64)
}

// Difference is one thing that is not as the log says.
type Difference struct {
	Table string // "record", "head", "rule", "body", "parked", "blob", "cursor"
	Key   string // of the row; of a blob its digest; of a cursor its name
	What  string
}

// String is the difference in one line.
func (d Difference) String() string { return d.Table + " " + d.Key + ": " + d.What }

// Reach is how much of a log the store holds.
type Reach struct{ Applied, End uint64 }

// Report is what Verify found.
type Report struct {
	Releases, Access Reach
	Rows, Blobs      int             // compared, looked for
	Differences      []Difference    // in the order of a walk, then blobs; the first thousand
	More             int             // differences beyond those
	Parked           []schema.Parked // in the store; not a difference
}

// Clean says that nothing differs.
func (r *Report) Clean() bool { return len(r.Differences) == 0 }

func (r *Report) add(table, key, what string) {
	if len(r.Differences) >= maxDifferences {
		r.More++
		return
	}
	r.Differences = append(r.Differences, Difference{table, key, what})
}

// verification is one run.
type verification struct {
	*Verifier
	Report
	cut   map[string]uint64             // log -> serial that both sides are compared at
	later map[schema.RecordKey]struct{} // records that changed while they were compared
}

// Verify replays both logs into Scratch up to what Store reflects, and compares
// everything, without writing to Store. Store may move on meanwhile: rows of
// later events are left out, records that they changed are compared again at
// the end. An error means that it could not run; differences are in the report.
func (v *Verifier) Verify(ctx context.Context) (Report, error) {
	r := &verification{Verifier: v, cut: map[string]uint64{}, later: map[schema.RecordKey]struct{}{}}
	err := r.run(ctx)
	return r.Report, err
}

func (v *verification) run(ctx context.Context) error {
	if err := v.replay(ctx, true); err != nil {
		return err
	}
	err := compareWalks(ctx, v.Store, v.Scratch, func(x, y entry) error {
		v.both(x, y)
		return v.blob(ctx, y)
	}, func(stored bool, x entry) error {
		v.only(stored, x)
		if stored {
			return nil
		}
		return v.blob(ctx, x)
	})
	if err != nil {
		return fmt.Errorf("compare: %w", err)
	}
	if err := v.settle(ctx); err != nil {
		return err
	}
	v.Parked, err = v.Store.Parked(ctx)
	return err
}

// replay brings Scratch to where Store is now, and first says so in the report.
func (v *verification) replay(ctx context.Context, first bool) error {
	var total, before uint64
	for _, log := range []events.Log{events.Releases, events.Access} {
		at, err := v.Store.Cursor(ctx, string(log))
		if err != nil {
			return fmt.Errorf("cursor %s: %w", log, err)
		}
		end, err := v.Source.End(ctx, log)
		if err != nil {
			return err
		}
		v.cut[string(log)] = min(at, end)
		total += min(at, end)
		if !first {
			continue
		}
		if at > end {
			v.add("cursor", string(log), fmt.Sprintf("is %d, the log ends at %d", at, end))
		}
		reach := Reach{at, end}
		if log == events.Releases {
			v.Releases = reach
		} else {
			v.Access = reach
		}
	}
	for _, log := range []events.Log{events.Releases, events.Access} {
		cut := v.cut[string(log)]
		err := CatchUp(ctx, log, v.Source, v.Scratch, v.Engines, cut, nil, func(serial uint64) {
			if first && v.Progress != nil {
				v.Progress(before+serial, total)
			}
		})
		if err != nil {
			return err
		}
		before += cut
	}
	return nil
}

// both compares two entries of one key, the stored one first.
func (v *verification) both(x, y entry) {
	x, ok := v.asOfCut(x)
	v.Rows++
	switch {
	case !ok && x.table == "record":
		v.postpone(x, "is of a later event")
	case !ok:
		v.add(x.table, x.key, "is of a later event, and must be of an earlier one")
	case !bytes.Equal(x.value, y.value):
		v.add(x.table, x.key, firstDifference(x.table, x.value, y.value))
	}
}

// only looks at an entry that one side alone has.
func (v *verification) only(stored bool, x entry) {
	v.Rows++
	if stored {
		if x, ok := v.asOfCut(x); ok {
			v.add(x.table, x.key, "is stored, and must not be there")
		} else if x.table == "record" {
			v.postpone(x, "is stored, and must not be there")
		}
		return
	}
	if x.table == "record" {
		v.postpone(x, "is missing") // or was it deleted since?
	} else {
		v.add(x.table, x.key, "is missing")
	}
}

// blob looks for the file of an artifact.
func (v *verification) blob(ctx context.Context, x entry) error {
	if v.Stat == nil || x.table != "record" || recordKey(x).Kind != schema.Artifacts {
		return nil
	}
	var rec schema.Record
	if err := json.Unmarshal(x.value, &rec); err != nil {
		return fmt.Errorf("record %s: %w", x.key, err)
	}
	a, err := schema.Parse[schema.Artifact](rec)
	if err != nil {
		return err
	}
	if a.Status != processing && a.Status != uploaded {
		return nil
	}
	v.Blobs++
	size, err := v.Stat(ctx, a.SHA256)
	switch {
	case errors.Is(err, blobs.ErrNotFound):
		v.add("blob", a.SHA256, fmt.Sprintf("is missing, artifact %s (%s) needs it", a.ID, a.Filename))
	case err != nil:
		return fmt.Errorf("blob %s of artifact %s: %w", a.SHA256, a.ID, err)
	case size != a.Size:
		v.add("blob", a.SHA256, fmt.Sprintf("has %d bytes, artifact %s (%s) has %d", size, a.ID, a.Filename, a.Size))
	}
	return v.unpacked(ctx, &a)
}
