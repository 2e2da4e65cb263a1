package rubygems

import (
	"context"
	"errors"
	"io"
)

// errStop ends a read whose reason is kept elsewhere (source.err, source.over).
var errStop = errors.New("gem: reading stopped")

// source reads the stored bytes and keeps apart what the reader did (err, the
// caller tries again) from what the file holds (everything else).
type source struct {
	ctx context.Context
	r   io.Reader
	max int64

	n    int64 // bytes read
	over bool  // more than max
	err  error // of r or ctx; a cut (io.ErrUnexpectedEOF) is an end
	end  bool
}

func (s *source) Read(p []byte) (int, error) {
	switch {
	case s.over || s.err != nil:
		return 0, errStop
	case s.end:
		return 0, io.EOF
	}
	if s.err = s.ctx.Err(); s.err != nil {
		return 0, errStop
	}
	n, err := s.r.Read(p)
	s.n += int64(n)
	if s.n > s.max {
		s.over = true
		return 0, errStop
	}
	switch {
	case err == nil:
		return n, nil
	case err == io.EOF, errors.Is(err, io.ErrUnexpectedEOF):
		s.end = true
		return n, io.EOF
	}
	s.err = err
	return n, errStop
}

// drain reads what is left. What goes wrong is kept in s.
func (s *source) drain() { _, _ = io.Copy(io.Discard, s) }

// inflated reads what a decompressor gives, up to a bound.
type inflated struct {
	r    io.Reader
	left int64
	over bool
}

func (f *inflated) Read(p []byte) (int, error) {
	if f.left <= 0 {
		var one [1]byte
		n, err := f.r.Read(one[:])
		if n > 0 {
			f.over = true
			return 0, errStop
		}
		return 0, err
	}
	n, err := f.r.Read(p[:min(int64(len(p)), f.left)])
	f.left -= int64(n)
	return n, err
}
