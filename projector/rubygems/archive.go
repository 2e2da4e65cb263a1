package rubygems

import (
	"archive/tar"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"hash"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"
)

// Entries of a gem.
const (
	specEntry = "metadata.gz"
	dataEntry = "data.tar.gz"
	sumsEntry = "checksums.yaml.gz"
)

// archive is what one pass over a gem leaves, of bounded size. Findings are
// judged at the end, so that the publisher hears of the first failed check and
// not of the first odd byte.
type archive struct {
	lim     limits
	entries int
	seen    map[string]int  // of the entries of a gem: how often
	odd     map[string]bool // not a regular file
	sums    map[string]sums // of every regular entry, by name
	spec    []byte          // the gemspec
	specErr error
	listed  []byte // checksums.yaml
	listErr error
	dataErr error
}

// sums are the digests of one entry, in hexadecimal.
type sums map[string]string

// scan reads the gem to its end.
func scan(src *source, lim limits) (*archive, error) {
	a := &archive{lim: lim, seen: map[string]int{}, odd: map[string]bool{}, sums: map[string]sums{}}
	tr := tar.NewReader(src)
	for {
		before := src.n
		hdr, err := tr.Next()
		if err == io.EOF {
			if src.n-before < 512 { // a bare end of file for the end mark
				return nil, reject(codeArchive, "The gem is truncated after byte %d.", src.n)
			}
			return a, nil
		}
		if err != nil {
			return nil, a.broken(src, err)
		}
		if a.entries++; a.entries > lim.entries {
			return nil, reject(codeLimit, "The gem has more than %d entries.", lim.entries)
		}
		if err := a.entry(tr, hdr); err != nil {
			return nil, a.broken(src, err)
		}
	}
}

// broken explains why the gem cannot be read.
func (a *archive) broken(src *source, err error) error {
	switch {
	case src.err != nil || src.over:
		return errStop
	case err == io.ErrUnexpectedEOF:
		return reject(codeArchive, "The gem is truncated after byte %d.", src.n)
	case a.entries == 0:
		return reject(codeArchive, "The file is not a gem: it is no tar archive.")
	}
	return reject(codeArchive, "The gem has a bad header before byte %d.", src.n)
}

// entry reads one entry to its end.
func (a *archive) entry(tr *tar.Reader, hdr *tar.Header) error {
	name := hdr.Name
	known := name == specEntry || name == dataEntry || name == sumsEntry
	if known {
		a.seen[name]++
	}
	if hdr.Typeflag != tar.TypeReg {
		a.odd[name] = a.odd[name] || known
		_, err := io.Copy(io.Discard, tr)
		return err
	}
	hashes := newHashes()
	in := io.TeeReader(tr, hashes)
	switch {
	case !known || a.seen[name] > 1:
	case name == specEntry:
		a.spec, a.specErr = inflate(in, name, a.lim.spec, codeSpec)
	case name == sumsEntry:
		a.listed, a.listErr = inflate(in, name, a.lim.checksums, codeArchive)
	default:
		a.dataErr = scanData(in, a.lim)
	}
	if _, err := io.Copy(io.Discard, in); err != nil {
		return err
	}
	if _, twice := a.sums[name]; !twice {
		a.sums[name] = hashes.sums()
	}
	return nil
}

// inflate reads a small gzip file.
func inflate(r io.Reader, name string, most int64, code string) ([]byte, error) {
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, reject(code, "%s is not gzip.", name)
	}
	f := &inflated{r: z, left: most}
	b, err := io.ReadAll(f)
	switch {
	case f.over:
		return nil, reject(code, "%s inflates past the limit of %d bytes.", name, most)
	case err != nil:
		return nil, reject(code, "The gzip data of %s is damaged.", name)
	}
	return b, nil
}

// scanData reads the files of the gem: only their names matter.
func scanData(r io.Reader, lim limits) error {
	z, err := gzip.NewReader(r)
	if err != nil {
		return reject(codeArchive, "%s is not gzip.", dataEntry)
	}
	f := &inflated{r: z, left: lim.inflated}
	tr := tar.NewReader(f)
	unsafe, found := "", false
	for n := 0; ; {
		hdr, err := tr.Next()
		if err == io.EOF {
			break
		}
		if err == nil {
			if n++; n > lim.files {
				return reject(codeLimit, "%s has more than %d entries.", dataEntry, lim.files)
			}
			if !found && unsafePath(hdr.Name) {
				unsafe, found = hdr.Name, true
			}
			_, err = io.Copy(io.Discard, tr)
		}
		if err != nil {
			return dataBroken(f, lim)
		}
	}
	if _, err := io.Copy(io.Discard, f); err != nil { // the checksum stands at the end
		return dataBroken(f, lim)
	}
	if found {
		return reject(codePath, "The path %s in %s is absolute, empty or has a \"..\".", show(unsafe), dataEntry)
	}
	return nil
}

func dataBroken(f *inflated, lim limits) error {
	if f.over {
		return reject(codeLimit, "%s inflates past the limit of %d bytes.", dataEntry, lim.inflated)
	}
	return reject(codeArchive, "%s is damaged or truncated after %d inflated bytes.", dataEntry, lim.inflated-f.left)
}

// unsafePath reports whether an extractor could be led out of its folder. A
// backslash counts as a separator and a drive letter as absolute, since
// extractors on Windows read them so.
func unsafePath(name string) bool {
	s := strings.ReplaceAll(name, `\`, "/")
	if s == "" || strings.HasPrefix(s, "/") || len(s) > 1 && s[1] == ':' && s[0]|0x20 >= 'a' && s[0]|0x20 <= 'z' {
		return true
	}
	for part := range strings.SplitSeq(s, "/") {
		if part == ".." {
			return true
		}
	}
	return false
}

// findSpec reads a gem up to its gemspec.
func findSpec(src *source, lim limits) ([]byte, error) {
	a := &archive{lim: lim}
	tr := tar.NewReader(src)
	for {
		hdr, err := tr.Next()
		if err == io.EOF {
			return nil, reject(codeEntryMissing, "There is no %s.", specEntry)
		}
		if err != nil {
			return nil, a.broken(src, err)
		}
		if a.entries++; a.entries > lim.entries {
			return nil, reject(codeLimit, "The gem has more than %d entries.", lim.entries)
		}
		if hdr.Name == specEntry && hdr.Typeflag == tar.TypeReg {
			return inflate(tr, specEntry, lim.spec, codeSpec)
		}
	}
}

// hashes are those that checksums.yaml may name.
type hashes struct{ sha1, sha256, sha512 hash.Hash }

func newHashes() *hashes { return &hashes{sha1.New(), sha256.New(), sha512.New()} }

func (h *hashes) Write(p []byte) (int, error) {
	h.sha1.Write(p)
	h.sha256.Write(p)
	return h.sha512.Write(p)
}

func (h *hashes) sums() sums {
	text := func(x hash.Hash) string { return hex.EncodeToString(x.Sum(nil)) }
	return sums{"SHA1": text(h.sha1), "SHA256": text(h.sha256), "SHA512": text(h.sha512)}
}
