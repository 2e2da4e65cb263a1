package oci

import (
	"bytes"
	"crypto/hmac"
	"encoding/base64"
	"encoding/json"
	"time"

	"offprint/schema"
	"offprint/schema/principal"
	"offprint/serve"
)

// bearer is what a bearer token says: who asked for it, never what they may see.
// On the wire: "ofp1.", the JSON in base64url, ".", a keyed digest of all that in
// base64url. It names no secret.
type bearer struct {
	Kind     string    `json:"k"` // anonymous, license, token
	Subjects []subject `json:"s,omitempty"`
	Issued   int64     `json:"iat"` // Unix seconds
	Expires  int64     `json:"exp"`
}

// subject is whose credential it was, in one account.
type subject struct {
	Account string `json:"a"`
	ID      string `json:"i"` // of the license or token
	Sum     string `json:"d"` // of the credential's keyed digest
}

const (
	bearerPrefix = "ofp1."
	maxBearer    = 2048

	anonymousKind = "anonymous"
	licenseKind   = "license"
	tokenKind     = "token"
)

var base64url = base64.RawURLEncoding.Strict()

// newBearer makes a token for whoever holds the credentials of stubs; none are
// anonymous.
func newBearer(stubs []principal.Stub, now time.Time, life time.Duration) bearer {
	b := bearer{Kind: anonymousKind, Issued: now.Unix(), Expires: now.Add(life).Unix()}
	for _, s := range stubs {
		b.Kind = tokenKind
		if s.Form == principal.KeyForm {
			b.Kind = licenseKind
		}
		b.Subjects = append(b.Subjects, subject{s.Account, s.ID, s.Sum})
	}
	return b
}

func (b *bearer) seal(s *schema.Sealer) string {
	text, err := json.Marshal(b)
	if err != nil {
		panic("oci: encode token: " + err.Error()) // strings and numbers always encode
	}
	out := base64url.AppendEncode([]byte(bearerPrefix), text)
	sum := s.Digest(schema.BearerToken, out)
	return string(base64url.AppendEncode(append(out, '.'), sum[:]))
}

// verified gives the JSON of a token that was sealed here, in room.
func verified(s *schema.Sealer, text, room []byte) ([]byte, *refusal) {
	dot := bytes.LastIndexByte(text, '.')
	if len(text) > maxBearer || dot < len(bearerPrefix) {
		return nil, &tokenInvalid
	}
	mac, err := base64url.AppendDecode(room[:0], text[dot+1:])
	sum := s.Digest(schema.BearerToken, text[:dot])
	if err != nil || !hmac.Equal(mac, sum[:]) {
		return nil, &tokenInvalid
	}
	payload, err := base64url.AppendDecode(room[:0], text[len(bearerPrefix):dot])
	if err != nil {
		return nil, &tokenInvalid
	}
	return payload, nil
}

// openBearer reads a token that was sealed here.
func openBearer(s *schema.Sealer, text []byte, now int64) (bearer, *refusal) {
	var b bearer
	payload, refusal := verified(s, text, make([]byte, 0, maxBearer))
	switch {
	case refusal != nil:
		return b, refusal
	case json.Unmarshal(payload, &b) != nil:
		return bearer{}, &tokenInvalid
	case now > b.Expires*1000:
		return bearer{}, &tokenExpired
	}
	return b, nil
}

// read is openBearer for one account, as every request needs it: the JSON was
// written by seal, so its parts are where seal puts them. No form says that the
// token is an anonymous one.
func read(payload []byte, account string, now int64) (principal.Stub, *refusal) {
	s := principal.Stub{Account: account}
	_, end, _ := bytes.Cut(payload, []byte(`,"exp":`))
	expires := int64(0)
	for _, c := range bytes.TrimSuffix(end, []byte("}")) {
		expires = expires*10 + int64(c-'0')
	}
	kind, _, _ := bytes.Cut(bytes.TrimPrefix(payload, []byte(`{"k":"`)), []byte(`"`))
	switch {
	case now > expires*1000:
		return s, &tokenExpired
	case string(kind) == anonymousKind:
		return s, nil
	case string(kind) == licenseKind:
		s.Form = principal.KeyForm
	case string(kind) == tokenKind:
		s.Form = principal.TokenForm
	}
	for rest := payload; ; {
		_, subject, found := bytes.Cut(rest, []byte(`{"a":"`))
		if !found || s.Form == principal.NoForm {
			return s, &tokenInvalid
		}
		if rest = subject; !bytes.HasPrefix(rest, []byte(account)) {
			continue
		}
		if id, ok := bytes.CutPrefix(rest[len(account):], []byte(`","i":"`)); ok {
			id, sum, _ := bytes.Cut(id, []byte(`","d":"`))
			sum, _, _ = bytes.Cut(sum, []byte(`"`))
			s.ID, s.Sum = string(id), string(sum)
			return s, nil
		}
	}
}

// stub is the credential that a token was got with, in an account.
func (b *bearer) stub(account string) (principal.Stub, bool) {
	form := principal.TokenForm
	if b.Kind == licenseKind {
		form = principal.KeyForm
	}
	for _, s := range b.Subjects {
		if s.Account == account {
			return principal.Stub{Account: account, Form: form, ID: s.ID, Sum: s.Sum}, true
		}
	}
	return principal.Stub{}, false
}

// presentedBearer gives the bearer token of a request; nil if it has none. Two
// headers are for others to refuse.
func presentedBearer(r *serve.Request) []byte {
	headers := r.Request.Header.PeekAll("Authorization")
	if len(headers) != 1 {
		return nil
	}
	scheme, value, _ := bytes.Cut(bytes.Trim(headers[0], " \t"), []byte(" "))
	value = bytes.TrimLeft(value, " \t")
	if !bytes.EqualFold(scheme, []byte("Bearer")) || !bytes.HasPrefix(value, []byte(bearerPrefix)) {
		return nil
	}
	return value
}

// authenticate finds who calls: by a bearer token of ours, or by any credential
// that other engines know. What they may see is decided now.
func (p *plan) authenticate(r *serve.Request) *refusal {
	text := presentedBearer(r)
	if text == nil {
		if refused := r.Authenticate(); refused != nil {
			return translate(refused)
		}
		return nil
	}
	payload, refusal := verified(r.Sealer(), text, p.token[:])
	if refusal != nil {
		return refusal
	}
	stub, refusal := read(payload, r.Account.ID, r.Now)
	switch {
	case refusal != nil:
		return refusal
	case stub.Form == principal.NoForm:
		r.Rights, p.nobody = r.Account.AnonymousRights(), true
		return nil
	}
	return p.hold(r, stub)
}

// hold gives the caller the rights of the credential of a stub.
func (p *plan) hold(r *serve.Request, s principal.Stub) *refusal {
	if refused := r.Confirmed(); refused != nil {
		return translate(refused)
	}
	rights, refused, err := r.Book().Held(r.Context(), s, r.Now)
	switch {
	case err != nil:
		return translate(r.Trouble(err))
	case refused != nil:
		return translate(refused)
	}
	r.Rights = rights
	return nil
}
