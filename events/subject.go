package events

import (
	"errors"
	"fmt"
	"strings"
)

// Subject is where an event lies on NATS.
//
//	releases.{account}.{product}.{package}.{noun}.{verb}
//	access.{account}.{noun}.{id}.{verb}
//
// Account is the slug. On RELEASES, Product is the product's id, or "" when the
// event belongs to the account, and Package the package key in lower case, or
// "" when there is none. On ACCESS, ID is the id of the noun. The zero value of
// a part is written as "_".
type Subject struct {
	Log     Log
	Account string
	Product string
	Package string
	ID      string
	Kind    Kind
}

// ErrSubject is wrapped by every error of ParseSubject.
var ErrSubject = errors.New("not a subject of this log")

// String is the subject as NATS sees it; ParseSubject is its inverse.
func (s Subject) String() string {
	if s.Log == Access {
		return "access." + s.Account + "." + s.Kind.Noun() + "." + blank(s.ID) + "." + s.Kind.Verb()
	}
	return "releases." + s.Account + "." + blank(s.Product) + "." + PackageToken(s.Package) + "." + string(s.Kind)
}

// ParseSubject reads what String wrote, and nothing else.
func ParseSubject(text string) (Subject, error) {
	t := strings.Split(text, ".")
	for _, token := range t {
		if token == "" {
			return Subject{}, fmt.Errorf("%w: empty token in %q", ErrSubject, text)
		}
	}
	switch {
	case len(t) == 6 && t[0] == "releases":
		key, err := parsePackageToken(t[3])
		if err != nil {
			return Subject{}, fmt.Errorf("%w: %q", err, text)
		}
		return Subject{Log: Releases, Account: t[1], Product: unblank(t[2]), Package: key, Kind: Kind(t[4] + "." + t[5])}, nil
	case len(t) == 5 && t[0] == "access":
		return Subject{Log: Access, Account: t[1], ID: unblank(t[3]), Kind: Kind(t[2] + "." + t[4])}, nil
	}
	return Subject{}, fmt.Errorf("%w: %q", ErrSubject, text)
}

func blank(s string) string {
	if s == "" {
		return "_"
	}
	return s
}

func unblank(s string) string {
	if s == "_" {
		return ""
	}
	return s
}

const upperHex = "0123456789ABCDEF"

// PackageToken escapes a package key, folded to lower case, into one NATS
// token: a-z, 0-9, '-' and '_' stand for themselves, every other byte is '%'
// and two upper-case hex digits. The key "_" alone is "%5F", "" is "_".
func PackageToken(key string) string {
	if key == "" {
		return "_"
	}
	key = strings.ToLower(key)
	if key == "_" {
		return "%5F"
	}
	var b strings.Builder
	for i := 0; i < len(key); i++ {
		if c := key[i]; plain(c) {
			b.WriteByte(c)
		} else {
			b.WriteByte('%')
			b.WriteByte(upperHex[c>>4])
			b.WriteByte(upperHex[c&15])
		}
	}
	return b.String()
}

func plain(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_'
}

// parsePackageToken accepts only what PackageToken writes.
func parsePackageToken(token string) (string, error) {
	if token == "_" {
		return "", nil
	}
	var b strings.Builder
	for i := 0; i < len(token); i++ {
		if plain(token[i]) {
			b.WriteByte(token[i])
			continue
		}
		if token[i] != '%' || i+2 >= len(token) {
			return "", fmt.Errorf("%w: package token", ErrSubject)
		}
		hi, lo := strings.IndexByte(upperHex, token[i+1]), strings.IndexByte(upperHex, token[i+2])
		if hi < 0 || lo < 0 {
			return "", fmt.Errorf("%w: package token", ErrSubject)
		}
		b.WriteByte(byte(hi<<4 | lo))
		i += 2
	}
	if key := b.String(); PackageToken(key) == token && key != "" {
		return key, nil
	}
	return "", fmt.Errorf("%w: package token", ErrSubject)
}
