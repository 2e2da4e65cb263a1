package blobs

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// Open opens the store that url names: a folder (a path, or file:///path), or a
// bucket (s3://, gs://, azblob://, for tests mem://) as OpenBucket reads it. The
// store is closed by its Close method.
func Open(ctx context.Context, url string) (Store, error) {
	scheme, _, ok := strings.Cut(url, "://")
	switch {
	case url == "":
		return nil, errors.New("blobs: no folder and no URL given")
	case !ok:
		return OpenFile(url)
	case scheme == "file":
		dir, err := folder(url)
		if err != nil {
			return nil, err
		}
		return OpenFile(dir)
	}
	return OpenBucket(ctx, url)
}

// folder gives the path of a file URL (RFC 8089).
func folder(text string) (string, error) {
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
