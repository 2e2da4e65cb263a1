package main

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"io"
	"strings"
	"testing"
)

// unpacked is the Marshal stream of an older index or a quick gemspec.
func unpacked(t *testing.T, path string, body []byte) []byte {
	t.Helper()
	var r io.Reader
	var err error
	if strings.HasSuffix(path, ".rz") {
		r, err = zlib.NewReader(bytes.NewReader(body))
	} else {
		r, err = gzip.NewReader(bytes.NewReader(body))
	}
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
