package npm

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Codes of a rejected file (npm.md 3.2).
const (
	codeLimit           = "NPM_LIMIT"
	codeArchive         = "NPM_ARCHIVE_INVALID"
	codePath            = "NPM_PATH_UNSAFE"
	codeRoot            = "NPM_ROOT_AMBIGUOUS"
	codeManifestMissing = "NPM_MANIFEST_MISSING"
	codeDuplicate       = "NPM_DUPLICATE_ENTRY"
	codeManifest        = "NPM_MANIFEST_INVALID"
	codeName            = "NPM_NAME_MISMATCH"
	codeVersion         = "NPM_VERSION_MISMATCH"
)

// Input is what the release and package say about the file.
type Input struct {
	Name    string // package key, with scope
	Version string // release version, SemVer, may carry build metadata
	Size    int64  // stored size in bytes; 0 means not known
}

// Facts is what artifact.processed keeps (npm.md 3.3). The same bytes and
// Input always give the same Facts.
type Facts struct {
	Name    string `json:"name"`
	Version string `json:"version"` // version key: release version without build metadata

	// Manifest is package.json as one compact JSON object, normalised as
	// npm.md 2.6 says: members in the order of the file, numbers as spelled
	// there, nothing escaped that need not be. A repeated key keeps its last
	// value at the place of its first; __proto__ is gone at every depth.
	// Its name and version are those of Facts.
	Manifest json.RawMessage `json:"manifest"`

	FileCount        int   `json:"fileCount"`    // regular files in the tar
	UnpackedSize     int64 `json:"unpackedSize"` // sum of their sizes
	HasShrinkwrap    bool  `json:"hasShrinkwrap,omitempty"`
	HasInstallScript bool  `json:"hasInstallScript,omitempty"`
}

// Failure is a rejection for the publisher: Code and one sentence. Trying the
// same bytes again gives the same Failure.
type Failure struct{ Code, Reason string }

// Error gives "CODE: sentence", the form of failureReason.
func (f *Failure) Error() string { return f.Code + ": " + f.Reason }

// reject builds a *Failure.
func reject(code, format string, args ...any) error {
	return &Failure{Code: code, Reason: fmt.Sprintf(format, args...)}
}

// show quotes a value of the file for a sentence, cut to a readable length.
func show(s string) string {
	const most = 100
	if len(s) > most {
		return strconv.Quote(s[:most]) + "…"
	}
	return strconv.Quote(s)
}

// limits are the bounds of one validation. Tests lower them.
type limits struct {
	stored   int64 // bytes of the file
	inflated int64 // bytes of the tar
	entries  int   // tar entries of any kind
	manifest int64 // bytes of package.json
	header   int64 // bytes of one entry's headers, pax records included
	names    int   // bytes kept of file names, for directories.bin
}

// contract is npm.md 3.2; header and names bound memory only.
var contract = limits{
	stored:   256 << 20,
	inflated: 2 << 30,
	entries:  100_000,
	manifest: 1 << 20,
	header:   256 << 10,
	names:    2 << 20,
}

// Validate checks an npm tarball (npm.md 3.2, every check that needs only the
// bytes) and returns what the index keeps of it.
//
// It reads r once, to its end, also when the file turns out bad, so that a
// digest taken on the way is that of the whole file; only past the size limit
// it stops. A *Failure means the file is bad. Any other error is trouble in
// reading, to be retried: an error of r as it came, the error of ctx, or fewer
// or more bytes than in.Size. Memory is bounded, whatever the file claims.
func Validate(ctx context.Context, r io.Reader, in Input) (Facts, error) {
	return validate(ctx, r, in, contract)
}

func validate(ctx context.Context, r io.Reader, in Input, lim limits) (Facts, error) {
	if in.Size > lim.stored {
		return Facts{}, tooLarge(in.Size, lim)
	}
	src := &source{ctx: ctx, r: r, max: lim.stored}
	a, err := scan(src, lim)
	src.drain()
	switch {
	case src.over && in.Size <= 0:
		return Facts{}, tooLarge(src.n, lim)
	case src.err != nil:
		return Facts{}, src.err
	case in.Size > 0 && src.n != in.Size:
		return Facts{}, fmt.Errorf("npm: read %d bytes of a file of %d: %w", src.n, in.Size, io.ErrUnexpectedEOF)
	case err != nil:
		return Facts{}, err
	}
	return a.judge(in, lim)
}

func tooLarge(size int64, lim limits) error {
	return reject(codeLimit, "The file has at least %d bytes, the limit is %d.", size, lim.stored)
}

// IsPackage reports whether a file of an npm package is its tarball
// (npm.md 3.1). The filetype counts only where the filename has no dot.
func IsPackage(filename, filetype string) bool {
	name := strings.ToLower(filename)
	if !strings.Contains(name, ".") {
		name = "." + strings.ToLower(filetype)
		return name == ".tgz" || name == ".tar.gz"
	}
	return strings.HasSuffix(name, ".tgz") || strings.HasSuffix(name, ".tar.gz")
}
