package npm

import (
	"archive/tar"
	"strings"
)

// checkHeader refuses entries that tar readers understand differently, so that
// a client cannot find another package in the file than was checked here.
func checkHeader(hdr *tar.Header) error {
	for key := range hdr.PAXRecords {
		if strings.HasPrefix(key, "GNU.sparse.") {
			return reject(codeArchive, "Entry %s is sparse.", show(hdr.Name))
		}
	}
	switch hdr.Typeflag {
	case tar.TypeGNUSparse:
		return reject(codeArchive, "Entry %s is sparse.", show(hdr.Name))
	case tar.TypeXGlobalHeader:
		// Some readers apply these to every later entry, some to none.
		for _, key := range []string{"path", "linkpath", "size"} {
			if _, ok := hdr.PAXRecords[key]; ok {
				return reject(codeArchive, "A global pax header sets %s.", key)
			}
		}
	case tar.TypeLink, tar.TypeSymlink, tar.TypeChar, tar.TypeBlock, tar.TypeFifo:
		if hdr.Size > 0 {
			return reject(codeArchive, "Entry %s is a link or device, but has data.", show(hdr.Name))
		}
	case tar.TypeReg, tar.TypeCont:
		if hdr.Size > 0 && strings.HasSuffix(hdr.Name, "/") {
			return reject(codeArchive, "Entry %s is a folder by its name, but has data.", show(hdr.Name))
		}
	}
	return nil
}

// isRegular reports whether clients extract the entry as a file. A name with a
// slash at the end is a folder whatever its type.
func isRegular(hdr *tar.Header) bool {
	return (hdr.Typeflag == tar.TypeReg || hdr.Typeflag == tar.TypeCont) && !strings.HasSuffix(hdr.Name, "/")
}
