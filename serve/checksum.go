package serve

import (
	"strings"

	"offprint/schema"
)

// sibling splits the name of a checksum file into the file's and the digest's;
// ok is false if it is none.
func sibling(name string) (file, digest string, ok bool) {
	for _, digest := range []string{".sha256", ".sha512"} {
		if file, ok := strings.CutSuffix(name, digest); ok && file != "" {
			return file, digest, true
		}
	}
	return "", "", false
}

// checksumLine is what sha256sum -c or sha512sum -c reads: the digest and the
// last segment of the name.
func checksumLine(a *schema.FileAttr, digest string) []byte {
	line, name := a.SHA256, lastSegment(a.Filename)
	if digest == ".sha512" {
		line = a.SHA512
	}
	if strings.ContainsAny(name, "\\\n") { // as GNU coreutils escape them
		line, name = `\`+line, strings.NewReplacer(`\`, `\\`, "\n", `\n`).Replace(name)
	}
	return []byte(line + "  " + name + "\n")
}
