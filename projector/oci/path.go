package oci

import (
	"strings"
	"unicode/utf8"
)

// maxPath is the length of the longest name of an entry.
const maxPath = 512

// cleanPath gives the name of an entry without leading "./", and refuses what
// could lead out of the layout. The name of a folder loses its final slash.
func cleanPath(name string) (string, error) {
	if len(name) > maxPath {
		return "", reject(codePath, "The name %s has %d bytes, the limit is %d.", show(name), len(name), maxPath)
	}
	clean := name
	for strings.HasPrefix(clean, "./") {
		clean = strings.TrimLeft(clean[2:], "/")
	}
	clean = strings.TrimSuffix(clean, "/")
	switch {
	case !utf8.ValidString(clean):
		return "", reject(codePath, "The name %s is not UTF-8.", show(name))
	case strings.HasPrefix(name, "/"):
		return "", reject(codePath, "The name %s is absolute.", show(name))
	case strings.ContainsAny(clean, "\\\x00"):
		return "", reject(codePath, "The name %s holds a backslash or a NUL.", show(name))
	}
	for part := range strings.SplitSeq(clean, "/") {
		if part == ".." {
			return "", reject(codePath, "The name %s leads out of the archive.", show(name))
		}
	}
	return clean, nil
}

// Places of a layout.
const (
	markerPath = "oci-layout"
	indexPath  = "index.json"
	dockerPath = "manifest.json" // of docker save
)

// blobPath takes blobs/<algorithm>/<encoded> apart.
func blobPath(path string) (algorithm, encoded string, ok bool) {
	rest, ok := strings.CutPrefix(path, "blobs/")
	if !ok {
		return "", "", false
	}
	algorithm, encoded, ok = strings.Cut(rest, "/")
	if !ok || algorithm == "" || encoded == "" || strings.Contains(encoded, "/") || strings.HasPrefix(encoded, "._") {
		return "", "", false
	}
	return algorithm, encoded, true
}

// appleDouble says that a file only holds what macOS keeps beside another.
func appleDouble(path string) bool {
	return strings.HasPrefix(path[strings.LastIndexByte(path, '/')+1:], "._")
}

func isHex(s string, size int) bool {
	return len(s) == size && strings.Trim(s, "0123456789abcdef") == ""
}
