package projector

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"offprint/events"
	"offprint/schema"
)

// verdict is what reading the file said; it is read once.
type verdict struct {
	done bool
	own  json.RawMessage
	err  error
}

// judge reads the file if an engine claims it, and gives the event to append.
func (r *Runner) judge(ctx context.Context, in File, d *events.ArtifactBytes, v *verdict) (events.Kind, events.Payload, error) {
	engine, ok := r.Engines[in.Package.Engine]
	if !ok || engine.Claims == nil || !engine.Claims(in.Artifact.Filename, in.Artifact.Filetype) {
		return r.processed(in, d, plainFacts(in))
	}
	if !v.done {
		v.own, v.err = r.validate(ctx, engine, in)
		v.done = true
	}
	var failure *Failure
	if errors.As(v.err, &failure) {
		return fail(d, failure)
	}
	if v.err != nil {
		return "", nil, fmt.Errorf("validate artifact %s: %w", in.Artifact.ID, v.err)
	}
	failure = taken(engine, in)
	if engine.Taken != nil {
		failure = engine.Taken(in, v.own)
	}
	if failure != nil {
		return fail(d, failure)
	}
	return r.processed(in, d, facts(in, engine.Key, v.own))
}

func (r *Runner) validate(ctx context.Context, engine Engine, in File) (json.RawMessage, error) {
	f, err := r.Blobs.OpenBlob(ctx, in.Artifact.SHA256)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return engine.Validate(ctx, f, in)
}

func (r *Runner) processed(in File, d *events.ArtifactBytes, f json.RawMessage) (events.Kind, events.Payload, error) {
	if len(f) > maxFacts {
		return fail(d, &Failure{"FACTS_TOO_LARGE", fmt.Sprintf("What the index needs of this file has %d bytes, the limit is %d.", len(f), maxFacts)})
	}
	return events.ArtifactProcessed, &events.ArtifactFacts{Base: d.Base, Facts: f}, nil
}

func fail(d *events.ArtifactBytes, f *Failure) (events.Kind, events.Payload, error) {
	return events.ArtifactFailed, &events.ArtifactFailure{Base: d.Base, Code: f.Code, Reason: f.Reason}, nil
}

// plainFacts are those of a file that no engine reads.
func plainFacts(in File) json.RawMessage {
	own := encode(struct {
		ContentType string `json:"contentType"`
	}{schema.ContentType(in.Artifact.Filename)})
	return facts(in, in.Package.Engine, own)
}

// taken refuses a second index file in one release, and a second live release
// of one version key.
func taken(engine Engine, in File) *Failure {
	prefix := strings.ToUpper(engine.Key)
	if !engine.Single {
		return nil
	}
	for _, s := range in.Siblings {
		if s.ID != in.Artifact.ID && s.Status == uploaded && engine.Claims(s.Filename, s.Filetype) {
			return &Failure{prefix + "_TARBALL_TAKEN", fmt.Sprintf("The release already has %s.", s.Filename)}
		}
	}
	for _, t := range in.Twins {
		if t.Status != yanked {
			return &Failure{prefix + "_VERSION_TAKEN", fmt.Sprintf("%s ignores build metadata: version %s is taken by release %s.", engine.Key, plainVersion(t.Version), t.Version)}
		}
	}
	return nil
}

// plainVersion is a version without build metadata.
func plainVersion(v string) string {
	v, _, _ = strings.Cut(v, "+")
	return v
}
