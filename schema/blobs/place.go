package blobs

import "fmt"

// Place is where the blob of a digest is kept below the root of any store:
// sha256/<first two digits>/<digest>. Anything but 64 lower-case hexadecimal
// digits is an error, so that a digest can never lead elsewhere.
func Place(sha256 string) (string, error) {
	if len(sha256) != 64 {
		return "", fmt.Errorf("%.80q is not a SHA-256 digest", sha256)
	}
	for _, c := range []byte(sha256) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return "", fmt.Errorf("%q is not a SHA-256 digest in lower case", sha256)
		}
	}
	return "sha256/" + sha256[:2] + "/" + sha256, nil
}
