package ingest

import (
	"crypto/rand"
	"encoding/hex"
	"strings"

	"offprint/events"
	"offprint/schema"
)

// tokenPrefixes by role of the bearer: the kind that a token shows.
var tokenPrefixes = map[string]string{"admin": "admin", "developer": "dev", "sales": "sales", "support": "spprt", "read-only": "read",
	"user": "user", "product": "prod", "license": "activ"}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

// newToken makes a token's text (access.md section 4).
func newToken(random func(int) []byte, role string) string {
	n := 32
	if role == "license" {
		n = 16
	}
	return tokenPrefixes[role] + "-" + hex.EncodeToString(random(n)) + "v3"
}

// newLicenseKey makes a key: five groups of six upper-case hexadecimal digits.
func newLicenseKey(random func(int) []byte) string {
	text := strings.ToUpper(hex.EncodeToString(random(15)))
	var groups []string
	for i := 0; i < len(text); i += 6 {
		groups = append(groups, text[i:i+6])
	}
	return strings.Join(groups, "-") + "-V3"
}

// tokenCommand is the command to make a token.
type tokenCommand struct {
	id, role, bearer, secret, digest string
}

func newTokenCommand(a *API, account, role, bearer, secret string) tokenCommand {
	digest := a.sealer.Hex(schema.TokenSecret, secret)
	return tokenCommand{schema.CredentialID(account, digest), role, bearer, secret, digest}
}

// userTokenLife is the default life of a token of role user, in milliseconds.
const userTokenLife = 14 * 24 * 3600 * 1000

func decideTokenGenerate(s stamp, cmd tokenCommand, in *input) (*events.Event, error) {
	at := s.time()
	expiry := int64(0)
	if cmd.role == "user" {
		expiry = at + userTokenLife
	}
	return tokenEvent(s, at, events.TokenGenerated, in, &events.TokenData{Token: cmd.id, Kind: cmd.role + "-token", Bearer: cmd.bearer,
		TokenDigest: cmd.digest, TokenPrefix: schema.Prefix(cmd.secret), Name: in.text("name")}, expiry)
}

// decideTokenRegenerate gives a token a new secret; id, name and bearer stay,
// and the expiry too, unless it is a user's, which begins anew.
func decideTokenRegenerate(s stamp, t schema.Token, secret, digest string, in *input) (*events.Event, error) {
	at := s.time(t.Base)
	expiry := t.Expiry
	if t.Kind == "user-token" && expiry != 0 {
		expiry = at + userTokenLife
	}
	name := t.Name
	if in.has("name") {
		name = in.text("name")
	}
	return tokenEvent(s, at, events.TokenRegenerated, in, &events.TokenData{Token: t.ID, Kind: t.Kind, Bearer: t.Bearer,
		TokenDigest: digest, TokenPrefix: schema.Prefix(secret), Name: name}, expiry)
}

func tokenEvent(s stamp, at int64, kind events.Kind, in *input, d *events.TokenData, expiry int64) (*events.Event, error) {
	var p problems
	p.name("name", d.Name)
	if in.has("expiry") {
		if expiry = in.moment("expiry"); expiry != 0 && expiry <= at {
			p.add("expiry", "EXPIRY_INVALID", "must be in the future")
		}
	}
	if len(p) > 0 {
		return nil, p
	}
	d.Expiry = eventTime(expiry)
	return s.event(at, kind, "tokens/"+d.Token, events.Subject{ID: d.Token}, d), nil
}
