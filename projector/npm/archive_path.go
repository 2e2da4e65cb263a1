package npm

import (
	"path"
	"strings"
)

// unsafePath reports whether an extractor could be led out of its folder: the
// name is absolute or has a `..`. A backslash counts as a separator and a
// drive letter as absolute, since extractors on Windows read them so.
func unsafePath(name string) bool {
	s := strings.ReplaceAll(name, `\`, "/")
	for strings.HasPrefix(s, "./") {
		s = s[2:]
	}
	if strings.HasPrefix(s, "/") || len(s) > 1 && s[1] == ':' && isLetter(s[0]) {
		return true
	}
	for part := range strings.SplitSeq(s, "/") {
		if part == ".." {
			return true
		}
	}
	return false
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// splitRoot splits a safe name into its first folder and the rest. A name
// without a folder has rest "". The name of the archive's own folder (`./`)
// gives "." and "".
func splitRoot(name string) (root, rest string) {
	root, rest, _ = strings.Cut(path.Clean(name), "/")
	return root, rest
}

// binNames collects the files that directories.bin may mean (npm.md 2.6). The
// folder is known only once package.json was read; until then every name is
// kept, within left bytes.
type binNames struct {
	known  bool
	folder string // cleaned, "." for the root, "" if none is wanted
	paths  []string
	left   int
	lost   bool // a name that may matter was not kept
}

// add takes a regular file's name below the root.
func (b *binNames) add(rest string) {
	if b.known && !b.match(rest) || b.lost {
		return
	}
	b.left -= len(rest) + 16
	if b.left < 0 {
		b.lost, b.paths = true, nil
		return
	}
	b.paths = append(b.paths, rest)
}

// settle names the folder and forgets the names outside it.
func (b *binNames) settle(folder string) {
	b.known, b.folder = true, folder
	kept := b.paths[:0]
	for _, p := range b.paths {
		if b.match(p) {
			kept = append(kept, p)
		}
	}
	b.paths = kept
	if folder == "" {
		b.paths, b.lost = nil, false
	}
}

// match reports whether the file lies directly in the folder. Hidden files do
// not count: npm's own glob passes over them.
func (b *binNames) match(rest string) bool {
	return b.folder != "" && path.Dir(rest) == b.folder && !strings.HasPrefix(path.Base(rest), ".")
}
