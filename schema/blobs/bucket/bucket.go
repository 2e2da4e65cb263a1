package bucket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"time"

	"offprint/schema/blobs"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"gocloud.dev/blob"
	_ "gocloud.dev/blob/azureblob"
	_ "gocloud.dev/blob/gcsblob"
	_ "gocloud.dev/blob/memblob"
	_ "gocloud.dev/blob/s3blob"
	"gocloud.dev/gcerrors"
)

// Bucket keeps blobs in a bucket of an object store, which many processes may
// share:
//
//	sha256/ab/ab12…     a blob, whole
//	tmp/<random>        a blob that is being written
//
// An object appears whole or not at all, but under a key that has to be known
// before its first byte. So a blob of more than directSize bytes is written under
// a key of its own, then copied to its digest within the object store, then the
// first object is deleted. What a process that died has left below tmp/ is
// deleted when the bucket is opened a day later; for the parts of an upload that
// never ended, which no listing shows, the bucket needs a lifecycle rule.
type Bucket struct {
	bucket   *blob.Bucket
	copyable int64 // larger objects go through this process

	s3 *s3.Client // nil for other object stores
}

const (
	directSize = 4 << 20 // up to this a blob stays in memory until it gets its name
	partSize   = 5 << 20 // the least that S3 takes
	maxCopy    = 5 << 30 // the most that S3 copies by one request
	leftAfter  = 24 * time.Hour
)

// Open opens a bucket by its URL, as gocloud.dev/blob reads it, with the
// credentials of the environment:
//
//	s3://bucket?region=eu-central-1     also endpoint=, use_path_style=true
//	gs://bucket
//	azblob://container                  AZURE_STORAGE_ACCOUNT names the account
//	mem://                              gone with the process
//
// With prefix=folder/ all keys begin with that. A bucket that cannot be reached
// is an error.
func Open(ctx context.Context, text string) (*Bucket, error) {
	u, err := bucketURL(text)
	if err != nil {
		return nil, err
	}
	opened, err := blob.OpenBucket(ctx, text)
	if err != nil {
		return nil, fmt.Errorf("blobs in %s: %w", u, err)
	}
	b := &Bucket{bucket: opened, copyable: maxCopy}
	b.bucket.As(&b.s3)
	if ok, err := opened.IsAccessible(ctx); err != nil || !ok {
		opened.Close()
		return nil, fmt.Errorf("blobs in %s: %w", u, errors.Join(errors.New("the bucket is not there, or these credentials do not open it"), err))
	}
	if err := b.sweep(ctx, time.Now().Add(-leftAfter)); err != nil {
		opened.Close()
		return nil, fmt.Errorf("blobs in %s: %w", u, err)
	}
	return b, nil
}

// bucketURL checks what the drivers would ignore.
func bucketURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, errors.New("blobs: the URL of the bucket cannot be read")
	}
	switch u.Scheme {
	case "s3", "gs", "azblob":
		if u.Host == "" {
			return nil, fmt.Errorf("blobs: %s names no bucket: write %s://bucket", u.Redacted(), u.Scheme)
		}
	case "mem":
	default:
		return nil, fmt.Errorf("blobs: unknown kind of store %q: use a folder, or file://, s3://, gs:// or azblob://", u.Scheme)
	}
	switch {
	case u.User != nil:
		return nil, fmt.Errorf("blobs: %s: credentials do not belong into the URL, they come from the environment", u.Redacted())
	case u.Path != "" && u.Path != "/":
		return nil, fmt.Errorf("blobs: %s: a folder within the bucket is written ?prefix=folder/", u.Redacted())
	}
	return u, nil
}

// Close ends the use of the bucket.
func (b *Bucket) Close() error { return b.bucket.Close() }

// sweep deletes what writers left below tmp/ before an instant.
func (b *Bucket) sweep(ctx context.Context, before time.Time) error {
	list := b.bucket.List(&blob.ListOptions{Prefix: "tmp/"})
	for {
		object, err := list.Next(ctx)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if object.ModTime.Before(before) {
			if err := b.bucket.Delete(ctx, object.Key); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
				return err
			}
		}
	}
}

// Link implements Linker.
func (b *Bucket) Link(ctx context.Context, sha256 string, life time.Duration) (string, error) {
	key, err := blobs.Place(sha256)
	if err != nil {
		return "", err
	}
	link, err := b.bucket.SignedURL(ctx, key, &blob.SignedURLOptions{Expiry: life})
	if err != nil {
		return "", fmt.Errorf("link to blob %s: %w", sha256, err)
	}
	return link, nil
}

// Open implements Store. Nothing is read yet, and ctx counts for the opening
// only.
func (b *Bucket) Open(ctx context.Context, sha256 string) (blobs.Blob, error) {
	key, err := blobs.Place(sha256)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", blobs.ErrNotFound, err)
	}
	size, err := b.size(ctx, key)
	if err != nil {
		return nil, err
	}
	r := &bucketBlob{bucket: b, key: key, size: size}
	r.ctx, r.cancel = context.WithCancel(context.WithoutCancel(ctx))
	return r, nil
}

// size gives the size of an object; blobs.ErrNotFound.
func (b *Bucket) size(ctx context.Context, key string) (int64, error) {
	attrs, err := b.bucket.Attributes(ctx, key)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return 0, fmt.Errorf("%w: %s", blobs.ErrNotFound, key)
	}
	if err != nil {
		return 0, fmt.Errorf("blob %s: %w", key, err)
	}
	return attrs.Size, nil
}
