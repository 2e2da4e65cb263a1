package ingest

import (
	"regexp"
	"strings"

	"golang.org/x/text/unicode/norm"
)

var drive = regexp.MustCompile(`^[A-Za-z]:`)

// filename checks the name of an artifact: segments between slashes, none of
// which a file system could take for something else.
func (p *problems) filename(name string) {
	p.word("filename", name)
	switch {
	case len(*p) > 0:
	case strings.Contains(name, `\`), drive.MatchString(name):
		p.add("filename", "FILENAME_INVALID", "must not hold a backslash or begin with a drive letter")
	default:
		for segment := range strings.SplitSeq(name, "/") {
			if segment == "" || segment == "." || segment == ".." {
				p.add("filename", "FILENAME_INVALID", "must be segments between single slashes, none of them '.' or '..'")
				return
			}
		}
	}
}

// extension checks that a name with a dot ends in its file type; case does not
// count, because file types are kept in lower case.
func (p *problems) extension(name, filetype string) {
	last := strings.ToLower(name[strings.LastIndexByte(name, '/')+1:])
	if filetype != "" && strings.Contains(last, ".") && !strings.HasSuffix(last, "."+filetype) {
		p.add("filename", "FILENAME_EXTENSION_INVALID", "does not end in '."+filetype+"', the file type")
	}
}

// sameFilename compares names as uniqueness does: two spellings of one text in
// Unicode are one name.
func sameFilename(a, b string) bool { return norm.NFC.String(a) == norm.NFC.String(b) }
