package ingest

import (
	"context"

	"offprint/events"
	"offprint/schema"
	"offprint/schema/jsonapi"
)

// accountRoutes: publishing-api.md section 4, accounts, me and ping.
var accountRoutes = []route{
	{method: "GET", pattern: "ping", handler: (*API).ping, auth: none, noAccount: true},
	{method: "GET", pattern: "me", handler: (*API).me},
	{method: "GET", pattern: "accounts", handler: (*API).listAccounts, auth: operatorOnly, noAccount: true, permission: "account.list"},
	{method: "POST", pattern: "accounts", handler: (*API).createAccount, auth: operatorOnly, noAccount: true, permission: "account.create"},
	{method: "GET", pattern: "accounts/{account}", handler: (*API).showAccount, operator: true},
	{method: "PATCH", pattern: "accounts/{account}", handler: (*API).updateAccount, operator: true},
}

var settingFields = []field{
	{name: "unknownPypi", kind: text, enum: []string{"redirect", "not-found"}},
	{name: "minAge", kind: integer},
}

var accountShape = shape{resource: "accounts", attributes: []field{
	{name: "name", kind: text}, {name: "slug", kind: text}, {name: "settings", kind: object},
	{name: "status", kind: text, enum: []string{"ACTIVE", "INACTIVE"}},
}}

var newAccountShape = shape{resource: "accounts", attributes: []field{
	{name: "name", kind: text, required: true}, {name: "slug", kind: text, required: true}, {name: "settings", kind: object},
}}

func (a *API) ping(*call) (*answer, error) {
	return &answer{doc: struct {
		Meta struct {
			OK bool `json:"ok"`
		} `json:"meta"`
	}{struct {
		OK bool `json:"ok"`
	}{true}}}, nil
}

func (a *API) showAccount(c *call) (*answer, error) { return show(jsonapi.Account(&c.account)), nil }

func (a *API) listAccounts(c *call) (*answer, error) {
	return c.list(listing{query: schema.Query{Kind: schema.Accounts}, show: func(r schema.Record) (jsonapi.Resource, error) {
		x, err := schema.Parse[schema.Account](r)
		return jsonapi.Account(&x), err
	}})
}

// createAccount makes an account with an administrator and shows its token.
func (a *API) createAccount(c *call) (*answer, error) {
	in, err := c.body(newAccountShape)
	if err != nil {
		return nil, err
	}
	settings, err := accountSettings(in, nil)
	if err != nil {
		return nil, err
	}
	s := c.stamp()
	s.account, s.slug = a.cfg.MakeID(), in.text("slug")
	serial, err := a.submit(c.ctx, s.boundary(events.AccountCreated, events.Subject{}), func(ctx context.Context, _ uint64) (*events.Event, error) {
		taken, err := named[schema.Account](ctx, a.store, "", schema.Accounts, fold(s.slug))
		if err != nil {
			return nil, err
		}
		return decideAccountCreate(s, len(taken) > 0, newAccount{in.text("name"), s.slug, settings})
	})
	if err != nil {
		return nil, err
	}
	secret := newToken(a.cfg.Secret, "admin")
	if err := a.Bootstrap(c.ctx, s.slug, secret); err != nil {
		return nil, err
	}
	x, err := findAccount(c.ctx, a.store, s.slug)
	if err != nil {
		return nil, err
	}
	ans := created(serial, jsonapi.Account(&x))
	ans.doc = jsonapi.Document{Data: jsonapi.Account(&x), Meta: struct {
		Token string `json:"token"`
	}{secret}}
	return ans, nil
}

// updateAccount: name and settings by an administrator, status by the operator.
func (a *API) updateAccount(c *call) (*answer, error) {
	if !c.operator {
		if err := c.allow("account.update", ""); err != nil {
			return nil, err
		}
	}
	in, err := c.body(accountShape)
	if err != nil {
		return nil, err
	}
	if in.has("status") && !c.operator {
		return nil, denied("account.status.update")
	}
	s := c.stamp()
	serial, err := a.submit(c.ctx, s.boundary(events.AccountUpdated, events.Subject{}), func(ctx context.Context, _ uint64) (*events.Event, error) {
		x, err := schema.Get[schema.Account](ctx, a.store, "", schema.Accounts, s.account)
		if err != nil {
			return nil, err
		}
		return decideAccountUpdate(s, x, in)
	})
	if err != nil {
		return nil, err
	}
	x, err := schema.Get[schema.Account](c.ctx, a.store, "", schema.Accounts, s.account)
	if err != nil {
		return nil, err
	}
	return changed(serial, jsonapi.Account(&x)), nil
}
