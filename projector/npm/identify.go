package npm

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Bounds of what is read of a tarball to find its package.json. Validate has
// the same, and checks everything else.
const (
	identifyManifest = 1 << 20
	identifyInflated = 2 << 30
	identifyEntries  = 100_000
)

// Identify reads name and version of the first package.json that lies in a folder
// of a tarball's root, for publishers. Validate judges the file.
func Identify(r io.Reader) (name, version string, err error) {
	text, err := identifyingManifest(r)
	if err != nil {
		return "", "", err
	}
	var manifest map[string]json.RawMessage
	if err := json.Unmarshal(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")), &manifest); err != nil {
		return "", "", fmt.Errorf("its package.json is no JSON object: %w", err)
	}
	for _, f := range []struct {
		name, prefix string // what npm ignores before it
		into         *string
	}{{"name", "", &name}, {"version", "=v", &version}} {
		if json.Unmarshal(manifest[f.name], f.into) != nil || strings.TrimLeft(strings.TrimSpace(*f.into), f.prefix) == "" {
			return "", "", fmt.Errorf("its package.json has no %s", f.name)
		}
	}
	return name, strings.TrimLeft(strings.TrimSpace(version), "=v"), nil
}

func identifyingManifest(r io.Reader) ([]byte, error) {
	zip, err := gzip.NewReader(r)
	if err != nil {
		return nil, errors.New("it is not gzip")
	}
	in := &io.LimitedReader{R: zip, N: identifyInflated}
	archive := tar.NewReader(in)
	for range identifyEntries {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("its tar archive cannot be read: %w", err)
		}
		root, rest, _ := strings.Cut(strings.TrimPrefix(h.Name, "./"), "/")
		if root == "" || rest != "package.json" || h.Typeflag != tar.TypeReg {
			continue
		}
		if h.Size > identifyManifest {
			return nil, fmt.Errorf("its package.json has %d bytes, %d are allowed", h.Size, identifyManifest)
		}
		text, err := io.ReadAll(archive)
		if err != nil {
			return nil, fmt.Errorf("its package.json cannot be read: %w", err)
		}
		return text, nil
	}
	return nil, errors.New("it has no package.json in a folder of its root")
}
