package rubygems

import (
	"context"
	"fmt"
	"io"
	"strconv"
)

// Codes of a rejected file.
const (
	codeLimit            = "GEM_LIMIT"
	codeArchive          = "GEM_ARCHIVE_INVALID"
	codeEntryMissing     = "GEM_ENTRY_MISSING"
	codeDuplicate        = "GEM_DUPLICATE_ENTRY"
	codeDigest           = "GEM_DIGEST_MISMATCH"
	codePath             = "GEM_PATH_UNSAFE"
	codeSpec             = "GEM_SPEC_INVALID"
	codeName             = "GEM_NAME_MISMATCH"
	codeVersion          = "GEM_VERSION_MISMATCH"
	codePlatform         = "GEM_PLATFORM_INVALID"
	codePlatformMismatch = "GEM_PLATFORM_MISMATCH"
	codeTaken            = "GEM_TAKEN"
)

// Input is what the package, release and artifact say of the file.
type Input struct {
	Name     string // package key
	Version  string // of the release, SemVer
	Platform string // declared; "": not
	Arch     string // declared; "": not
	Size     int64  // stored size in bytes; 0: not known
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
	stored    int64 // bytes of the file
	entries   int   // of the gem
	spec      int64 // bytes of the gemspec
	checksums int64 // bytes of checksums.yaml
	inflated  int64 // bytes of data.tar
	files     int   // entries of data.tar
}

var contract = limits{stored: 512 << 20, entries: 64, spec: 1 << 20, checksums: 64 << 10, inflated: 2 << 30, files: 100_000}

// Validate checks a gem and gives what the index keeps of it.
//
// It reads r once, to its end, unless the file is larger than allowed. A
// *Failure means that the file is bad. Any other error is trouble in reading, to
// be tried again: an error of r or ctx, or fewer or more bytes than in.Size.
// Memory is bounded, whatever the file claims.
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
		return Facts{}, fmt.Errorf("gem: read %d bytes of a file of %d: %w", src.n, in.Size, io.ErrUnexpectedEOF)
	case err != nil:
		return Facts{}, err
	}
	return a.judge(in)
}

func tooLarge(size int64, lim limits) error {
	return reject(codeLimit, "The file has at least %d bytes, the limit is %d.", size, lim.stored)
}

// judge applies the checks that need the whole file, in the order in which
// publishers should hear of them.
func (a *archive) judge(in Input) (Facts, error) {
	for _, name := range []string{specEntry, dataEntry} {
		switch n := a.seen[name]; {
		case n > 1:
			return Facts{}, reject(codeDuplicate, "%s is there %d times.", name, n)
		case a.odd[name]:
			return Facts{}, reject(codeEntryMissing, "%s is not a regular file.", name)
		case n == 0:
			return Facts{}, reject(codeEntryMissing, "There is no %s.", name)
		}
	}
	if a.seen[sumsEntry] > 1 {
		return Facts{}, reject(codeDuplicate, "%s is there %d times.", sumsEntry, a.seen[sumsEntry])
	}
	if err := a.checkSums(); err != nil {
		return Facts{}, err
	}
	if a.dataErr != nil {
		return Facts{}, a.dataErr
	}
	if a.specErr != nil {
		return Facts{}, a.specErr
	}
	facts, err := readSpec(a.spec)
	if err != nil {
		return Facts{}, err
	}
	err = facts.check(in)
	return facts, err
}

// Gem is how a gem file names itself.
type Gem struct {
	Name, Version string
	Platform      string // canonical; "ruby" if it runs everywhere
}

// Identify reads name, version and platform of a gem file: the gemspec stands
// near the beginning, the rest is not looked at. A *Failure says why the file is
// no gem.
func Identify(r io.Reader) (Gem, error) {
	src := &source{ctx: context.Background(), r: r, max: contract.stored}
	spec, err := findSpec(src, contract)
	if src.err != nil {
		err = src.err
	}
	if err != nil {
		return Gem{}, err
	}
	facts, err := readSpec(spec)
	if err != nil {
		return Gem{}, err
	}
	p, ok := parsePlatform(facts.Original)
	if !ok {
		return Gem{}, reject(codePlatform, "RubyGems does not know the platform %s.", show(facts.Original))
	}
	return Gem{facts.Name, facts.Version, p.word()}, nil
}
