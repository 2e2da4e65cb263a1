package ingest

import (
	"offprint/schema"
	"offprint/schema/jsonapi"
)

// me shows the bearer, with its token if it came with one.
func (a *API) me(c *call) (*answer, error) {
	var bearer jsonapi.Resource
	var err error
	switch kindOf(c.rights) {
	case schema.Products:
		var p schema.Product
		p, err = schema.Get[schema.Product](c.ctx, a.store, c.account.ID, schema.Products, c.rights.ID)
		bearer = showProduct(&p)
	case schema.Licenses:
		var l schema.License
		if l, err = schema.Get[schema.License](c.ctx, a.store, c.account.ID, schema.Licenses, c.rights.ID); err == nil {
			bearer, err = c.showing(&l, "")
		}
	default:
		var u schema.User
		u, err = schema.Get[schema.User](c.ctx, a.store, c.account.ID, schema.Users, c.rights.ID)
		bearer = jsonapi.User(&u)
	}
	if err != nil {
		return nil, err
	}
	doc := jsonapi.Document{Data: bearer}
	if c.rights.Token != "" {
		t, ok, err := load[schema.Token](c.ctx, a.store, c.account.ID, schema.Tokens, c.rights.Token)
		if err != nil {
			return nil, err
		}
		if ok {
			doc.Included = []jsonapi.Resource{jsonapi.Token(&t, "")}
		}
	}
	return &answer{doc: doc}, nil
}
