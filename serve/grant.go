package serve

import (
	"bytes"
	"crypto/hmac"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"time"

	"offprint/schema"
	"offprint/schema/principal"
)

// grant lets its bearer fetch one artifact as if it were the principal that it
// names. It is no right in itself: what the principal may see is decided when it
// is used. On the wire: "g1.", the JSON in base64url, ".", a keyed digest of all
// that in base64url.
type grant struct {
	Artifact string               `json:"a"`
	Kind     schema.PrincipalKind `json:"k"`
	ID       string               `json:"i,omitempty"` // of the principal
	Expires  int64                `json:"exp"`         // Unix seconds
}

const (
	grantPrefix = "g1."
	maxGrant    = 1024
)

var base64url = base64.RawURLEncoding.Strict()

// seal writes a grant. Equal grants give equal bytes.
func (g grant) seal(s *schema.Sealer) string {
	text, err := json.Marshal(g)
	if err != nil {
		panic("serve: encode grant: " + err.Error()) // strings and numbers always encode
	}
	out := base64url.AppendEncode([]byte(grantPrefix), text)
	sum := s.Digest(schema.GrantLink, out)
	return string(base64url.AppendEncode(append(out, '.'), sum[:]))
}

// openGrant reads a grant for an artifact. It has no rights yet.
func openGrant(s *schema.Sealer, text []byte, artifact string, now int64) (grant, *principal.Refusal) {
	var g grant
	dot := bytes.LastIndexByte(text, '.')
	if len(text) > maxGrant || !bytes.HasPrefix(text, []byte(grantPrefix)) || dot < len(grantPrefix) {
		return g, &grantInvalid
	}
	mac, err := base64url.AppendDecode(nil, text[dot+1:])
	sum := s.Digest(schema.GrantLink, text[:dot])
	if err != nil || !hmac.Equal(mac, sum[:]) {
		return g, &grantInvalid
	}
	payload, err := base64url.AppendDecode(nil, text[len(grantPrefix):dot])
	switch {
	case err != nil || json.Unmarshal(payload, &g) != nil || artifact == "" || g.Artifact != artifact:
		return grant{}, &grantInvalid
	case now > g.Expires*1000:
		return grant{}, &grantExpired
	}
	return g, nil
}

// Bounds of the life of a grant that a caller may set, in seconds.
const (
	minGrantLife = 60
	maxGrantLife = 7 * 24 * 3600
)

// grantUntil is when a grant made now expires, in Unix seconds. Its life is
// counted from the next quarter of an hour, so that equal requests give equal
// bytes.
func (r *Request) grantUntil() int64 {
	const quarter = int64(15 * 60)
	return (r.Now/1000/quarter+1)*quarter + int64(r.grantLife()/time.Second)
}

// grantLife is what staff and products ask for with ?ttl=, in seconds, within
// bounds; for all others, and if that is no number, the server's own.
func (r *Request) grantLife() time.Duration {
	if r.Staff() && len(r.Query) > 0 {
		if n, err := strconv.ParseInt(string(r.Param("ttl")), 10, 64); err == nil {
			return time.Duration(min(max(n, minGrantLife), maxGrantLife)) * time.Second
		}
	}
	return r.server.cfg.GrantLife
}

// BytesLink is the absolute URL of a file's bytes. It holds a grant for the
// caller, unless anonymous callers may read the file.
func (r *Request) BytesLink(v *FileView, i int32) string {
	a := v.Attr(i)
	link := r.AppendBytesURL(nil, a)
	rule := v.Rule(i)
	free := r.Account.anonymous.Cut(v.Product.ID, v.Product.Strategy(), rule.Constraints, r.Now)
	if rule.Status != schema.Published || rule.Date > free {
		g := grant{Artifact: a.Artifact, Kind: r.Rights.Kind, ID: r.Rights.ID, Expires: r.grantUntil()}
		link = append(append(link, "?grant="...), g.seal(r.server.sealer)...)
	}
	return string(link)
}

// AppendBytesURL appends the absolute URL of a file's bytes, the canonical one,
// to dst. It holds no credential.
func (r *Request) AppendBytesURL(dst []byte, a *schema.FileAttr) []byte {
	dst = r.server.cfg.Hosts.AppendBase(dst, r.RequestCtx)
	dst = append(append(dst, "/v1/accounts/"...), r.Account.ID...)
	dst = append(append(append(dst, "/artifacts/"...), a.Artifact...), '/')
	return AppendPath(dst, a.Filename)
}

// admitFile finds the caller of a request for an artifact's bytes: a valid grant
// stands for all other credentials; one that is not valid is overlooked if
// another credential is there. granted says that a grant counted.
func (r *Request) admitFile(artifact string) (granted bool, refusal *principal.Refusal) {
	text := r.Param("grant")
	if len(text) == 0 {
		return false, r.authenticate()
	}
	g, refusal := openGrant(r.server.sealer, text, artifact, r.Now)
	if refusal != nil {
		if presented, bad := r.present(); bad != nil || !presented.None() {
			return false, r.authenticate()
		}
		return false, refusal
	}
	if g.Kind != schema.Anonymous && !r.server.cfg.Fresh() {
		return false, &unconfirmed
	}
	rights, refusal, err := r.server.book.RightsOf(background(), r.Account.ID, g.Kind, g.ID, r.Now)
	if err != nil {
		return false, r.Trouble(err)
	}
	r.Rights = rights
	return true, refusal
}
