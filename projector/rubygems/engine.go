// Package rubygems knows what a gem file is: it reads one once, judges it, and
// renders what the indexes of RubyGems say of it.
//
// A gem (https://guides.rubygems.org/specification-reference/) is a plain tar
// archive of metadata.gz (the gemspec as YAML), data.tar.gz (the files) and
// checksums.yaml.gz. The gemspec describes itself as a Ruby object; here it is
// only ever a tree of text.
package rubygems

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"offprint/projector"
	"offprint/schema"
)

// maxFacts bounds the encoded facts of one gem: they travel in one event of at
// most 1 MiB, so that a replay opens no file.
const maxFacts = 880 << 10

// Engine is the RubyGems engine: any number of gems for each release, one for
// each platform, all of a name in one document.
func Engine() projector.Engine {
	return projector.Engine{Key: schema.GemsEngine, Claims: IsGem, PerFile: true, Validate: validateFile, Render: Render, Trace: trace, Taken: taken}
}

// IsGem reports whether a file of a package is a gem. The filetype counts only
// where the filename has no dot.
func IsGem(filename, filetype string) bool {
	if !strings.Contains(filename, ".") {
		return strings.EqualFold(filetype, "gem")
	}
	return strings.HasSuffix(strings.ToLower(filename), ".gem")
}

// validateFile implements projector.Engine.Validate.
func validateFile(ctx context.Context, r io.Reader, in projector.File) (json.RawMessage, error) {
	facts, err := Validate(ctx, r, Input{Name: in.Package.Key, Version: in.Release.Version, Platform: in.Artifact.Platform,
		Arch: in.Artifact.Arch, Size: in.Artifact.Size})
	if err != nil {
		var failure *Failure
		if errors.As(err, &failure) {
			return nil, &projector.Failure{Code: failure.Code, Reason: failure.Reason}
		}
		return nil, err
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(facts); err != nil {
		return nil, err
	}
	own := bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	if len(own) > maxFacts {
		return nil, &projector.Failure{Code: codeLimit, Reason: fmt.Sprintf("What the index needs of the gemspec has %d bytes, the limit is %d.", len(own), maxFacts)}
	}
	return own, nil
}

// taken refuses a second gem of one version and platform.
func taken(in projector.File, own json.RawMessage) *projector.Failure {
	var mine Facts
	if json.Unmarshal(own, &mine) != nil {
		return nil // it was written here
	}
	for _, a := range in.Others {
		var other Facts
		if json.Unmarshal(a.Facts, &other) != nil || other.Version == "" {
			continue
		}
		if other.Platform == mine.Platform && schema.CompareGemVersions(other.Version, mine.Version) == 0 {
			return &projector.Failure{Code: codeTaken, Reason: fmt.Sprintf("Version %s for platform %s is taken by release %s (%s).",
				show(mine.Version), show(mine.Platform), show(in.Rivals[a.Release]), show(a.Filename))}
		}
	}
	return nil
}
