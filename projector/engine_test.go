package projector

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"

	"offprint/projector/logtest"
	"offprint/schema"
)

// testEngines are npm and raw as far as a projector can tell: npm claims .tgz
// files, its facts are JSON, and it renders their manifest; oci claims .tar
// files, of which a release may have several, and renders them together.
func testEngines() Engines {
	return NewEngines(Engine{Key: "npm", Single: true, Claims: claims, Validate: validate, Render: render}, Engine{Key: "raw"},
		Engine{Key: "rubygems", PerFile: true, Claims: claimsGem, Validate: validate, Render: renderGem, Trace: traceGem},
		Engine{Key: "oci", Claims: func(filename, _ string) bool { return strings.HasSuffix(filename, ".tar") }, Validate: validate, RenderAll: renderAll})
}

func renderAll(_ schema.Package, r schema.Release, files []schema.Artifact) ([]byte, any, bool, error) {
	var all []json.RawMessage
	for _, a := range files {
		all = append(all, a.Facts)
	}
	return encode(all), schema.OCIAttr{Release: r.ID, Version: r.Version, Tag: r.Tag}, len(files) > 0, nil
}

func claims(filename, _ string) bool { return strings.HasSuffix(filename, ".tgz") }

func claimsGem(filename, _ string) bool { return strings.HasSuffix(filename, ".gem") }

// gemAttr stands for what an engine keeps of a file whatever became of it.
type gemAttr struct {
	Turns   []uint64
	Deleted uint64
}

func renderGem(_ schema.Package, r schema.Release, a schema.Artifact) ([]byte, any, bool, error) {
	return a.Facts, gemAttr{Turns: r.Turns}, len(a.Facts) > 0, nil
}

func traceGem(attr json.RawMessage, serial uint64) (any, error) {
	var x gemAttr
	err := json.Unmarshal(attr, &x)
	x.Deleted = serial
	return x, err
}

// validate accepts files that hold a JSON object.
func validate(_ context.Context, r io.Reader, _ File) (json.RawMessage, error) {
	b, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	if !json.Valid(b) {
		return nil, &Failure{"NPM_MANIFEST_INVALID", "The file is no JSON."}
	}
	return b, nil
}

func render(p schema.Package, r schema.Release, a schema.Artifact) ([]byte, any, bool, error) {
	var facts struct{ Manifest json.RawMessage }
	if err := json.Unmarshal(a.Facts, &facts); err != nil {
		return nil, nil, false, err
	}
	attr := schema.NPMAttr{Release: r.ID, Version: r.Version, Tag: r.Tag, Available: max(a.Processed, r.Published), Artifact: a.ID,
		Filename: a.Filename, SHA256: a.SHA256, Size: a.Size}
	return facts.Manifest, attr, facts.Manifest != nil, nil
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// history is a random log of n events; the seed decides.
func history(t testing.TB, seed uint64, n int) *logtest.Log {
	t.Helper()
	log := logtest.NewLog()
	r := rand.New(rand.NewPCG(seed, 1))
	logtest.NewWorld(log, r.IntN).Steps(n)
	return log
}
