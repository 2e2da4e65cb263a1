// Package projector turns the log into documents.
//
// A [Projector] follows one log from the cursor kept in the store. Each event
// goes through a fold: a pure change of the state of resources (schema's
// resource types). What the change means for the documents is found by
// rendering the touched releases before and after it: a fragment whose rule
// differs ends at the event's serial and begins anew. Records, fragments and
// the cursor are committed together, so a crash loses nothing and repeats
// nothing, and replaying any prefix and then the rest gives the same bytes as
// replaying all at once.
//
// The fold reads no clock, no network and no blob. Files are read once, by the
// [Runner], which appends what it found as an event.
package projector

import (
	"context"
	"encoding/json"
	"io"

	"offprint/schema"
	"offprint/schema/blobs"
)

// Engine is what a package engine adds to the projector. Its functions are
// pure but for reading the file in Validate.
type Engine struct {
	Key string // "npm", "raw"
	// Claims reports whether a file of a package of this engine is one that
	// Validate must read. Other files are plain: they are only given a content
	// type.
	Claims func(filename, filetype string) bool
	// Single says that a release has one such file, and that a version without
	// its build metadata names one live release.
	Single bool
	// PerFile says that every such file is a fragment of its own in the index
	// document, under the artifact's id, and not the one file of a release. Its
	// attributes stay when it is deleted, if it was accepted once.
	PerFile bool
	// Trace gives the attributes that a fragment keeps when its release is
	// deleted by the event with the serial. Nil: none.
	Trace func(attr json.RawMessage, serial uint64) (any, error)
	// Taken refuses a valid file that cannot be listed beside the package's other
	// accepted files; own are the facts of Validate. Nil: see Single.
	Taken func(in File, own json.RawMessage) *Failure
	// Validate reads the file once. A *Failure means that the publisher must
	// mend the file; another error means that it should be tried again.
	Validate func(ctx context.Context, r io.Reader, in File) (facts json.RawMessage, err error)
	// Render gives the fragment body and the engine's attributes of a release
	// with one of its processed artifacts; ok is false if that artifact is
	// not what the index lists. Nil: the engine has no index document.
	Render func(p schema.Package, r schema.Release, a schema.Artifact) (body []byte, attr any, ok bool, err error)
	// RenderAll is Render for engines whose index shows what all files of a
	// release hold together: files are the accepted ones, by creation, then id.
	// An engine has one of both.
	RenderAll func(p schema.Package, r schema.Release, files []schema.Artifact) (body []byte, attr any, ok bool, err error)
	// Blobs gives the blobs that the facts of a file name, beside the file itself:
	// what Validate stored. Nil: there are none.
	Blobs func(facts json.RawMessage) ([]Blob, error)
}

// indexed says that the engine has an index document.
func (e Engine) indexed() bool { return e.Render != nil || e.RenderAll != nil }

// Blob is content that must be in the blob store.
type Blob struct {
	SHA256 string
	Size   int64
}

// File is what is known of a file before it is read.
type File struct {
	Package  schema.Package
	Release  schema.Release
	Artifact schema.Artifact
	// Siblings are the artifacts of the release, this one included, and Twins the
	// package's other releases with the same version but for build metadata
	// that have an accepted file.
	Siblings []schema.Artifact
	Twins    []schema.Release
	// Others are the package's other accepted files, and Rivals the versions of
	// their releases by id, for an engine that asks by Taken.
	Others []schema.Artifact
	Rivals map[string]string
	// Blobs is where an engine puts content that it takes out of the file. What is
	// stored there before the verdict is in the log is merely early.
	Blobs blobs.Store
}

// Failure is why a file was refused: a code for programs and a sentence for the
// publisher.
type Failure struct{ Code, Reason string }

func (f *Failure) Error() string { return f.Code + ": " + f.Reason }

// Engines by key.
type Engines map[string]Engine

// NewEngines indexes a list of engines.
func NewEngines(list ...Engine) Engines {
	m := Engines{}
	for _, e := range list {
		m[e.Key] = e
	}
	return m
}
