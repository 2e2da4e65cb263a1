package ingest

import (
	"fmt"

	"offprint/events"
	"offprint/schema"
	"offprint/schema/blobs"
)

// refusedUpload says the same of a URL that was altered, that has expired, and
// that a newer one replaced.
var refusedUpload = &problem{status: 403, code: "UPLOAD_EXPIRED", detail: "the upload URL is not valid (any more): create the artifact again for a new one"}

// target is the artifact that a link opens; nil if the link is no good.
func (l uploadLink) target(files []schema.Artifact) *schema.Artifact {
	for i := range files {
		if a := &files[i]; a.ID == l.artifact && a.Generation == l.generation && a.Status != yanked {
			return a
		}
	}
	return nil
}

// conflict is the answer to bytes that come too late: others are stored.
func conflict(detail string) *problem {
	return &problem{status: 409, code: "ARTIFACT_CONFLICT", detail: detail}
}

// repeated judges an upload to an artifact that does not wait for bytes. nil:
// the same bytes are stored already.
func repeated(a *schema.Artifact, got *blobs.Sums) error {
	switch {
	case a.Status == failed:
		return conflict("the upload has failed (" + a.FailureReason + "): create the artifact again for a new URL")
	case a.Size != got.Size() || a.SHA256 != got.Hex("sha256"):
		return conflict("other bytes are stored already")
	}
	return nil
}

// upload failures that the publisher must mend.
const (
	sizeMismatch     = "SIZE_MISMATCH"
	checksumMismatch = "CHECKSUM_MISMATCH"
)

// mismatch compares the bytes with what was declared of them; nil if nothing
// disagrees. The reason names both values.
func mismatch(a *schema.Artifact, got *blobs.Sums) *problem {
	fail := func(code, detail string) *problem { return &problem{status: 422, code: code, detail: detail} }
	if a.Filesize != nil && *a.Filesize != got.Size() {
		return fail(sizeMismatch, fmt.Sprintf("the declared size is %d bytes, the file has %d", *a.Filesize, got.Size()))
	}
	algorithm, digest, ok := parseChecksum(a.Checksum)
	if !ok {
		return nil
	}
	if have := got.Hex(algorithm); have != digest {
		return fail(checksumMismatch, fmt.Sprintf("the declared %s is %s, the file has %s", algorithm, digest, have))
	}
	return nil
}

// decideStored: the bytes are durable. The first upload to finish wins; what
// was declared meanwhile counts too. fault is what the caller is to hear of an
// upload that fails.
func decideStored(s stamp, state artifactState, l uploadLink, got *blobs.Sums) (e *events.Event, fault *problem, err error) {
	a := l.target(state.files)
	switch {
	case a == nil || state.release == nil:
		return nil, nil, refusedUpload
	case a.Status != waiting:
		return nil, nil, repeated(a, got)
	}
	if fault = mismatch(a, got); fault != nil {
		return state.failure(s, a, fault), fault, nil
	}
	return state.artifactEvent(s, events.ArtifactStored, a, &events.ArtifactBytes{Base: state.artifactBase(a), Size: got.Size(),
		SHA256: got.Hex("sha256"), SHA512: got.Hex("sha512"), SHA1: got.Hex("sha1"), MD5: got.Hex("md5")}), nil, nil
}

// decideRejected: the bytes disagreed with what was declared and were dropped.
func decideRejected(s stamp, state artifactState, l uploadLink, got *blobs.Sums, fault *problem) (*events.Event, error) {
	a := l.target(state.files)
	switch {
	case a == nil || state.release == nil:
		return nil, refusedUpload
	case a.Status != waiting:
		return nil, repeated(a, got)
	}
	return state.failure(s, a, fault), nil
}

func (s artifactState) failure(st stamp, a *schema.Artifact, fault *problem) *events.Event {
	return s.artifactEvent(st, events.ArtifactFailed, a, &events.ArtifactFailure{Base: s.artifactBase(a), Code: fault.code, Reason: fault.detail})
}
