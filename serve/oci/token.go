package oci

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/url"
	"strings"
	"time"

	"offprint/schema/principal"
	"offprint/serve"
)

// maxForm bounds the body of a request for a token.
const maxForm = 64 << 10

// wish is what a client asks a token for.
type wish struct {
	presented principal.Presented
	scopes    []string // repository:<name>:<actions>
}

// tokenBody is the answer. There is no refresh token, so that clients keep user
// name and password.
type tokenBody struct {
	Token       string `json:"token"`
	AccessToken string `json:"access_token"`
	ExpiresIn   int    `json:"expires_in"`
	IssuedAt    string `json:"issued_at"`
	Scope       string `json:"scope,omitempty"`
}

// serveToken gives a bearer token to whoever presents a credential, or none
// (https://distribution.github.io/distribution/spec/auth/token/ and .../oauth/).
func (g *registry) serveToken(r *serve.Request) *refusal {
	var w wish
	var refusal *refusal
	if r.IsPost() {
		refusal = w.readForm(r)
	} else {
		refusal = w.readQuery(r)
	}
	if refusal != nil {
		return refusal
	}
	account, refusal := w.account(r)
	if refusal != nil {
		return refusal
	}
	stubs, refusal := stubsOf(r, account, w.presented)
	if refusal != nil {
		return refusal.unchallenged()
	}
	now := time.UnixMilli(r.Now)
	b := newBearer(stubs, now, g.life)
	text := b.seal(r.Sealer())
	body, err := json.Marshal(tokenBody{text, text, int(g.life / time.Second), now.UTC().Format(time.RFC3339), w.granted()})
	if err != nil {
		return translate(r.Trouble(err))
	}
	r.Response.Header.SetCanonical(headerCache, noStore)
	r.Response.Header.SetContentType("application/json")
	r.Response.SetBodyRaw(body)
	return nil
}

// stubsOf finds the credential in one account, or with "" in all.
func stubsOf(r *serve.Request, account string, presented principal.Presented) ([]principal.Stub, *refusal) {
	if presented.None() {
		return nil, nil
	}
	if refused := r.Confirmed(); refused != nil {
		return nil, translate(refused)
	}
	stubs, refused, err := r.Book().Stubs(r.Context(), account, presented, r.Now)
	switch {
	case err != nil:
		return nil, translate(r.Trouble(err))
	case refused != nil:
		return nil, translate(refused)
	}
	return stubs, nil
}

// readHeader reads the credential of the Authorization header alone.
func (w *wish) readHeader(r *serve.Request) *refusal {
	var refused *principal.Refusal
	w.presented, refused = principal.Parse(r.Request.Header.PeekAll("Authorization"), nil, nil, false, nil)
	if refused != nil {
		return translate(refused).unchallenged()
	}
	return nil
}

func (w *wish) readQuery(r *serve.Request) *refusal {
	values, _ := url.ParseQuery(string(r.Query)) // what does not parse is not there
	w.take(values["scope"])
	return w.readHeader(r)
}

func (w *wish) take(scopes []string) {
	for _, s := range scopes {
		w.scopes = append(w.scopes, strings.Fields(s)...)
	}
}

// readForm reads a form of OAuth 2.
func (w *wish) readForm(r *serve.Request) *refusal {
	text, refusal := readBody(r)
	if refusal != nil {
		return refusal
	}
	form, _ := url.ParseQuery(string(text))
	w.take(form["scope"])
	if refusal := w.readHeader(r); refusal != nil || !w.presented.None() {
		return refusal
	}
	var header string
	switch grant := form.Get("grant_type"); grant {
	case "password":
		if user, password := form.Get("username"), form.Get("password"); user != "" || password != "" {
			header = "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
		}
	case "refresh_token":
		header = "Bearer " + form.Get("refresh_token")
	default:
		return &unsupportedGrant
	}
	if header == "" {
		return nil
	}
	var refused *principal.Refusal
	w.presented, refused = principal.Parse([][]byte{[]byte(header)}, nil, nil, false, nil)
	if refused == nil && w.presented.None() { // an empty refresh token
		refused = &principal.Refusal{Status: 401, Code: "TOKEN_INVALID", Detail: "the token is not valid"}
	}
	if refused != nil {
		return translate(refused).unchallenged()
	}
	return nil
}

var unsupportedGrant = refusal{status: 400, code: "UNSUPPORTED", message: "grant_type must be password or refresh_token", grant: "unsupported_grant_type"}

// readBody reads a short body, whether it came at once or is a stream.
func readBody(r *serve.Request) ([]byte, *refusal) {
	if r.Request.Header.ContentLength() > maxForm {
		return nil, &tooLarge
	}
	stream := r.RequestBodyStream()
	if stream == nil {
		if body := r.Request.Body(); len(body) <= maxForm {
			return body, nil
		}
		return nil, &tooLarge
	}
	text, err := io.ReadAll(io.LimitReader(stream, maxForm+1))
	if err != nil || len(text) > maxForm {
		return nil, &tooLarge
	}
	return text, nil
}

// account is where the credential must be known: in the account that the first
// repository begins with, else the host's, else the only one, else "".
func (w *wish) account(r *serve.Request) (string, *refusal) {
	for _, s := range w.scopes {
		name, ok := strings.CutPrefix(s, "repository:")
		if !ok {
			continue
		}
		first, _, _ := strings.Cut(name, "/")
		first, _, _ = strings.Cut(first, ":")
		account, err := r.AccountNamed([]byte(first))
		if err != nil {
			return "", translate(r.Trouble(err))
		}
		if account != nil {
			return account.ID, nil
		}
		break
	}
	return ownAccount(r)
}

// ownAccount is the id of the host's account, or of the only one; "" if there
// are several.
func ownAccount(r *serve.Request) (string, *refusal) {
	account, err := r.OwnAccount()
	switch {
	case err != nil:
		return "", translate(r.Trouble(err))
	case account == nil:
		return "", nil
	}
	return account.ID, nil
}

// granted is what is said about the scopes: pull, whether or not there is such a
// repository. It decides nothing.
func (w *wish) granted() string {
	var out []string
	for _, s := range w.scopes {
		if !strings.HasPrefix(s, "repository:") {
			continue
		}
		if i := strings.LastIndexByte(s, ':'); i >= len("repository:") {
			out = append(out, s[:i]+":pull")
		}
	}
	return strings.Join(out, " ")
}

// servePing says whether a credential is good, in any account: what docker login
// asks, and what most clients begin with to get the challenge.
func (g *registry) servePing(r *serve.Request) *refusal {
	if refusal := g.known(r); refusal != nil {
		return refusal
	}
	r.Response.Header.SetCanonical(headerCache, noStore)
	r.Response.Header.SetContentType("application/json")
	r.Response.SetBodyString("{}")
	return nil
}

// known refuses a caller without credential, or with one that nobody knows.
func (g *registry) known(r *serve.Request) *refusal {
	if text := presentedBearer(r); text != nil {
		return g.knownBearer(r, text)
	}
	presented, refused := r.Presented()
	if refused != nil {
		return translate(refused)
	}
	if presented.None() {
		if emptyBasic(r) {
			return nil
		}
		return &login
	}
	account, refusal := ownAccount(r)
	if refusal == nil {
		_, refusal = stubsOf(r, account, presented)
	}
	return refusal
}

func (g *registry) knownBearer(r *serve.Request, text []byte) *refusal {
	b, refusal := openBearer(r.Sealer(), text, r.Now)
	if refusal != nil || b.Kind == anonymousKind {
		return refusal
	}
	var p plan
	refusal = &tokenInvalid
	for _, s := range b.Subjects {
		stub, _ := b.stub(s.Account)
		if refusal = p.hold(r, stub); refusal == nil {
			return nil
		}
	}
	return refusal
}

// emptyBasic says that the caller presented a user name and password, both
// empty.
func emptyBasic(r *serve.Request) bool {
	scheme, value, _ := bytes.Cut(bytes.TrimSpace(r.Request.Header.Peek("Authorization")), []byte(" "))
	return bytes.EqualFold(scheme, []byte("Basic")) && len(bytes.TrimSpace(value)) > 0
}
