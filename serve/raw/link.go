package raw

import (
	"strings"

	"offprint/serve"
)

// link is a path below the engine's prefix, taken apart:
// {product}[/@{package}]/{release}/{artifact…}.
type link struct {
	product  string // id or code
	packaged bool
	pkg      string // id or key
	release  string // id, tag or version
	file     string // id or filename; what the caller called it, if nowhere
	nowhere  bool   // lacks a part, or holds a segment that no name has
}

// parse splits a path at its slashes, then decodes each segment once. One slash
// at the end is ignored. ok is false for a broken escape and for what is no
// text.
func parse(path []byte) (l link, ok bool) {
	segments := strings.Split(strings.TrimSuffix(strings.TrimPrefix(string(path), "/"), "/"), "/")
	for i := range segments {
		text, ok := serve.DecodeText(segments[i])
		if !ok {
			return link{}, false
		}
		segments[i] = text
	}
	l.file = segments[len(segments)-1]
	names := segments
	if len(segments) > 1 && strings.HasPrefix(segments[1], "@") {
		l.packaged, l.pkg = true, segments[1][1:]
		names = append([]string{segments[0]}, segments[2:]...)
	}
	if len(names) < 3 {
		l.nowhere = true
		return l, true
	}
	l.product, l.release, l.file = names[0], names[1], strings.Join(names[2:], "/")
	l.nowhere = !proper(l.product) || !proper(l.release) || l.packaged && !proper(l.pkg) || !serve.ValidName(l.file)
	return l, true
}

func proper(segment string) bool { return segment != "" && segment != "." && segment != ".." }
