package principal

import (
	"context"
	"fmt"

	"offprint/schema"
)

// RightsOf gives what a principal may do in an account, judged at the time now
// in Unix milliseconds, without any credential of its own: for a grant, which
// was given to it and names it. Kind and id are those of its Rights. A license
// that is suspended or has lapsed counts for nothing, as with its token; a
// principal that is gone sees nothing, not even what is free. A refusal says
// that a user is banned. The error says that the store could not be read.
func (b *Book) RightsOf(ctx context.Context, account string, kind schema.PrincipalKind, id string, now int64) (*schema.Rights, *Refusal, error) {
	if kind == schema.Anonymous {
		return b.nobody(account), nil, nil
	}
	at := credential{account: account, digest: b.sealer.Digest(schema.GrantLink, []byte(string(kind)+"/"+id))}
	e, _ := b.entries.Load(at)
	if e == nil {
		var err error
		e, err = b.load(ctx, at, func(ctx context.Context, at credential) (*entry, error) { return b.readHolder(ctx, at, kind, id) })
		if err != nil {
			return nil, nil, err
		}
	}
	if e == nil {
		return &schema.Rights{Kind: schema.ProductCaller, Account: account}, nil, nil // of no product
	}
	rights, refusal := e.judge(now)
	return rights, refusal, nil
}

// readHolder reads a principal by its id.
func (b *Book) readHolder(ctx context.Context, at credential, kind schema.PrincipalKind, id string) (*entry, error) {
	e := &entry{at: at, rights: &schema.Rights{Account: at.account, ID: id}}
	e.need("", schema.Accounts, at.account)
	switch kind {
	case schema.LicenseCaller:
		e.need(at.account, schema.Licenses, id)
		_, _, err := b.grant(ctx, e, id)
		return e, err
	case schema.UserCaller, schema.StaffCaller:
		e.need(at.account, schema.Users, id)
		return e, b.bearUser(ctx, e)
	case schema.ProductCaller:
		e.need(at.account, schema.Products, id)
		e.rights.Kind, e.rights.Product = schema.ProductCaller, id
		_, err := b.store.Record(ctx, at.account, schema.Products, id)
		return e, err
	}
	return nil, fmt.Errorf("unknown kind of principal %q", kind)
}
