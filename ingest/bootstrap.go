package ingest

import (
	"context"
	"fmt"

	"offprint/events"
	"offprint/schema"
)

// Bootstrap makes sure that the account slug exists and that adminToken is one
// of its admin tokens, whatever the account's status and wherever it came from.
// It takes nothing away, and a second call changes nothing. Each step is one
// event and looks at what is there first, so a crash between two steps is
// mended by the next start. The projector must be running.
func (a *API) Bootstrap(ctx context.Context, slug, adminToken string) error {
	account, err := a.ensureAccount(ctx, slug)
	if err != nil {
		return fmt.Errorf("account %s: %w", slug, err)
	}
	digest := a.sealer.Hex(schema.TokenSecret, adminToken)
	tokens, err := named[schema.Token](ctx, a.store, "", schema.Tokens, digest)
	if err != nil {
		return fmt.Errorf("admin token: %w", err)
	}
	for _, t := range tokens {
		switch admin, err := a.isAdminToken(ctx, account.ID, t); {
		case err != nil:
			return fmt.Errorf("admin token: %w", err)
		case admin:
			return nil
		default:
			return fmt.Errorf("the admin token is already in use as a %s of account %s", t.Kind, t.Account)
		}
	}
	user, err := a.ensureAdmin(ctx, account)
	if err != nil {
		return fmt.Errorf("administrator of account %s: %w", slug, err)
	}
	cmd := newTokenCommand(a, account.ID, "admin", "users/"+user, adminToken)
	_, regenerated, err := load[schema.Token](ctx, a.store, account.ID, schema.Tokens, cmd.id)
	if err != nil {
		return fmt.Errorf("admin token: %w", err)
	}
	if regenerated { // the id lives on with another secret, which is not to be taken away
		cmd.id = a.cfg.MakeID()
	}
	if _, _, err := a.submitToken(ctx, a.ownStamp(account.ID, account.Slug), cmd, &input{}); err != nil {
		return fmt.Errorf("admin token of account %s: %w", slug, err)
	}
	return nil
}

// ownStamp is that of commands of the server itself.
func (a *API) ownStamp(account, slug string) stamp {
	return stamp{id: a.cfg.NewID(), account: account, slug: slug, actor: "system", now: a.cfg.Now().UnixMilli()}
}

func (a *API) ensureAccount(ctx context.Context, slug string) (schema.Account, error) {
	s := a.ownStamp(a.cfg.MakeID(), fold(slug))
	_, err := a.submit(ctx, s.boundary(events.AccountCreated, events.Subject{}), func(ctx context.Context, _ uint64) (*events.Event, error) {
		have, err := named[schema.Account](ctx, a.store, "", schema.Accounts, s.slug)
		if err != nil || len(have) > 0 {
			return nil, err
		}
		return decideAccountCreate(s, false, newAccount{name: slug, slug: s.slug})
	})
	if err != nil {
		return schema.Account{}, err
	}
	return findAccount(ctx, a.store, s.slug)
}

func (a *API) isAdminToken(ctx context.Context, account string, t schema.Token) (bool, error) {
	kind, id := schema.BearerParts(t.Bearer)
	if t.Account != account || kind != schema.Users {
		return false, nil
	}
	u, ok, err := load[schema.User](ctx, a.store, account, schema.Users, id)
	return ok && u.Role == "admin", err
}

// ensureAdmin gives the oldest administrator without e-mail who is not banned:
// the one that an earlier start made. Else it makes one.
func (a *API) ensureAdmin(ctx context.Context, account schema.Account) (id string, err error) {
	s, fresh := a.ownStamp(account.ID, account.Slug), a.cfg.MakeID()
	_, err = a.submit(ctx, s.boundary(events.UserCreated, events.Subject{ID: fresh}), func(ctx context.Context, _ uint64) (*events.Event, error) {
		if id, err = a.namelessAdmin(ctx, account.ID); err != nil || id != "" {
			return nil, err
		}
		id = fresh
		return s.event(s.time(account.Base), events.UserCreated, "users/"+id, events.Subject{ID: id}, &events.UserData{User: id, Role: "admin"}), nil
	})
	return id, err
}

func (a *API) namelessAdmin(ctx context.Context, account string) (id string, err error) {
	var failed error
	err = a.store.List(ctx, schema.Query{Account: account, Kind: schema.Users, Ascending: true}, func(r schema.Record) bool {
		u, err := schema.Parse[schema.User](r)
		if failed = err; err == nil && u.Role == "admin" && u.Email == "" && !u.Banned {
			id = u.ID
		}
		return err == nil && id == ""
	})
	if err == nil {
		err = failed
	}
	return id, err
}
