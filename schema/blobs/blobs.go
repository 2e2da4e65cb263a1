// Package blobs keeps the bytes of uploaded files, by their SHA-256.
//
// A blob is written whole or not at all: it is streamed into a place of its
// own, made durable, and only then given its name. Two writers of the same
// bytes end with one blob. Nothing here ever changes or deletes a blob.
package blobs

import (
	"context"
	"errors"
	"io"
	"time"
)

// ErrNotFound says that there is no blob of this digest.
var ErrNotFound = errors.New("blob not found")

// ErrFull says that the place where blobs are kept has no room.
var ErrFull = errors.New("no space for blobs")

// ErrEnded says that a writer is used after Commit or Abort.
var ErrEnded = errors.New("the blob has been committed or given up")

// Store is where blobs are. Implementations: folder.File, bucket.Bucket; package
// blobstest has the suite that both pass. All methods may be
// called by many goroutines.
type Store interface {
	// Create begins a blob. The caller ends it with Commit or Abort; memory
	// stays bounded (1 MiB for a folder, 16 MiB for a bucket) whatever is written.
	Create(ctx context.Context) (Writer, error)
	// Open opens a blob for reading; ErrNotFound.
	Open(ctx context.Context, sha256 string) (Blob, error)
}

// Writer takes the bytes of one blob. It is used by one goroutine.
type Writer interface {
	io.Writer
	// Commit makes everything written durable under its digest (64 lower-case
	// hex digits, computed by the caller from the same bytes). When it returns
	// nil the blob survives a loss of power. A crash before that leaves nothing
	// visible.
	Commit(ctx context.Context, sha256 string) error
	// Abort drops what was written; after Commit it does nothing.
	Abort()
}

// Blob is an open blob. Size is in bytes.
type Blob interface {
	io.ReadSeekCloser
	io.ReaderAt
	Size() int64
}

// Linker is an optional power of a store whose bytes clients can fetch from
// another host: a GET is answered with one redirect.
type Linker interface {
	// Link gives a URL that is good for the time given.
	Link(ctx context.Context, sha256 string, life time.Duration) (string, error)
}
