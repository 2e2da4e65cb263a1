package npm

import (
	"bytes"
	"time"
)

// validName says whether a package of this name could exist: at most 214 bytes,
// "name" or "@scope/name", URL-safe characters, no leading dot, underscore or
// hyphen of the name, none of the reserved names
// (https://github.com/npm/validate-npm-package-name).
func validName(name []byte) bool {
	if len(name) == 0 || len(name) > 214 {
		return false
	}
	part := name
	if name[0] == '@' {
		slash := bytes.IndexByte(name, '/')
		if slash < 2 || name[1] == '.' || !plain(name[1:slash]) {
			return false
		}
		part = name[slash+1:]
	} else if string(name) == "node_modules" || string(name) == "favicon.ico" {
		return false
	}
	if len(part) == 0 || part[0] == '.' || part[0] == '_' || part[0] == '-' {
		return false
	}
	return plain(part)
}

func plain(part []byte) bool {
	for _, c := range part {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		case bytes.IndexByte([]byte("-._~!*'()"), c) >= 0:
		default:
			return false
		}
	}
	return true
}

// cutAsOf splits /as-of/{cut}/… into the cut and what follows, if the second
// segment is a cut and a third one follows. Otherwise cut is nil: a package may
// be called as-of.
func cutAsOf(path []byte) (cut, rest []byte) {
	tail, ok := bytes.CutPrefix(path, []byte("/as-of/"))
	if !ok {
		return nil, path
	}
	slash := bytes.IndexByte(tail, '/')
	if slash < 1 || slash == len(tail)-1 || !isCut(tail[:slash]) {
		return nil, path
	}
	return tail[:slash], tail[slash:]
}

// isCut says whether s is a serial or an RFC 3339 time.
func isCut(s []byte) bool {
	digits := true
	for _, c := range s {
		digits = digits && c >= '0' && c <= '9'
	}
	if digits {
		return true
	}
	_, err := time.Parse(time.RFC3339Nano, string(s))
	return err == nil
}
