package ingest

import (
	"context"
	"strings"

	"offprint/events"
	"offprint/schema"
	"offprint/schema/jsonapi"
)

// writableToken is the token of the path, if the caller may regenerate and
// revoke it: users their own, others by the permission to generate such tokens.
func (c *call) writableToken() (*schema.Token, error) {
	t, err := c.token()
	if err != nil {
		return nil, err
	}
	kind, id := schema.BearerParts(t.Bearer)
	switch kind {
	case schema.Products:
		return t, c.allow("product.tokens.generate", id)
	case schema.Licenses:
		l, _, err := load[schema.License](c.ctx, c.api.store, c.account.ID, schema.Licenses, id)
		if err != nil {
			return nil, err
		}
		return t, c.allow("license.tokens.generate", l.Product)
	}
	if kindOf(c.rights) == schema.Users && c.rights.ID == id {
		return t, nil
	}
	return t, c.allow("user.tokens.generate", "")
}

func (a *API) regenerateToken(c *call) (*answer, error) {
	t, err := c.writableToken()
	if err != nil {
		return nil, err
	}
	in, err := c.tokenInput()
	if err != nil {
		return nil, err
	}
	secret := newToken(a.cfg.Secret, strings.TrimSuffix(t.Kind, "-token"))
	digest := a.sealer.Hex(schema.TokenSecret, secret)
	serial, err := a.onToken(c, events.TokenRegenerated, t.ID, func(s stamp, t schema.Token) (*events.Event, error) {
		return decideTokenRegenerate(s, t, secret, digest, in)
	})
	if err != nil {
		return nil, err
	}
	x, err := schema.Get[schema.Token](c.ctx, a.store, c.account.ID, schema.Tokens, t.ID)
	if err != nil {
		return nil, err
	}
	return changed(serial, jsonapi.Token(&x, secret)), nil
}

func (a *API) revokeToken(c *call) (*answer, error) {
	t, err := c.writableToken()
	if err != nil {
		return nil, err
	}
	serial, err := a.dropToken(c, t.ID)
	if err != nil {
		return nil, err
	}
	return gone(serial), nil
}

func (a *API) dropToken(c *call, id string) (uint64, error) {
	return a.onToken(c, events.TokenRevoked, id, func(s stamp, t schema.Token) (*events.Event, error) {
		return s.event(s.time(t.Base), events.TokenRevoked, "tokens/"+id, events.Subject{ID: id}, &events.TokenGone{Token: id}), nil
	})
}

// onToken submits one event about a token that exists.
func (a *API) onToken(c *call, kind events.Kind, id string, decide func(stamp, schema.Token) (*events.Event, error)) (uint64, error) {
	s := c.stamp()
	return a.submit(c.ctx, s.boundary(kind, events.Subject{ID: id}), func(ctx context.Context, _ uint64) (*events.Event, error) {
		t, err := schema.Get[schema.Token](ctx, a.store, s.account, schema.Tokens, id)
		if err != nil {
			return nil, err
		}
		return decide(s, t)
	})
}
