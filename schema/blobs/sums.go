package blobs

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"hash"
)

// Sums computes the size and the digests of what is written to it, in one pass.
// It is used by one goroutine.
type Sums struct {
	size   int64
	hashes [5]hash.Hash // in the order of algorithms
}

var algorithms = [5]string{"md5", "sha1", "sha256", "sha384", "sha512"}

// NewSums begins with no bytes.
func NewSums() *Sums {
	return &Sums{hashes: [5]hash.Hash{md5.New(), sha1.New(), sha256.New(), sha512.New384(), sha512.New()}}
}

// Write implements io.Writer; it cannot fail.
func (s *Sums) Write(b []byte) (int, error) {
	for _, h := range s.hashes {
		h.Write(b)
	}
	s.size += int64(len(b))
	return len(b), nil
}

// Size is the number of bytes so far.
func (s *Sums) Size() int64 { return s.size }

// Hex is the digest so far by md5, sha1, sha256, sha384 or sha512, in
// lower-case hexadecimal; "" for any other algorithm.
func (s *Sums) Hex(algorithm string) string {
	for i, name := range algorithms {
		if name == algorithm {
			return hex.EncodeToString(s.hashes[i].Sum(nil))
		}
	}
	return ""
}
