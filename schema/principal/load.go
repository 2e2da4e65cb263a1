package principal

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"

	"offprint/schema"
)

// load asks the store, through read, for a credential and remembers the answer,
// unless it may be outdated already; nil if nobody holds it.
func (b *Book) load(ctx context.Context, at credential, read func(context.Context, credential) (*entry, error)) (*entry, error) {
	l := &load{}
	b.mu.Lock()
	b.loads[l] = struct{}{}
	b.mu.Unlock()
	e, err := read(ctx, at)
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.loads, l)
	switch {
	case errors.Is(err, schema.ErrNotFound): // a part of it was deleted
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("credential of account %q: %w", at.account, err)
	case e != nil && !l.outdated(e):
		b.keep(e)
	}
	return e, nil
}

func (b *Book) readToken(ctx context.Context, at credential) (*entry, error) {
	found, err := b.store.Find(ctx, at.account, schema.Tokens, hex.EncodeToString(at.digest[:]))
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return b.entryOfToken(ctx, at, found[0])
}

// entryOfToken makes the entry of a token that was found.
func (b *Book) entryOfToken(ctx context.Context, at credential, rec schema.Record) (*entry, error) {
	t, err := schema.Parse[schema.Token](rec)
	if err != nil {
		return nil, err
	}
	e := &entry{at: at, expiry: t.Expiry, rights: &schema.Rights{Account: rec.Account, Token: rec.ID}}
	e.need("", schema.Accounts, e.rights.Account)
	e.need(e.rights.Account, schema.Tokens, t.ID)
	kind, id := schema.BearerParts(t.Bearer)
	e.need(e.rights.Account, kind, id)
	e.rights.ID = id
	switch kind {
	case schema.Licenses:
		return e, b.bearLicense(ctx, e)
	case schema.Users:
		return e, b.bearUser(ctx, e)
	case schema.Products:
		e.rights.Kind, e.rights.Product = schema.ProductCaller, id
		_, err = b.store.Record(ctx, e.rights.Account, schema.Products, id)
		return e, err
	}
	return nil, fmt.Errorf("token %s: unknown bearer %q", t.ID, t.Bearer)
}

// bearUser gives e the rights of the user that its rights name. A role that is
// not known is no staff.
func (b *Book) bearUser(ctx context.Context, e *entry) error {
	u, err := schema.Get[schema.User](ctx, b.store, e.rights.Account, schema.Users, e.rights.ID)
	if err != nil {
		return err
	}
	if u.Banned {
		e.state = &userBanned
	}
	e.rights.Kind, e.rights.Role = schema.UserCaller, u.Role
	switch u.Role {
	case "admin", "developer", "sales", "support", "read-only":
		e.rights.Kind = schema.StaffCaller
	}
	return nil
}

// bearLicense gives e, made of a license token, the rights of its license,
// which counts for nothing while it is suspended or has lapsed.
func (b *Book) bearLicense(ctx context.Context, e *entry) error {
	g, strategy, err := b.grant(ctx, e, e.rights.ID)
	if err != nil {
		return err
	}
	if g.Dead == "LICENSE_BANNED" {
		e.state = &ownerBanned
	}
	if strategy != "TOKEN" && strategy != "MIXED" {
		e.form = &tokenForbidden
	}
	return nil
}

// readKey reads the license of a key, which is refused while the license does
// not count.
func (b *Book) readKey(ctx context.Context, at credential) (*entry, error) {
	found, err := b.store.Find(ctx, at.account, schema.Licenses, hex.EncodeToString(at.digest[:]))
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return b.entryOfKey(ctx, at, found[0])
}

// entryOfKey makes the entry of the key of a license that was found.
func (b *Book) entryOfKey(ctx context.Context, at credential, rec schema.Record) (*entry, error) {
	e := &entry{at: at, rights: &schema.Rights{Account: at.account, ID: rec.ID}}
	e.need("", schema.Accounts, at.account)
	e.need(at.account, schema.Licenses, rec.ID)
	g, strategy, err := b.grant(ctx, e, rec.ID)
	if err != nil {
		return nil, err
	}
	switch g.Dead {
	case "LICENSE_BANNED":
		e.state = &licenseBanned
	case "LICENSE_SUSPENDED":
		e.state = &suspended
	}
	e.lapse = g.Until
	if strategy != "LICENSE" && strategy != "MIXED" {
		e.form = &keyForbidden
	}
	return e, nil
}

// grant makes e's rights those of a license, and gives its grant and the
// authenticationStrategy of its policy.
func (b *Book) grant(ctx context.Context, e *entry, id string) (g schema.Grant, strategy string, err error) {
	l, p, owner, err := schema.LoadLicense(ctx, b.store, e.rights.Account, id)
	if err != nil {
		return g, "", err
	}
	e.need(e.rights.Account, schema.Policies, p.ID)
	if l.Owner != "" {
		e.need(e.rights.Account, schema.Users, l.Owner)
	}
	g = schema.NewGrant(&l, &p, owner != nil && owner.Banned)
	e.rights.Kind, e.rights.Grants = schema.LicenseCaller, []schema.Grant{g}
	return g, cmp.Or(p.AuthenticationStrategy, "MIXED"), nil
}
