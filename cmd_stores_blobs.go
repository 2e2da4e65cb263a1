package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"offprint/schema/blobs"
	"offprint/schema/blobs/bucket"
	"offprint/schema/blobs/folder"
)

// openBlobs opens the store that url names: a folder (a path, or file:///path), or a
// bucket (s3://, gs://, azblob://, for tests mem://) as bucket.Open reads it. The
// store is closed by its Close method.
func openBlobs(ctx context.Context, url string) (blobs.Store, error) {
	scheme, _, ok := strings.Cut(url, "://")
	switch {
	case url == "":
		return nil, errors.New("blobs: no folder and no URL given")
	case !ok:
		return folder.Open(url)
	case scheme == "file":
		dir, err := blobFolder(url)
		if err != nil {
			return nil, err
		}
		return folder.Open(dir)
	}
	return bucket.Open(ctx, url)
}

// blobFolder gives the path of a file URL (RFC 8089).
func blobFolder(text string) (string, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return "", fmt.Errorf("blobs: %w", err)
	case u.Host != "" && u.Host != "localhost":
		return "", fmt.Errorf("blobs: %s names the host %q: write file:///path, and a relative folder without file://", text, u.Host)
	case u.Path == "" || u.RawQuery != "" || u.Fragment != "":
		return "", fmt.Errorf("blobs: %s is not of the form file:///path", text)
	}
	return u.Path, nil
}
