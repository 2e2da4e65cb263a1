package principal

import (
	"bytes"
	"encoding/base64"
	"slices"

	"github.com/google/uuid"
)

// Longer secrets are issued to nobody: 255 characters of a token, 1,024 of a
// license key, of four bytes at most.
const (
	maxToken = 4 * 255
	maxKey   = 4 * 1024
)

// maxBasic is how much base64 of a Basic credential is looked at: more than any
// valid one has, so that what is cut off is too long whatever follows.
const maxBasic = 5600

// Parse reads the credential of a request. Headers are the values of all
// Authorization headers; token and auth are the percent-decoded query
// parameters of these names, empty if they are not there, and count only when
// no known scheme is present, token before auth. Password allows Basic with
// e-mail and password.
//
// The secret is exactly what was sent. It may alias the arguments and buf, which
// is room for a decoded Basic credential and may be nil. With 4,200 bytes of
// room Parse allocates nothing.
func Parse(headers [][]byte, token, auth []byte, password bool, buf []byte) (Presented, *Refusal) {
	if len(headers) > 1 {
		return Presented{}, &twoHeaders
	}
	if len(headers) == 1 {
		// RFC 9110, section 11.6.2: credentials = auth-scheme 1*SP token68.
		scheme, value, _ := bytes.Cut(bytes.Trim(headers[0], " \t"), []byte(" "))
		value = bytes.TrimLeft(value, " \t")
		if read := reader(scheme); read != nil && len(value) > 0 {
			return read(value, password, buf)
		}
	}
	if len(token) > 0 {
		return readQuery(token)
	}
	if len(auth) > 0 {
		return readQuery(auth)
	}
	return Presented{}, nil
}

// reader finds how credentials of a scheme are read; nil for an unknown scheme.
func reader(scheme []byte) func(value []byte, password bool, buf []byte) (Presented, *Refusal) {
	for i := range schemes {
		if bytes.EqualFold(scheme, schemes[i].name) {
			return schemes[i].read
		}
	}
	return nil
}

// schemes are those of the Authorization header.
var schemes = [...]struct {
	name []byte
	read func(value []byte, password bool, buf []byte) (Presented, *Refusal)
}{
	{[]byte("Bearer"), func(value []byte, _ bool, _ []byte) (Presented, *Refusal) { return asToken(value) }},
	{[]byte("Basic"), readBasic},
	{[]byte("License"), func(value []byte, _ bool, _ []byte) (Presented, *Refusal) { return asKey(value) }},
	{[]byte("Token"), func(value []byte, _ bool, _ []byte) (Presented, *Refusal) { return asToken(value) }},
}

// readBasic reads user and password (RFC 7617), in either alphabet of base64,
// padded or not.
func readBasic(value []byte, password bool, buf []byte) (Presented, *Refusal) {
	encoding := base64.RawStdEncoding
	value = bytes.TrimRight(value[:min(len(value), maxBasic)], "=")
	if bytes.ContainsAny(value, "-_") {
		encoding = base64.RawURLEncoding
	}
	size := encoding.DecodedLen(len(value))
	buf = slices.Grow(buf[:0], size)[:size]
	n, err := encoding.Decode(buf, value)
	if err != nil {
		return Presented{}, &badBasic
	}
	user, secret, ok := bytes.Cut(buf[:n], []byte(":"))
	switch {
	case !ok:
		return Presented{}, &badBasic
	case len(user) == 0 && len(secret) == 0:
		return Presented{}, nil
	case string(user) == "license":
		return asKey(secret)
	case string(user) == "token":
		return asToken(secret)
	case password && bytes.IndexByte(user, '@') >= 0:
		return Presented{Form: PasswordForm, Secret: secret, User: user}, nil
	}
	return asToken(user)
}

func readQuery(value []byte) (Presented, *Refusal) {
	if key, ok := bytes.CutPrefix(value, []byte("license:")); ok {
		return asKey(key)
	}
	token, _ := bytes.CutPrefix(value, []byte("token:"))
	return asToken(token)
}

func asToken(secret []byte) (Presented, *Refusal) {
	switch {
	case len(secret) == 0 || len(secret) > maxToken:
		return Presented{}, &badToken
	case isUUID(secret):
		return Presented{}, &tokenIsID
	}
	return Presented{Form: TokenForm, Secret: secret}, nil
}

func asKey(secret []byte) (Presented, *Refusal) {
	if len(secret) == 0 || len(secret) > maxKey {
		return Presented{}, &badKey
	}
	return Presented{Form: KeyForm, Secret: secret}, nil
}

// isUUID knows the usual form only: 36 characters, no braces, no prefix.
func isUUID(b []byte) bool {
	if len(b) != 36 {
		return false
	}
	_, err := uuid.ParseBytes(b)
	return err == nil
}
