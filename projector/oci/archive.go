package oci

import (
	"archive/tar"
	"context"
	"errors"
	"io"
	"strings"

	"offprint/schema/blobs"
)

// content is bytes that were found in the archive, and are in the store.
type content struct {
	digest string // as the archive names it
	sha256 string // where the store has it
	size   int64
}

// archive is what one pass over the file found.
type archive struct {
	ctx    context.Context
	store  blobs.Store
	limits Limits

	blobs      map[string]*content // by digest; those of sha512 under both
	list       []*content          // of blobs, each once
	marker     *content
	index      *content
	seen       map[string]string // path -> sha256 of what was there
	algorithms map[string]string // folders below blobs that are not looked into -> a path there
	docker     bool              // there is a manifest.json
	deeper     string            // where else an oci-layout is
	layout     string            // version of the layout
	entries    int
	buffer     []byte
}

// read makes the pass, and checks that a layout came of it.
func (a *archive) read(src *source) error {
	plain, done, err := decompressed(src)
	if err != nil {
		return reject(codeArchive, "The file cannot be decompressed: %v.", err)
	}
	defer done()
	m := &meter{r: plain, most: a.limits.Total}
	a.buffer = make([]byte, 256<<10)
	tr := tar.NewReader(m)
	for {
		h, err := tr.Next()
		if err == io.EOF && m.ended() {
			return a.checkLayout()
		}
		if err != nil {
			err = archiveError{whole(err)}
		} else {
			err = a.entry(h, tr)
		}
		if err != nil {
			return a.broken(src, m, err)
		}
	}
}

// whole makes an end without end mark what it is.
func whole(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// broken says what an error in the middle of the archive means.
func (a *archive) broken(src *source, m *meter, err error) error {
	switch {
	case src.err != nil:
		return src.err
	case errors.Is(err, errTotal):
		return overLimit("Bytes of the archive after decompression, at least", m.n, m.most)
	case errors.Is(err, errRead):
		return reject(codeArchive, "The file is not a whole tar archive: %v.", err)
	}
	return err
}

// entry takes in one entry.
func (a *archive) entry(h *tar.Header, r io.Reader) error {
	if a.entries++; a.entries > a.limits.entries {
		return overLimit("Entries of the archive", int64(a.entries), int64(a.limits.entries))
	}
	if h.Typeflag == tar.TypeXGlobalHeader {
		return nil
	}
	path, err := cleanPath(h.Name)
	if err != nil {
		return err
	}
	algorithm, encoded, isBlob := blobPath(path)
	if !isBlob && path != markerPath && path != indexPath {
		a.other(path, h)
		return nil
	}
	switch h.Typeflag {
	case tar.TypeDir:
		return nil
	case tar.TypeReg, '\x00':
	case tar.TypeGNUSparse:
		return sparse(path)
	default:
		return reject(codeLink, "The entry %s is a link or a device, it must be a file.", show(path))
	}
	for key := range h.PAXRecords {
		if strings.HasPrefix(key, "GNU.sparse.") {
			return sparse(path)
		}
	}
	switch {
	case path == markerPath:
		a.marker, err = a.small(path, h.Size, a.limits.marker, r)
	case path == indexPath:
		a.index, err = a.small(path, h.Size, a.limits.manifest, r)
	default:
		err = a.blob(path, algorithm, encoded, h.Size, r)
	}
	return err
}

// sparse refuses a file whose holes are not in the archive: it could be of any
// length at no cost.
func sparse(path string) error {
	return reject(codeArchive, "The entry %s is a sparse file: archive the layout without --sparse.", show(path))
}

// other notes what is no part of a layout, but says what the file may be.
func (a *archive) other(path string, h *tar.Header) {
	switch {
	case path == dockerPath && h.Typeflag == tar.TypeReg:
		a.docker = true
	case strings.HasSuffix(path, "/"+markerPath) && !appleDouble(path) && a.deeper == "":
		a.deeper = strings.TrimSuffix(path, "/"+markerPath)
	}
}

// small takes in oci-layout or index.json.
func (a *archive) small(path string, size, most int64, r io.Reader) (*content, error) {
	if size > most {
		return nil, overLimit("Bytes of "+path, size, most)
	}
	c, err := a.keep(size, r, "", "")
	if err != nil {
		return nil, err
	}
	return c, a.once(path, c)
}

// once refuses a second entry of one path with other bytes.
func (a *archive) once(path string, c *content) error {
	if before, again := a.seen[path]; again && before != c.sha256 {
		return reject(codeDuplicate, "The path %s is there twice, with different bytes.", show(path))
	}
	a.seen[path] = c.sha256
	return nil
}

// blob takes in blobs/<algorithm>/<encoded>.
func (a *archive) blob(path, algorithm, encoded string, size int64, r io.Reader) error {
	if size > a.limits.Layer {
		return overLimit("Bytes of "+path, size, a.limits.Layer)
	}
	hexes, known := map[string]int{"sha256": 64, "sha512": 128}[algorithm]
	if !known {
		a.algorithms[algorithm] = path
		return nil
	}
	if !isHex(encoded, hexes) {
		return reject(codeDigest, "The name %s is not a %s digest in lower case.", show(path), algorithm)
	}
	c, err := a.keep(size, r, algorithm, encoded)
	if err == nil {
		err = a.once(path, c)
	}
	if err != nil {
		return err
	}
	a.add(c)
	return nil
}

// add notes content that is in the store.
func (a *archive) add(c *content) {
	if have := a.blobs[c.digest]; have != nil {
		return
	}
	a.blobs[c.digest] = c
	if key := "sha256:" + c.sha256; key != c.digest {
		if a.blobs[key] == nil { // else it is named both ways
			a.blobs[key] = c
		}
	}
	a.list = append(a.list, c)
}
