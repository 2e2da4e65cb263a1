package projector

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/google/uuid"

	"offprint/events"
	"offprint/events/stream"
	"offprint/schema"
	"offprint/schema/blobs"
)

// maxFacts bounds the encoded facts of one file; larger ones fail it.
const maxFacts = 900 << 10

// Blobs opens the bytes of stored files.
type Blobs interface {
	OpenBlob(ctx context.Context, sha256 string) (io.ReadCloser, error)
}

// Appender is the part of the log that the runner writes to.
type Appender interface {
	Append(ctx context.Context, e events.Event, last uint64) (uint64, error)
	Last(ctx context.Context, b events.Boundary) (uint64, error)
}

// Runner reads each stored file once and appends what it found:
// artifact.processed or artifact.failed. It takes its work from a durable work
// queue on the log, so it may be killed at any time and run by many processes;
// validating twice is harmless, because facts are a function of the bytes.
type Runner struct {
	Log     Appender
	Store   schema.Records
	Cursor  func(ctx context.Context) (uint64, error) // of the projection of the release log
	Blobs   Blobs
	Unpack  blobs.Store // where engines put what files hold; nil: no engine does
	Engines Engines
	Now     func() time.Time
	Logger  *slog.Logger

	ackWait time.Duration // 0: that of the constant
}

// settle validates and appends the verdict at the end of the package's
// boundary. After a lost race the state is read and judged again, but the file
// is not: its facts follow from its bytes.
func (r *Runner) settle(ctx context.Context, stored events.Event, d *events.ArtifactBytes, serial uint64) error {
	v := verdict{}
	for try := 0; try < 50; try++ {
		last, err := r.Log.Last(ctx, stored.Subject.Boundary())
		if err != nil {
			return err
		}
		if err := r.projected(ctx, max(last, serial)); err != nil {
			return err
		}
		in, ok, err := r.input(ctx, stored.AccountID, d)
		if err != nil || !ok {
			return err
		}
		kind, data, err := r.judge(ctx, in, d, &v)
		if err != nil {
			return err
		}
		_, err = r.Log.Append(ctx, r.event(stored, newest(in), kind, data), last)
		if !errors.Is(err, stream.ErrLostRace) {
			return err
		}
		time.Sleep(rand.N(2 * time.Millisecond))
	}
	return fmt.Errorf("artifact %s: %w", d.Artifact, stream.ErrLostRace)
}

// event makes the verdict's event. Its time is not before that of the event
// that it answers, nor before the unix millisecond after.
func (r *Runner) event(stored events.Event, after int64, kind events.Kind, data events.Payload) events.Event {
	subject := stored.Subject
	subject.Kind = kind
	at := later(later(r.Now(), stored.Time), time.UnixMilli(after))
	return events.Event{ID: newID(), AccountID: stored.AccountID, Kind: kind, Resource: stored.Resource, Actor: "system",
		RequestID: stored.RequestID, Subject: subject, Data: data, Time: events.Millis(at)}
}

// newest is the time, in Unix milliseconds, of the last change of what was
// read: the clocks of writers differ, the log's time must not go back.
func newest(in File) int64 {
	at := max(in.Package.Updated, in.Release.Updated, in.Artifact.Updated)
	for _, s := range in.Siblings {
		at = max(at, s.Updated)
	}
	for _, t := range in.Twins {
		at = max(at, t.Updated)
	}
	return at
}

// projected waits until the state of the store reflects the event.
func (r *Runner) projected(ctx context.Context, serial uint64) error {
	for pause := 2 * time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
		at, err := r.Cursor(ctx)
		if err != nil {
			return err
		}
		if at >= serial {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

// input gathers what is known of the file; ok is false if there is nothing to
// do.
func (r *Runner) input(ctx context.Context, account string, d *events.ArtifactBytes) (in File, ok bool, err error) {
	in.Blobs = r.Unpack
	in.Artifact, err = schema.Get[schema.Artifact](ctx, r.Store, account, schema.Artifacts, d.Artifact)
	if errors.Is(err, schema.ErrNotFound) {
		return in, false, nil
	}
	if err != nil || in.Artifact.Status != processing || in.Artifact.SHA256 != d.SHA256 {
		return in, false, err
	}
	if in.Release, err = schema.Get[schema.Release](ctx, r.Store, account, schema.Releases, in.Artifact.Release); err != nil {
		return in, false, ignoreMissing(err)
	}
	if in.Artifact.Package != "" {
		if in.Package, err = schema.Get[schema.Package](ctx, r.Store, account, schema.Packages, in.Artifact.Package); err != nil {
			return in, false, ignoreMissing(err)
		}
		if in.Twins, err = r.twins(ctx, in.Release, r.Engines[in.Package.Engine]); err != nil {
			return in, false, err
		}
		if err = r.rivals(ctx, &in); err != nil {
			return in, false, err
		}
	}
	in.Siblings, err = r.files(ctx, in.Artifact.Account, in.Artifact.Release)
	return in, err == nil, err
}

func ignoreMissing(err error) error {
	if errors.Is(err, schema.ErrNotFound) {
		return nil
	}
	return err
}

// files are the artifacts of a release.
func (r *Runner) files(ctx context.Context, account, release string) (out []schema.Artifact, err error) {
	lerr := r.Store.List(ctx, schema.Query{Account: account, Kind: schema.Artifacts, Release: &release}, func(rec schema.Record) bool {
		var a schema.Artifact
		if a, err = schema.Parse[schema.Artifact](rec); err == nil {
			out = append(out, a)
		}
		return err == nil
	})
	return out, errors.Join(err, lerr)
}

// twins are the package's other releases whose version differs in build
// metadata alone and that have an accepted file of the engine.
func (r *Runner) twins(ctx context.Context, x schema.Release, engine Engine) (out []schema.Release, err error) {
	if !engine.Single {
		return nil, nil
	}
	lerr := r.Store.List(ctx, schema.Query{Account: x.Account, Kind: schema.Releases, Package: &x.Package}, func(rec schema.Record) bool {
		if rec.ID == x.ID || plainVersion(rec.Name) != plainVersion(x.Version) {
			return true
		}
		var t schema.Release
		var files []schema.Artifact
		if t, err = schema.Parse[schema.Release](rec); err == nil {
			files, err = r.files(ctx, x.Account, t.ID)
		}
		if slices.ContainsFunc(files, func(a schema.Artifact) bool { return a.Status == uploaded && engine.Claims(a.Filename, a.Filetype) }) {
			out = append(out, t)
		}
		return err == nil
	})
	return out, errors.Join(err, lerr)
}

// rivals gathers the package's other accepted files for an engine that asks.
func (r *Runner) rivals(ctx context.Context, in *File) (err error) {
	engine := r.Engines[in.Package.Engine]
	if engine.Taken == nil {
		return nil
	}
	in.Rivals = map[string]string{}
	lerr := r.Store.List(ctx, schema.Query{Account: in.Release.Account, Kind: schema.Releases, Package: &in.Package.ID}, func(rec schema.Record) bool {
		in.Rivals[rec.ID] = rec.Name
		return true
	})
	if lerr != nil {
		return lerr
	}
	lerr = r.Store.List(ctx, schema.Query{Account: in.Artifact.Account, Kind: schema.Artifacts, Package: &in.Package.ID}, func(rec schema.Record) bool {
		var a schema.Artifact
		if a, err = schema.Parse[schema.Artifact](rec); err == nil && a.ID != in.Artifact.ID && a.Status == uploaded && engine.Claims(a.Filename, a.Filetype) {
			in.Others = append(in.Others, a)
		}
		return err == nil
	})
	return errors.Join(err, lerr)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

// facts is the envelope of what an engine found; its own members follow. There
// are no warnings unless the engine names some itself.
func facts(in File, engine string, own json.RawMessage) json.RawMessage {
	warnings := []string{}
	var named struct{ Warnings json.RawMessage }
	if json.Unmarshal(own, &named) == nil && named.Warnings != nil {
		warnings = nil
	}
	head := encode(struct {
		Artifact string   `json:"artifact"`
		Engine   any      `json:"engine"`
		Upload   any      `json:"upload"`
		Warnings []string `json:"warnings,omitzero"`
	}{in.Artifact.ID, orNull(engine), struct {
		SHA256 string `json:"sha256"`
		Size   int64  `json:"size"`
	}{in.Artifact.SHA256, in.Artifact.Size}, warnings})
	if len(own) <= 2 {
		return head
	}
	return append(append(head[:len(head)-1], ','), own[1:]...)
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}
