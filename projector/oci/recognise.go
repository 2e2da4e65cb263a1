package oci

import (
	"archive/tar"
	"encoding/json"
	"io"
	"strings"
)

// Names is what a layout says of itself in index.json, for those who publish it.
type Names struct {
	RefNames []string // org.opencontainers.image.ref.name of its entries, in their order, each once
	Image    string   // io.containerd.image.name of the first entry that has one: "docker.io/acme/relay:1.3.0"
	Version  string   // org.opencontainers.image.version of the first entry that has one
}

// Recognise says whether a file is an image layout in a tar archive, compressed
// or not, and what it calls itself. It reads up to the end of oci-layout and
// index.json, wherever they are, and seeks over the rest if it can; it checks
// nothing else. What is no layout is no error.
func Recognise(r io.ReadSeeker) (names Names, ok bool, err error) {
	limits := Limits{}.filled()
	var magic [4]byte
	n, err := io.ReadFull(r, magic[:])
	if err != nil && err != io.ErrUnexpectedEOF && err != io.EOF {
		return names, false, err
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return names, false, err
	}
	plain := io.Reader(r)
	if head := string(magic[:n]); strings.HasPrefix(head, string(gzipMagic)) || strings.HasPrefix(head, string(zstdMagic)) {
		unzipped, done, err := decompressed(r)
		if err != nil {
			return names, false, nil
		}
		defer done()
		plain = &meter{r: unzipped, most: limits.Total}
	}
	index, marked := []byte(nil), false
	tr := tar.NewReader(plain)
	for entries := 0; entries < limits.entries && (!marked || index == nil); entries++ {
		h, err := tr.Next()
		if err != nil {
			return names, false, nil
		}
		switch path, err := cleanPath(h.Name); {
		case err != nil:
			return names, false, nil
		case path == markerPath:
			marked = true
		case path == indexPath && h.Size <= limits.manifest:
			if index, err = io.ReadAll(tr); err != nil {
				return names, false, nil
			}
		}
	}
	return readNames(index, marked && index != nil)
}

func readNames(index []byte, ok bool) (names Names, _ bool, err error) {
	var doc struct {
		Manifests []struct{ Annotations map[string]string }
	}
	if !ok || json.Unmarshal(index, &doc) != nil {
		return names, false, nil
	}
	seen := map[string]bool{"": true}
	for _, m := range doc.Manifests {
		if name := m.Annotations[refName]; !seen[name] {
			seen[name] = true
			names.RefNames = append(names.RefNames, name)
		}
		if names.Image == "" {
			names.Image = m.Annotations["io.containerd.image.name"]
		}
		if names.Version == "" {
			names.Version = m.Annotations["org.opencontainers.image.version"]
		}
	}
	return names, true, nil
}
