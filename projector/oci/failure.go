package oci

import (
	"fmt"
	"strconv"

	"offprint/projector"
)

// Codes of a refused file.
const (
	codeArchive     = "OCI_ARCHIVE_INVALID"
	codeDocker      = "OCI_DOCKER_ARCHIVE"
	codeNoLayout    = "OCI_LAYOUT_MISSING"
	codeLayout      = "OCI_LAYOUT_INVALID"
	codeIndex       = "OCI_INDEX_INVALID"
	codePath        = "OCI_PATH_UNSAFE"
	codeLink        = "OCI_LINK_ENTRY"
	codeDuplicate   = "OCI_DUPLICATE_ENTRY"
	codeDigest      = "OCI_DIGEST_MISMATCH"
	codeSize        = "OCI_SIZE_MISMATCH"
	codeAlgorithm   = "OCI_DIGEST_UNSUPPORTED"
	codeManifest    = "OCI_MANIFEST_INVALID"
	codeType        = "OCI_MEDIA_TYPE_MISMATCH"
	codeUnsupported = "OCI_MEDIA_TYPE_UNSUPPORTED"
	codeMissing     = "OCI_BLOB_MISSING"
	codeEmpty       = "OCI_EMPTY"
	codeAmbiguous   = "OCI_AMBIGUOUS_ROOT"
	codePlatform    = "OCI_PLATFORM_MISMATCH"
	codeLimit       = "OCI_LIMIT"
)

// reject builds a *projector.Failure.
func reject(code, format string, args ...any) error {
	return &projector.Failure{Code: code, Reason: fmt.Sprintf(format, args...)}
}

// overLimit names a limit, what exceeds it, and the most that is allowed.
func overLimit(what string, have, most int64) error {
	return reject(codeLimit, "%s: %d, the limit is %d.", what, have, most)
}

// show quotes a text of the file for a sentence, cut to a readable length.
func show(s string) string {
	const most = 160
	if len(s) > most {
		return strconv.Quote(s[:most]) + "…"
	}
	return strconv.Quote(s)
}
