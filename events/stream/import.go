package stream

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"offprint/events"
)

// ErrForeign says that a log holds other events than the export.
var ErrForeign = errors.New("the log holds other events than the export")

// ImportOptions changes an import.
type ImportOptions struct {
	Partial  bool                      // take what is there of an export that is cut off or whose sum is wrong
	Spool    string                    // folder for a copy of an input that cannot be read twice; empty: the system's
	Progress func(done, events uint64) // called after every batch with what is in the log now; may be nil
}

// Imported is what an import did.
type Imported struct {
	Releases, Access uint64 // events of the export
	Present          uint64 // of them in the log before
	// Renumbered says that the export does not begin at serial 1, or leaves
	// some out: serials differ from those where it was made.
	Renumbered bool
}

// Import appends the events of an export with their own ids, times and data,
// in order. The logs must be empty or hold the beginning of the same export:
// an import that was cut short goes on. The whole file is checked first, and
// nothing is appended if that fails. Errors wrap ErrFile (mend the file),
// ErrForeign, or ErrUnavailable. Nobody else may write meanwhile: an event of
// another writer ends the import with ErrForeign.
func (l *Log) Import(ctx context.Context, r io.Reader, opts ImportOptions) (Imported, error) {
	file, drop, err := spool(r, opts.Spool)
	if err != nil {
		return Imported{}, err
	}
	defer drop()
	done, err := checkFile(ctx, file, opts.Partial)
	if err != nil {
		return done, err
	}
	ends, err := l.compare(ctx, file, opts.Partial, done)
	if err != nil {
		return done, err
	}
	done.Present = ends[events.Releases] + ends[events.Access]
	return done, l.importRest(ctx, file, opts, ends, done)
}

// checkFile reads the whole file.
func checkFile(ctx context.Context, file io.ReadSeeker, partial bool) (Imported, error) {
	f, err := openExport(file, partial)
	for err == nil {
		if err = ctx.Err(); err == nil {
			_, err = f.next()
		}
	}
	if errors.Is(err, errSum) {
		err = fmt.Errorf("%w%s", err, suspect(file))
	}
	if err != io.EOF {
		return Imported{}, err
	}
	return Imported{Releases: f.count[events.Releases], Access: f.count[events.Access], Renumbered: f.gap}, nil
}

// compare checks that what the logs hold is the beginning of the file, and
// gives their ends.
func (l *Log) compare(ctx context.Context, file io.ReadSeeker, partial bool, total Imported) (map[events.Log]uint64, error) {
	ends := map[events.Log]uint64{}
	f, err := openExport(file, partial)
	if err != nil {
		return nil, err
	}
	for _, part := range []struct {
		log   events.Log
		lines uint64
	}{{events.Releases, total.Releases}, {events.Access, total.Access}} {
		end, err := l.End(ctx, part.log)
		if err != nil {
			return nil, err
		}
		if end > part.lines {
			return nil, fmt.Errorf("%w: %s has %d, the export %d", ErrForeign, part.log, end, part.lines)
		}
		ends[part.log] = end
		err = l.Read(ctx, part.log, 0, end, func(m Message) error {
			s, err := f.next()
			if err != nil {
				return changed(err)
			}
			if !bytes.Equal(s.Line(), m.stored(part.log).Line()) {
				return fmt.Errorf("%w: %s %d is not the event of line %d", ErrForeign, part.log, m.Serial, f.line)
			}
			return nil
		})
		if err == nil {
			err = f.skip(part.lines - end)
		}
		if err != nil {
			return nil, err
		}
	}
	return ends, nil
}

// skip leaves out n events.
func (f *exportFile) skip(n uint64) error {
	for ; n > 0; n-- {
		if _, err := f.next(); err != nil {
			return changed(err)
		}
	}
	return nil
}

// changed is the error of reading again what was checked before.
func changed(err error) error {
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("%w: it changed while it was read: %w", ErrFile, err)
}

// importRest appends what the logs do not hold yet. A crash leaves whole
// batches; the next import finds them.
func (l *Log) importRest(ctx context.Context, file io.ReadSeeker, opts ImportOptions, ends map[events.Log]uint64, total Imported) error {
	f, err := openExport(file, opts.Partial)
	if err != nil {
		return err
	}
	done := total.Present
	for _, part := range []struct {
		log   events.Log
		lines uint64
	}{{events.Releases, total.Releases}, {events.Access, total.Access}} {
		if err := f.skip(ends[part.log]); err != nil {
			return err
		}
		b := l.batch(part.log, ends[part.log])
		for at := ends[part.log]; at < part.lines; at++ {
			s, err := f.next()
			if err != nil {
				return changed(err)
			}
			b.add(s)
			if at+1 < part.lines && !b.full() {
				continue
			}
			n := uint64(len(b.msgs))
			if err := b.flush(ctx); err != nil {
				return fmt.Errorf("import %s, line %d: %w", part.log, f.line, err)
			}
			if done += n; opts.Progress != nil {
				opts.Progress(done, total.Releases+total.Access)
			}
		}
	}
	return nil
}
