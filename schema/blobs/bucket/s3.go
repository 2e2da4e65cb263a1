package bucket

import (
	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// tuneWrite makes S3 begin a multipart upload at its first part, where it would
// gather 16 MiB before, and end it also if the request has ended.
func (b *Bucket) tuneWrite(as func(any) bool) error {
	var client *transfermanager.Client
	if b.s3 != nil && as(&client) {
		*client = *transfermanager.New(b.s3, func(o *transfermanager.Options) {
			o.PartSizeBytes, o.MultipartUploadThreshold, o.Concurrency = partSize, partSize, 1
			o.FailTimeout = patience
			o.RequestChecksumCalculation = b.s3.Options().RequestChecksumCalculation
		})
	}
	return nil
}

// tuneRead keeps S3's client from writing a line for each object that has no
// checksum of its own; ranges have none, and the digest is the blob's name.
func tuneRead(as func(any) bool) error {
	var options *[]func(*s3.Options)
	if as(&options) {
		*options = append(*options, func(o *s3.Options) { o.DisableLogOutputChecksumValidationSkipped = true })
	}
	return nil
}
