package npm

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"path"
	"strings"
)

// block is the unit of a tar file.
const block = 512

// archive is what one pass over the tar leaves: counts and first findings, of
// bounded size. Findings about names are judged at the end, so that the
// publisher hears of the first failed check, not of the first odd entry.
type archive struct {
	lim       limits
	entries   int
	files     int
	size      int64
	unsafe    string // first unsafe path, if hasUnsafe
	hasUnsafe bool

	roots []string // first two different root folders of regular files
	loose string   // first regular file outside any folder

	// Entries {any root}/package.json. Extractors drop the first folder and
	// may ignore case, so all of them would be written to one place.
	manifests  int    // of any kind and spelling
	exact      bool   // one is a regular file and spelled right
	link       bool   // one is spelled right but is a link or folder
	manifest   object // the first regular one, read
	broken     error  // why manifest could not be read
	shrinkwrap bool
	gyp        bool
	bins       binNames
}

// scan reads the tar inside the gzip file to its end. The error is a *Failure
// of the first two rows of npm.md 3.2's archive checks (well-formed, limits),
// or errStop when src knows the reason.
func scan(src *source, lim limits) (*archive, error) {
	f := newInflater(src, lim)
	a := &archive{lim: lim, bins: binNames{left: lim.names}}
	err := a.readAll(f, tar.NewReader(f))
	if f.err != nil && f.err != io.EOF {
		return nil, f.err // the reason behind whatever the tar reader said
	}
	var failure *Failure
	switch {
	case err == nil, errors.As(err, &failure):
		return a, err
	case f.err == io.EOF:
		return nil, reject(codeArchive, "The tar archive is truncated after byte %d.", f.n)
	}
	return nil, reject(codeArchive, "The tar archive has a bad header before byte %d.", f.n)
}

func (a *archive) readAll(f *inflater, tr *tar.Reader) error {
	for {
		before := f.n
		f.header = a.lim.header
		hdr, err := tr.Next()
		f.header = -1
		if err == io.EOF {
			// The reader also takes a bare end of file for the end mark.
			if f.n-before < block || f.zeros < block {
				return io.ErrUnexpectedEOF
			}
			return readPadding(f)
		}
		if err != nil {
			return err
		}
		if a.entries++; a.entries > a.lim.entries {
			return reject(codeLimit, "The archive has more than %d entries.", a.lim.entries)
		}
		if err := a.entry(f, tr, hdr); err != nil {
			return err
		}
	}
}

// readPadding reads what follows the end mark: zeros to the end of the file.
func readPadding(f *inflater) error {
	buf, zero := make([]byte, 32<<10), make([]byte, 32<<10)
	for {
		n, err := f.Read(buf)
		if !bytes.Equal(buf[:n], zero[:n]) {
			return reject(codeArchive, "The tar archive ends, but other data follows before byte %d.", f.n)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// entry takes one tar entry and reads its data to the end, so that the next
// call of Next reads headers only.
func (a *archive) entry(f *inflater, tr *tar.Reader, hdr *tar.Header) error {
	if err := checkHeader(hdr); err != nil {
		return err
	}
	if hdr.Typeflag == tar.TypeXGlobalHeader {
		return nil
	}
	regular := isRegular(hdr)
	if regular && hdr.Size > a.lim.inflated-f.n {
		return inflatesPast(a.lim)
	}
	want := a.name(hdr.Name, regular, hdr.Size)
	if regular {
		a.files++
		a.size += hdr.Size
	}
	if want {
		return a.readManifest(tr, hdr.Size)
	}
	_, err := io.Copy(io.Discard, tr)
	return err
}

// name takes an entry's path and reports whether it is the manifest to read.
func (a *archive) name(name string, regular bool, size int64) (want bool) {
	if unsafePath(name) || regular && path.Clean(name) == "." {
		if !a.hasUnsafe {
			a.unsafe, a.hasUnsafe = name, true
		}
		return false
	}
	root, rest := splitRoot(name)
	if regular {
		a.root(root, rest)
	}
	if strings.EqualFold(rest, "package.json") {
		a.manifests++
		want = regular && rest == "package.json" && !a.exact
		a.exact = a.exact || want
		a.link = a.link || !regular && rest == "package.json"
	}
	if !regular || rest == "" {
		return want
	}
	a.shrinkwrap = a.shrinkwrap || rest == "npm-shrinkwrap.json"
	a.gyp = a.gyp || isGyp(rest)
	a.bins.add(rest)
	return want
}

// root notes the first folder of a regular file.
func (a *archive) root(root, rest string) {
	switch {
	case rest == "" && strings.HasPrefix(root, "._"):
		// AppleDouble twin of the root folder.
	case rest == "":
		if a.loose == "" {
			a.loose = root
		}
	case len(a.roots) == 0, len(a.roots) == 1 && a.roots[0] != root:
		a.roots = append(a.roots, root)
	}
}

// readManifest reads package.json and keeps it as an object, or why it is none.
func (a *archive) readManifest(r io.Reader, size int64) error {
	if size > a.lim.manifest {
		a.broken = reject(codeLimit, "package.json has %d bytes, the limit is %d.", size, a.lim.manifest)
		a.bins.settle("")
		_, err := io.Copy(io.Discard, r)
		return err
	}
	src := make([]byte, size)
	if _, err := io.ReadFull(r, src); err != nil {
		return noEnd(err)
	}
	a.manifest, a.broken = readObject(src)
	a.bins.settle(binFolder(a.manifest))
	return nil
}

// isGyp reports whether a name below the root is a `*.gyp` file of the root.
func isGyp(rest string) bool {
	return strings.HasSuffix(rest, ".gyp") && !strings.ContainsRune(rest, '/') && !strings.HasPrefix(rest, ".")
}
