package npm

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"

	"offprint/projector"
	"offprint/schema"
)

// maxFacts bounds the encoded facts of one tarball. They travel in one event
// and are never read from elsewhere, so that a replay opens no file; an event
// has 1 MiB at most.
const maxFacts = 880 << 10

// Engine is the npm engine: one tarball for each release, listed in a
// packument for each package.
func Engine() projector.Engine {
	return projector.Engine{Key: schema.NPMEngine, Claims: IsPackage, Single: true, Validate: validateFile, Render: Render}
}

// validateFile implements projector.Engine.Validate.
func validateFile(ctx context.Context, r io.Reader, in projector.File) (json.RawMessage, error) {
	facts, err := Validate(ctx, r, Input{Name: in.Package.Key, Version: in.Release.Version, Size: in.Artifact.Size})
	var own json.RawMessage
	if err == nil {
		own, err = encodeFacts(facts, maxFacts)
	}
	var failure *Failure
	if errors.As(err, &failure) {
		return nil, &projector.Failure{Code: failure.Code, Reason: failure.Reason}
	}
	return own, err
}

// encodeFacts writes facts as members of the event, of most bytes at most. The
// manifest stays as it is: nothing is escaped anew.
func encodeFacts(facts Facts, most int) (json.RawMessage, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(facts); err != nil {
		return nil, err
	}
	own := bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	if len(own) > most {
		return nil, reject(codeLimit, "What the index needs of package.json has %d bytes, the limit is %d.", len(own), most)
	}
	return own, nil
}
