package oci

import (
	"bytes"

	"offprint/serve"
)

// accepts says whether the client takes a media type: by all its Accept lines
// together (RFC 9110 section 12.5.1), since docker sends several. The most
// specific range counts; application/json stands for every manifest.
func accepts(r *serve.Request, media string) bool {
	exact, plain, application, all := -1, -1, -1, -1
	some := false
	for _, line := range r.Request.Header.PeekAll("Accept") {
		for len(line) > 0 {
			var item []byte
			item, line, _ = bytes.Cut(line, []byte(","))
			name, params, _ := bytes.Cut(item, []byte(";"))
			if name = bytes.TrimSpace(name); len(name) == 0 {
				continue
			}
			some = true
			var q *int
			switch {
			case foldEqual(name, media):
				q = &exact
			case foldEqual(name, "application/json"):
				q = &plain
			case foldEqual(name, "application/*"):
				q = &application
			case string(name) == "*/*":
				q = &all
			default:
				continue
			}
			*q = max(*q, serve.Quality(params))
		}
	}
	switch {
	case !some:
		return true
	case exact >= 0:
		return exact > 0
	case plain >= 0:
		return plain > 0
	case application >= 0:
		return application > 0
	}
	return all > 0
}

// foldEqual compares names of media types, whose case does not count.
func foldEqual(b []byte, s string) bool {
	if len(b) != len(s) {
		return false
	}
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != s[i] {
			return false
		}
	}
	return true
}
