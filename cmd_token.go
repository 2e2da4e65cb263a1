package main

import (
	"context"
	"errors"
)

// tokenCmd are the commands about tokens.
type tokenCmd struct {
	List       listCmd[tokenFilter] `cmd:"" help:"List tokens; the secrets themselves are never shown again."`
	Show       showCmd[oneToken]    `cmd:"" help:"Show a token, without its secret."`
	Generate   tokenGenerateCmd     `cmd:"" aliases:"create" help:"Make a token and show it, this once."`
	Regenerate tokenRegenerateCmd   `cmd:"" help:"Give a token another secret and show it, this once; the old one dies."`
	Revoke     deleteCmd[oneToken]  `cmd:"" aliases:"delete" help:"End a token."`
}

type tokens struct{}

func (tokens) noun() noun {
	return noun{"tokens", []string{"id", "kind", "name", "tokenPrefix", "expiry", "lastUsed", "bearer"}}
}

// bearerFlags say whose tokens.
type bearerFlags struct {
	Product string `action:"" xor:"bearer" placeholder:"CODE" help:"Of this product, by id or code."`
	License string `action:"" xor:"bearer" placeholder:"ID" help:"Of this license."`
	User    string `action:"" xor:"bearer" placeholder:"USER" help:"Of this user, by id or e-mail."`
}

// path is the list of the bearer's tokens; without a bearer own ones, or all.
func (b bearerFlags) path() (string, error) {
	for _, x := range []struct{ kind, alias string }{{"products", b.Product}, {"licenses", b.License}, {"users", b.User}} {
		if x.alias != "" {
			path, err := pathOf(x.kind, x.alias)
			return path + "/tokens", err
		}
	}
	return "tokens", nil
}

type tokenFilter struct {
	tokens
	bearerFlags
}

func (f tokenFilter) parent(context.Context, *session) (string, error) { return f.path() }

// oneToken finds a token.
type oneToken struct {
	tokens
	ID string `arg:"" name:"id" help:"Id of the token."`
}

func (o oneToken) find(context.Context, *session) (string, error) { return pathOf("tokens", o.ID) }

type tokenText struct {
	Name   *string `attr:"name" placeholder:"TEXT" help:"What it is for."`
	Expiry *string `attr:"expiry" placeholder:"TIME" help:"When it expires, such as 2027-01-31T00:00:00Z."`
}

// document is the body of the API's calls that make tokens.
func (t *tokenText) document() any {
	return map[string]any{"data": map[string]any{"type": "tokens", "attributes": attributesOf(t)}}
}

// tokenGenerateCmd makes a token.
type tokenGenerateCmd struct {
	connectFlags
	outputFlags
	tokenText
	bearerFlags
}

// Help implements kong.HelpProvider.
func (*tokenGenerateCmd) Help() string {
	return `Without --product, --license or --user it is another token of the user whose token is in use. For publishing from CI make one of the product: it can do nothing to other products.

  offprint token generate --product hello --name CI`
}

// Run makes it and prints it.
func (c *tokenGenerateCmd) Run(ctx context.Context, con *console) error {
	s, err := c.connect()
	if err != nil {
		return err
	}
	path, err := c.path()
	if err != nil {
		return err
	}
	return c.send(ctx, con, s, "POST", path, c.document())
}

// tokenRegenerateCmd replaces a secret.
type tokenRegenerateCmd struct {
	showCmd[oneToken]
	tokenText
}

// Run replaces it and prints the new one.
func (c *tokenRegenerateCmd) Run(ctx context.Context, con *console) error {
	if c.Of.ID == "" {
		return errors.New("which token?")
	}
	return c.change(ctx, con, "PUT", "", c.document())
}
