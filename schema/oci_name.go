package schema

// The grammars are those of the distribution specification
// (https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests).

// maxOCITag is the length of the longest tag.
const maxOCITag = 128

// OCITag reports whether a text is a tag: [A-Za-z0-9_][A-Za-z0-9._-]{0,127}.
func OCITag[T string | []byte](s T) bool {
	if len(s) == 0 || len(s) > maxOCITag || s[0] == '.' || s[0] == '-' {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !lowerOrDigit(c) && (c < 'A' || c > 'Z') && c != '_' && c != '.' && c != '-' {
			return false
		}
	}
	return true
}

// OCIName reports whether a text is a repository's name: components
// [a-z0-9]+((\.|_|__|-+)[a-z0-9]+)* joined by slashes.
func OCIName[T string | []byte](s T) bool {
	for begin := 0; ; {
		end := begin
		for end < len(s) && s[end] != '/' {
			end++
		}
		if !ociComponent(s[begin:end]) {
			return false
		}
		if end == len(s) {
			return true
		}
		begin = end + 1
	}
}

func ociComponent[T string | []byte](s T) bool {
	if len(s) == 0 || !lowerOrDigit(s[0]) || !lowerOrDigit(s[len(s)-1]) {
		return false
	}
	for i := 1; i < len(s); i++ {
		if lowerOrDigit(s[i]) {
			continue
		}
		n := 1 // of separators in a row; a letter follows at the latest at the end
		for s[i+n] == s[i] {
			n++
		}
		switch {
		case !lowerOrDigit(s[i+n]):
			return false
		case s[i] == '.' && n > 1, s[i] == '_' && n > 2, s[i] != '.' && s[i] != '_' && s[i] != '-':
			return false
		}
		i += n
	}
	return true
}

// OCIDigest reports whether a text is a digest that can be asked for: sha256 or
// sha512 in lower-case hexadecimal.
func OCIDigest[T string | []byte](s T) bool {
	const head = len("sha256:")
	var size int
	switch {
	case len(s) < head:
		return false
	case string(s[:head]) == "sha256:":
		size = 64
	case string(s[:head]) == "sha512:":
		size = 128
	}
	if size == 0 || len(s) != head+size {
		return false
	}
	for i := head; i < len(s); i++ {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

func lowerOrDigit(c byte) bool { return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' }
