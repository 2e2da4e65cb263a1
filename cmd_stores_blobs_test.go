package main

import (
	"fmt"
	"io"
	"strings"
	"testing"
)

func TestOpenBlobs(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct{ url, want string }{
		{dir, "*folder.File"},
		{"file://" + dir + "/a%20b", "*folder.File"},
		{"file://localhost" + dir, "*folder.File"},
		{"mem://", "*bucket.Bucket"},
		{"mem://?prefix=a/", "*bucket.Bucket"},
		{"", "no folder"},
		{"file://host" + dir, `the host "host"`},
		{"file://./blobs", "without file://"},
		{"file://", "not of the form"},
		{"file://" + dir + "?prefix=x", "not of the form"},
		{"ftp://host/x", `unknown kind of store "ftp"`},
		{"s3://", "names no bucket"},
		{"s3://bucket/folder", "?prefix=folder/"},
		{"gs://key:SECRET@bucket", "credentials do not belong"},
		{"mem://?unheard=of", "unheard"},
		{"s3://b\x7f", "cannot be read"},
	} {
		s, err := openBlobs(t.Context(), c.url)
		got := fmt.Sprintf("%T", s)
		if err != nil {
			got = err.Error()
		} else if err := s.(io.Closer).Close(); err != nil {
			t.Error(err)
		}
		if !strings.Contains(got, c.want) || strings.Contains(got, "SECRET") {
			t.Errorf("%q: %s, want %s", c.url, got, c.want)
		}
	}
}
