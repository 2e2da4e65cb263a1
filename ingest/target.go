package ingest

import "strings"

// target is a request path, taken apart.
type target struct {
	account string   // as the path names it; "" if it does not
	path    []string // below the root, percent-decoded
}

// Claims says whether a request path belongs to the publishing API.
func Claims(path []byte) bool {
	p := strings.TrimLeft(string(path), "/")
	first, rest, _ := strings.Cut(p, "/")
	if first == "v1" {
		return true
	}
	second, _, _ := strings.Cut(rest, "/")
	return second == "v1" && slug(strings.ToLower(first)) == "" || second == "v1" && uuidOf(first) != ""
}

// parseTarget splits a request path by the three roots of publishing-api.md
// section 1. Segments are percent-decoded once, after splitting; '+' is itself.
func parseTarget(raw string) (target, error) {
	parts := strings.Split(strings.TrimLeft(raw, "/"), "/")
	if n := len(parts); n > 1 && parts[n-1] == "" {
		parts = parts[:n-1]
	}
	for i := range parts {
		text, err := percentDecode(parts[i])
		if err != nil {
			return target{}, err
		}
		parts[i] = text
	}
	switch {
	case parts[0] == "v1" && len(parts) > 3 && parts[1] == "accounts":
		return target{parts[2], parts[3:]}, nil
	case parts[0] == "v1" && len(parts) == 3 && parts[1] == "accounts":
		return target{parts[2], parts[1:]}, nil
	case parts[0] == "v1":
		return target{"", parts[1:]}, nil
	case len(parts) > 1 && parts[1] == "v1" && parts[0] != "" && (len(parts) < 3 || parts[2] != "accounts"):
		return target{parts[0], parts[2:]}, nil
	}
	return target{}, nil
}

// percentDecode decodes %XX once. A broken escape or text that is not UTF-8 is
// an error.
func percentDecode(s string) (string, error) {
	if !strings.Contains(s, "%") {
		return s, checkText(s)
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b = append(b, s[i])
			continue
		}
		if i+2 >= len(s) || hexValue(s[i+1]) < 0 || hexValue(s[i+2]) < 0 {
			return "", badRequest("ENCODING_INVALID", "the path or query holds a broken percent escape")
		}
		b = append(b, byte(hexValue(s[i+1])<<4|hexValue(s[i+2])))
		i += 2
	}
	return string(b), checkText(string(b))
}

func hexValue(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
