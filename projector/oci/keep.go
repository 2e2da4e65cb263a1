package oci

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"

	"offprint/schema/blobs"
)

// errRead marks an error of the archive, as opposed to one of the store.
var errRead = errors.New("reading the archive")

// archiveError is an error of the archive.
type archiveError struct{ err error }

func (e archiveError) Error() string        { return e.err.Error() }
func (e archiveError) Unwrap() error        { return e.err }
func (e archiveError) Is(target error) bool { return target == errRead }

// keep hashes size bytes of r and stores them, if they are what their name says;
// a name of "" says nothing. What the store has already is not written again.
func (a *archive) keep(size int64, r io.Reader, algorithm, encoded string) (*content, error) {
	short, long := sha256.New(), hash.Hash(nil)
	sink := io.Writer(short)
	if algorithm == "sha512" {
		long = sha512.New()
		sink = io.MultiWriter(short, long)
	}
	var w blobs.Writer
	stored := false
	var err error
	if algorithm == "sha256" {
		if stored, err = blobs.Has(a.ctx, a.store, encoded, size); err != nil {
			return nil, err
		}
	}
	if !stored {
		if w, err = a.store.Create(a.ctx); err != nil {
			return nil, err
		}
		defer w.Abort()
	}
	if err := a.pour(sink, w, size, r); err != nil {
		return nil, err
	}
	c := &content{sha256: hex.EncodeToString(short.Sum(nil)), size: size}
	c.digest = "sha256:" + c.sha256
	have := c.sha256
	if long != nil {
		have = hex.EncodeToString(long.Sum(nil))
		c.digest = "sha512:" + have
	}
	if encoded != "" && have != encoded {
		return nil, reject(codeDigest, "The bytes of blobs/%s/%s have the digest %s:%s.", algorithm, encoded, algorithm, have)
	}
	if !stored {
		if err := w.Commit(a.ctx, c.sha256); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// pour copies exactly size bytes to the hashes and, if it is not nil, to the
// store.
func (a *archive) pour(sink io.Writer, w blobs.Writer, size int64, r io.Reader) error {
	for n := int64(0); n < size; {
		k, err := r.Read(a.buffer)
		_, _ = sink.Write(a.buffer[:k]) // hashes take everything
		if w != nil {
			if _, err := w.Write(a.buffer[:k]); err != nil {
				return err
			}
		}
		n += int64(k)
		switch {
		case err == io.EOF && n == size:
			return nil
		case err == io.EOF:
			return archiveError{io.ErrUnexpectedEOF}
		case err != nil:
			return archiveError{err}
		}
	}
	return nil
}

// keepInline stores content that a descriptor holds itself.
func (a *archive) keepInline(data []byte, algorithm, encoded string) error {
	c, err := a.keep(int64(len(data)), bytes.NewReader(data), algorithm, encoded)
	if err != nil {
		return err
	}
	a.add(c)
	return nil
}

// load reads small content back.
func (a *archive) load(c *content) ([]byte, error) {
	b, err := a.store.Open(a.ctx, c.sha256)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	data := make([]byte, c.size)
	if _, err := io.ReadFull(b, data); err != nil {
		return nil, fmt.Errorf("blob %s: %w", c.sha256, err)
	}
	return data, nil
}
