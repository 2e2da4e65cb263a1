package ingest

import (
	"context"
	"strings"

	"offprint/events"
	"offprint/schema"
	"offprint/schema/jsonapi"
)

// tokenRoutes: publishing-api.md section 4, tokens.
var tokenRoutes = []route{
	{method: "GET", pattern: "tokens", handler: (*API).listTokens},
	{method: "POST", pattern: "tokens", handler: (*API).createOwnToken, password: true},
	{method: "GET", pattern: "tokens/{token}", handler: (*API).showToken},
	{method: "PUT", pattern: "tokens/{token}", handler: (*API).regenerateToken},
	{method: "DELETE", pattern: "tokens/{token}", handler: (*API).revokeToken},
}

var tokenShape = shape{resource: "tokens", attributes: []field{
	{name: "name", kind: text, nullable: true},
	{name: "expiry", kind: moment, nullable: true},
}}

// tokenInput reads the body of a token call, which may be empty.
func (c *call) tokenInput() (*input, error) {
	raw, err := c.read()
	if err != nil {
		return nil, err
	}
	if len(strings.TrimSpace(string(raw))) == 0 {
		return &input{}, nil
	}
	v, err := parseJSON(raw)
	if err != nil {
		return nil, err
	}
	return tokenShape.fit(v)
}

// tokenReader says which tokens the caller sees: staff all; a product its own
// and those of its licenses; others their own.
func (c *call) tokenReader() (func(bearer string) bool, error) {
	own := string(kindOf(c.rights)) + "/" + c.rights.ID
	switch c.rights.Kind {
	case schema.StaffCaller:
		return func(string) bool { return true }, nil
	case schema.ProductCaller:
		licenses, err := c.api.ids(c.ctx, schema.Query{Account: c.account.ID, Kind: schema.Licenses, Product: &c.rights.Product})
		mine := map[string]bool{own: true}
		for _, id := range licenses {
			mine["licenses/"+id] = true
		}
		return func(bearer string) bool { return mine[bearer] }, err
	}
	return func(bearer string) bool { return bearer == own }, nil
}

// kindOf is the kind of resource that a caller is.
func kindOf(r *schema.Rights) schema.Kind {
	switch r.Kind {
	case schema.ProductCaller:
		return schema.Products
	case schema.LicenseCaller:
		return schema.Licenses
	}
	return schema.Users
}

// listTokens also answers the sub-lists of products and licenses.
func (a *API) listTokens(c *call) (*answer, error) {
	l := listing{query: schema.Query{Kind: schema.Tokens}, show: func(r schema.Record) (jsonapi.Resource, error) {
		t, err := schema.Parse[schema.Token](r)
		return jsonapi.Token(&t, ""), err
	}}
	bearer := ""
	if word, ok := c.params["product"]; ok {
		p, err := c.product(word)
		if err != nil {
			return nil, err
		}
		bearer = "products/" + p.ID
	} else if word, ok := c.params["license"]; ok {
		x, err := c.license(word)
		if err != nil {
			return nil, err
		}
		bearer = "licenses/" + x.ID
	}
	if bearer != "" {
		l.query.Parent = &bearer
	}
	sees, err := c.tokenReader()
	if err != nil {
		return nil, err
	}
	l.keep = func(r schema.Record) (bool, error) { return sees(r.Parent), nil }
	return c.list(l)
}

// token finds a visible token by id.
func (c *call) token() (*schema.Token, error) {
	sees, err := c.tokenReader()
	if err != nil {
		return nil, err
	}
	return find(c, schema.Tokens, "token", c.params["token"], "", func(t *schema.Token) bool { return sees(t.Bearer) })
}

func (a *API) showToken(c *call) (*answer, error) {
	t, err := c.token()
	if err != nil {
		return nil, err
	}
	return show(jsonapi.Token(t, "")), nil
}

func (a *API) createProductToken(c *call) (*answer, error) {
	p, err := c.product(c.params["product"])
	if err != nil {
		return nil, err
	}
	if err := c.allow("product.tokens.generate", p.ID); err != nil {
		return nil, err
	}
	return a.generateToken(c, 200, "product", schema.Products, p.ID)
}

func (a *API) createLicenseToken(c *call) (*answer, error) {
	l, err := c.writableLicense("license.tokens.generate")
	if err != nil {
		return nil, err
	}
	return a.generateToken(c, 200, "license", schema.Licenses, l.ID)
}

// createOwnToken makes another token for the user that calls. Products and
// licenses cannot make tokens for themselves.
func (a *API) createOwnToken(c *call) (*answer, error) {
	if kindOf(c.rights) != schema.Users {
		return nil, denied("token.generate")
	}
	return a.generateToken(c, 201, c.rights.Role, schema.Users, c.rights.ID)
}

func (a *API) generateToken(c *call, status int, role string, kind schema.Kind, id string) (*answer, error) {
	in, err := c.tokenInput()
	if err != nil {
		return nil, err
	}
	cmd := newTokenCommand(a, c.account.ID, role, string(kind)+"/"+id, newToken(a.cfg.Secret, role))
	t, serial, err := a.submitToken(c.ctx, c.stamp(), cmd, in)
	if err != nil {
		return nil, err
	}
	ans := created(serial, jsonapi.Token(t, cmd.secret))
	ans.status = status
	return ans, nil
}

// submitToken appends token.generated and gives the token as stored.
func (a *API) submitToken(ctx context.Context, s stamp, cmd tokenCommand, in *input) (*schema.Token, uint64, error) {
	serial, err := a.submit(ctx, s.boundary(events.TokenGenerated, events.Subject{ID: cmd.id}), func(context.Context, uint64) (*events.Event, error) {
		return decideTokenGenerate(s, cmd, in)
	})
	if err != nil {
		return nil, 0, err
	}
	t, err := schema.Get[schema.Token](ctx, a.store, s.account, schema.Tokens, cmd.id)
	return &t, serial, err
}
