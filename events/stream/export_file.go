package stream

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"

	"offprint/events"
)

// ErrFile is wrapped by errors about an export that is damaged, cut off or not
// an export at all.
var ErrFile = errors.New("the export is damaged")

// maxLine bounds a line of an export: an event of MaxMessage whose data is
// written in base64 fits.
const maxLine = 2 << 20

// exportFile reads an export line by line.
type exportFile struct {
	in      *bufio.Reader
	partial bool // an end that is missing or wrong is an end

	places *places
	sum    hash.Hash
	buf    []byte
	line   int // number of the line read last
	count  map[events.Log]uint64
	serial uint64 // of the line read last, in its log
	log    events.Log
	gap    bool // serials do not begin at 1 or leave some out
}

// openExport begins at the start of r.
func openExport(r io.ReadSeeker, partial bool) (*exportFile, error) {
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("read export: %w", err)
	}
	return &exportFile{in: bufio.NewReaderSize(r, 256<<10), partial: partial, places: newPlaces(), sum: sha256.New(),
		count: map[events.Log]uint64{}, log: events.Releases}, nil
}

// next gives the next event; io.EOF after the last one, if the file is whole.
func (f *exportFile) next() (events.Stored, error) {
	text, whole, err := f.read()
	if err == io.EOF {
		if f.partial {
			return events.Stored{}, io.EOF
		}
		return events.Stored{}, fmt.Errorf("%w: it ends after line %d without %s", ErrFile, f.line, finishedType)
	}
	if err != nil {
		return events.Stored{}, err
	}
	s, err := parse(text)
	if err != nil {
		if f.partial && !whole {
			return s, io.EOF // cut off in the middle of a line
		}
		return s, f.fault(err)
	}
	if s.Type() == finishedType {
		return s, f.finish(s)
	}
	f.sum.Write(text)
	f.sum.Write([]byte{'\n'})
	if err := f.accept(&s); err != nil {
		return s, f.fault(err)
	}
	return s, nil
}

func (f *exportFile) fault(err error) error {
	return fmt.Errorf("%w: line %d: %w", ErrFile, f.line, err)
}

// read gives a line without its line feed, valid until the next call. Whole
// says that it had one.
func (f *exportFile) read() (text []byte, whole bool, err error) {
	f.buf = f.buf[:0]
	f.line++
	for {
		part, err := f.in.ReadSlice('\n')
		f.buf = append(f.buf, part...)
		switch {
		case len(f.buf) > maxLine:
			return nil, false, f.fault(fmt.Errorf("longer than %d bytes", maxLine))
		case err == nil:
			return f.buf[:len(f.buf)-1], true, nil
		case err == io.EOF && len(f.buf) == 0:
			f.line--
			return nil, false, io.EOF
		case err == io.EOF:
			return f.buf, false, nil
		case err != bufio.ErrBufferFull:
			return nil, false, fmt.Errorf("read export: %w", err)
		}
	}
}

// parse reads a line. The last one lacks what only events have.
func parse(text []byte) (events.Stored, error) {
	s, err := events.ParseLine(text)
	if err != nil && s.Type() != finishedType {
		return s, err
	}
	return s, nil
}

// accept checks the order of lines and finds where the event lies.
func (f *exportFile) accept(s *events.Stored) error {
	switch {
	case s.Log == "":
		return errors.New("no log")
	case s.Log != f.log && s.Log == events.Releases:
		return errors.New("an event of releases after one of access")
	case s.Log != f.log:
		f.log, f.serial = s.Log, 0
	}
	if s.Serial != 0 {
		if s.Serial <= f.serial {
			return fmt.Errorf("sequence %d after %d", s.Serial, f.serial)
		}
		f.gap = f.gap || s.Serial != f.count[s.Log]+1
		f.serial = s.Serial
	}
	if err := f.places.put(s); err != nil {
		return err
	}
	if !literal(s.Log, s.Subject) {
		return fmt.Errorf("natssubject %q", s.Subject)
	}
	f.count[s.Log]++
	s.Serial = f.count[s.Log]
	return nil
}

// finish checks the last line against what was read.
func (f *exportFile) finish(s events.Stored) error {
	var says finished
	if err := json.Unmarshal(s.Body, &says); err != nil {
		return f.fault(err)
	}
	is := finished{f.count[events.Releases], f.count[events.Access], hex.EncodeToString(f.sum.Sum(nil))}
	if is != says && !f.partial {
		return fmt.Errorf("%w: %w: it has %+v, its last line says %+v", ErrFile, errSum, is, says)
	}
	if rest, _, err := f.read(); err != io.EOF {
		if err != nil {
			return err
		}
		return f.fault(fmt.Errorf("%d bytes after the last line", len(rest)))
	}
	return io.EOF
}

// errSum says that all lines parse, and yet some were changed.
var errSum = errors.New("a line was changed, added or left out")
