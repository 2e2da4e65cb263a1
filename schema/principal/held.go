package principal

import (
	"context"
	"encoding/hex"
	"strings"

	"offprint/schema"
)

// Stub names a credential without holding it: enough to find it again and to
// notice that it was replaced by another. It gives no rights to who knows it.
type Stub struct {
	Account string // id
	Form    Form   // TokenForm, KeyForm
	ID      string // of the token, or of the license of a key
	Sum     string // the beginning of the credential's keyed digest, in hexadecimal
}

// stubSum is the length of Stub.Sum.
const stubSum = 16

// Stubs finds the accounts in which a credential is known: account if that is
// not "", else all. A refusal says that the credential counts in none of them;
// of several refusals it is the first. No stub and no refusal: the caller is
// anonymous.
func (b *Book) Stubs(ctx context.Context, account string, p Presented, now int64) ([]Stub, *Refusal, error) {
	kind, purpose, unknown := schema.Tokens, schema.TokenSecret, &badToken
	switch p.Form {
	case NoForm:
		return nil, nil, nil
	case TokenForm:
	case KeyForm:
		kind, purpose, unknown = schema.Licenses, schema.LicenseSecret, &badKey
	default:
		return nil, &badPassword, nil
	}
	digest := b.sealer.Digest(purpose, p.Secret)
	text := hex.EncodeToString(digest[:])
	found, err := b.store.Find(ctx, account, kind, text)
	if err != nil {
		return nil, nil, err
	}
	var out []Stub
	var first *Refusal
	for _, rec := range found[:min(len(found), maxStubs)] {
		_, refusal, err := b.Rights(ctx, rec.Account, p, now)
		switch {
		case err != nil:
			return nil, nil, err
		case refusal == nil:
			out = append(out, Stub{rec.Account, p.Form, rec.ID, text[:stubSum]})
		case first == nil:
			first = refusal
		}
	}
	switch {
	case len(out) > 0:
		return out, nil, nil
	case first != nil:
		return nil, first, nil
	}
	return nil, unknown, nil
}

// maxStubs bounds the accounts in which one credential is looked for.
const maxStubs = 10

// Held is Rights for whoever held the credential of a stub when it was made.
// They are those that the credential has now: what became of it is judged at
// every call.
func (b *Book) Held(ctx context.Context, s Stub, now int64) (*schema.Rights, *Refusal, error) {
	unknown := &badToken
	if s.Form == KeyForm {
		unknown = &badKey
	}
	var room [128]byte
	name := append(append(append(append(room[:0], "held/"...), s.ID...), byte(s.Form)), s.Sum...)
	at := credential{account: s.Account, digest: b.sealer.Digest(schema.GrantLink, name)}
	e, _ := b.entries.Load(at)
	if e == nil {
		var err error
		if e, err = b.load(ctx, at, func(ctx context.Context, at credential) (*entry, error) { return b.readHeld(ctx, at, s) }); err != nil {
			return nil, nil, err
		}
	}
	if e == nil {
		return nil, unknown, nil
	}
	rights, refusal := e.judge(now)
	return rights, refusal, nil
}

// readHeld reads the credential of a stub; nil if it is another now.
func (b *Book) readHeld(ctx context.Context, at credential, s Stub) (*entry, error) {
	kind, read := schema.Tokens, b.entryOfToken
	if s.Form == KeyForm {
		kind, read = schema.Licenses, b.entryOfKey
	}
	rec, err := b.store.Record(ctx, s.Account, kind, s.ID)
	if err != nil || len(s.Sum) != stubSum || !strings.HasPrefix(rec.Name, s.Sum) {
		return nil, err
	}
	return read(ctx, at, rec)
}
