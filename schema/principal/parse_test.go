package principal

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"
)

func basic(s string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(s)) }

const someUUID = "30c64dcd-a74d-4f0d-8479-8745172a4817"

// parsed is what Parse says, as a word: form and secret, or status and code.
func parsed(headers []string, token, auth string, password bool) string {
	var values [][]byte
	for _, h := range headers {
		values = append(values, []byte(h))
	}
	p, refusal := Parse(values, []byte(token), []byte(auth), password, nil)
	if refusal != nil {
		return refusal.Code
	}
	switch p.Form {
	case TokenForm:
		return "token " + string(p.Secret)
	case KeyForm:
		return "key " + string(p.Secret)
	case PasswordForm:
		return "password " + string(p.Secret) + " of " + string(p.User)
	}
	return "nobody"
}

func TestParseHeader(t *testing.T) {
	for _, c := range []struct{ name, header, want string }{
		{"bearer", "Bearer prod-1v3", "token prod-1v3"},
		{"token", "Token prod-1v3", "token prod-1v3"},
		{"license", "License F50B6D-V3", "key F50B6D-V3"},
		{"case of the scheme", "bEARER t", "token t"},
		{"case of the scheme", "LICENSE k", "key k"},
		{"case of the secret", "Bearer tEsT", "token tEsT"},
		{"more spaces", "Bearer   t", "token t"},
		{"space within a key", "License my own key", "key my own key"},
		{"whitespace around the value is HTTP's", " Bearer t \t", "token t"},
		{"colon in a bearer", "Bearer license:k", "token license:k"},
		{"no value", "Bearer", "nobody"},
		{"blank value", "Bearer   ", "nobody"},
		{"blank basic", "Basic ", "nobody"},
		{"empty", "", "nobody"},
		{"scheme glued to the value", "Bearer:t", "nobody"},
		{"A3 unknown scheme", "Negotiate YIIabc", "nobody"},
		{"A6 empty key", basic("license:"), "LICENSE_INVALID"},
		{"A7 empty user and password", "Basic Og==", "nobody"},
		{"A8 colons in a key", basic("license:a:b::c"), "key a:b::c"},
		{"A9 newline after the token", basic("token:t\n"), "token t\n"},
		{"A9 space after the token", basic("t :x"), "token t "},
		{"A12 key as bearer", "Bearer F50B6D-01FB13-177722-F4E9E2-A17B63-V3", "token F50B6D-01FB13-177722-F4E9E2-A17B63-V3"},
		{"A13 UUID", "Bearer " + someUUID, "TOKEN_FORMAT_INVALID"},
		{"A13 UUID in upper case", "Token " + strings.ToUpper(someUUID), "TOKEN_FORMAT_INVALID"},
		{"A13 UUID in Basic", basic("token:" + someUUID), "TOKEN_FORMAT_INVALID"},
		{"A13 UUID as user", basic(someUUID + ":x"), "TOKEN_FORMAT_INVALID"},
		{"UUID as key", "License " + someUUID, "key " + someUUID},
		{"36 characters, no UUID", "Bearer " + strings.Repeat("z", 36), "token " + strings.Repeat("z", 36)},
		{"basic token", basic("token:t"), "token t"},
		{"basic token as user", basic("t:x-oauth-basic"), "token t"},
		{"basic token as user, no password", basic("t:"), "token t"},
		{"basic empty token", basic("token:"), "TOKEN_INVALID"},
		{"basic empty user", basic(":t"), "TOKEN_INVALID"},
		{"basic no colon", basic("license"), "TOKEN_INVALID"},
		{"basic no base64", "Basic %%%", "TOKEN_INVALID"},
		{"basic broken base64", "Basic Zm9vOmJhc", "TOKEN_INVALID"},
		{"basic mixed alphabets", "Basic bGljZW5zZTo-Pz8/", "TOKEN_INVALID"},
		{"basic without padding", strings.TrimRight(basic("license:k"), "="), "key k"},
		{"basic URL alphabet", "Basic " + base64.URLEncoding.EncodeToString([]byte("license:>>>???")), "key >>>???"},
		{"basic standard alphabet", basic("license:>>>???"), "key >>>???"},
		{"basic e-mail elsewhere than POST /tokens", basic("a@example.com:secret"), "token a@example.com"},
		{"longest token", "Bearer " + strings.Repeat("t", maxToken), "token " + strings.Repeat("t", maxToken)},
		{"token too long", "Bearer " + strings.Repeat("t", maxToken+1), "TOKEN_INVALID"},
		{"longest key", basic("license:" + strings.Repeat("k", maxKey)), "key " + strings.Repeat("k", maxKey)},
		{"key too long", "License " + strings.Repeat("k", 64<<10), "LICENSE_INVALID"},
		{"basic key too long", basic("license:" + strings.Repeat("k", 64<<10)), "LICENSE_INVALID"},
		{"basic token too long", basic(strings.Repeat("t", 64<<10) + ":"), "TOKEN_INVALID"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := parsed([]string{c.header}, "", "", false); got != c.want {
				t.Errorf("%.80q: %.80q, want %.80q", c.header, got, c.want)
			}
		})
	}
}

func TestParseQuery(t *testing.T) {
	for _, c := range []struct{ name, header, token, auth, want string }{
		{"bare token", "", "t", "", "token t"},
		{"bare token in auth", "", "", "t", "token t"},
		{"key in token", "", "license:k:l", "", "key k:l"},
		{"key in auth", "", "", "license:k", "key k"},
		{"token in auth", "", "", "token:t", "token t"},
		{"token before auth", "", "t", "license:k", "token t"},
		{"bad token before good auth", "", someUUID, "license:k", "TOKEN_FORMAT_INVALID"},
		{"empty key", "", "license:", "", "LICENSE_INVALID"},
		{"empty token", "", "token:", "", "TOKEN_INVALID"},
		{"A4 unknown scheme", "Negotiate YIIabc", "", "license:k", "key k"},
		{"blank scheme", "Bearer ", "", "license:k", "key k"},
		{"A5 header wins", "Bearer t", "bad", "", "token t"},
		{"A7 header wins, though anonymous", "Basic Og==", "t", "", "nobody"},
		{"bad header wins", "Basic %", "t", "", "TOKEN_INVALID"},
		{"A9 newline", "", "t\n", "", "token t\n"},
		{"A13 UUID", "", someUUID, "", "TOKEN_FORMAT_INVALID"},
		{"key too long", "", "", "license:" + strings.Repeat("k", 64<<10), "LICENSE_INVALID"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := parsed([]string{c.header}, c.token, c.auth, false); got != c.want {
				t.Errorf("%.80q, want %.80q", got, c.want)
			}
		})
	}
	if got := parsed(nil, "", "", false); got != "nobody" {
		t.Errorf("nothing: %q", got)
	}
}

func TestParsePassword(t *testing.T) {
	for header, want := range map[string]string{
		basic("a@example.com:s:e c"): "password s:e c of a@example.com",
		basic("a@example.com:"):      "password  of a@example.com",
		basic("license:a@b"):         "key a@b",
		basic("token:a@b"):           "token a@b",
		basic("t:x@y"):               "token t",
		"Bearer a@example.com":       "token a@example.com",
	} {
		if got := parsed([]string{header}, "", "", true); got != want {
			t.Errorf("%q: %q, want %q", header, got, want)
		}
	}
}

func TestParseTwoHeaders(t *testing.T) {
	for _, headers := range [][]string{{"Bearer t", "Bearer t"}, {"", "Bearer t"}, {"Negotiate x", "Basic Og=="}} {
		if got := parsed(headers, "t", "", false); got != "PARAMETERS_INVALID" {
			t.Errorf("%q: %q", headers, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, header := range []string{"Bearer t", "License k", basic("license:k"), basic("t:x"), basic("a@b:c"), "Basic Og==", "Basic Og", "Basic -_/+",
		"Negotiate x", "Token " + someUUID, " basic  ====", "Basic " + strings.Repeat("A", 6000)} {
		f.Add([]byte(header), []byte("t"), []byte("license:k"), true)
	}
	f.Fuzz(func(t *testing.T, header, token, auth []byte, password bool) {
		p, refusal := Parse([][]byte{header}, token, auth, password, nil)
		again, refusal2 := Parse([][]byte{header}, token, auth, password, make([]byte, 3, 8000))
		if refusal != refusal2 || p.Form != again.Form || !bytes.Equal(p.Secret, again.Secret) || !bytes.Equal(p.User, again.User) {
			t.Fatalf("depends on the room: %v %v, %v %v", p, refusal, again, refusal2)
		}
		if refusal != nil && (refusal.Status != 401 || !p.None()) {
			t.Errorf("%v with %v", refusal, p)
		}
		switch {
		case p.Form == NoForm && (p.Secret != nil || p.User != nil):
			t.Errorf("nobody with %q", p.Secret)
		case p.Form == TokenForm && (len(p.Secret) == 0 || len(p.Secret) > maxToken),
			p.Form == KeyForm && (len(p.Secret) == 0 || len(p.Secret) > maxKey):
			t.Errorf("%d bytes", len(p.Secret))
		case p.Form == PasswordForm && (!password || len(p.Secret) > maxBasic):
			t.Errorf("a password of %d bytes", len(p.Secret))
		}
	})
}
