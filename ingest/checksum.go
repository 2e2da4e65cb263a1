package ingest

import (
	"encoding/base64"
	"encoding/hex"
	"strings"

	"offprint/schema"
)

// algorithms by the length of their digests in bytes.
var algorithms = map[int]string{16: "md5", 20: "sha1", 32: "sha256", 48: "sha384", 64: "sha512"}

// parseChecksum reads a declared checksum: hexadecimal first, because 64
// hexadecimal characters are also good base64, then base64 or base64url, padded
// or not. The length tells the algorithm. ok is false for other text, which is
// kept and never compared.
func parseChecksum(text string) (algorithm, digest string, ok bool) {
	if raw, err := hex.DecodeString(text); err == nil {
		if algorithm, ok = algorithms[len(raw)]; ok {
			return algorithm, hex.EncodeToString(raw), true
		}
	}
	plain := strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(text, "="))
	if strings.ContainsAny(plain, "\r\n") { // the decoder would skip them
		return "", "", false
	}
	raw, err := base64.RawStdEncoding.DecodeString(plain)
	if err != nil {
		return "", "", false
	}
	algorithm, ok = algorithms[len(raw)]
	return algorithm, hex.EncodeToString(raw), ok
}

// agrees says whether a declared checksum, put to a file whose bytes are
// stored, is right: "" and unrecognisable text say nothing that could be wrong.
// SHA-384 is not kept, so it cannot be declared any more.
func agrees(text string, a *schema.Artifact) bool {
	algorithm, digest, ok := parseChecksum(text)
	if !ok {
		return true
	}
	return map[string]string{"md5": a.MD5, "sha1": a.SHA1, "sha256": a.SHA256, "sha512": a.SHA512}[algorithm] == digest
}
