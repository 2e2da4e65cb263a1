package ingest

import (
	"context"
	"errors"
	"strings"

	"github.com/google/uuid"

	"offprint/schema"
)

// findAccount finds the account of the request: by path, by host, or as the
// only one of the server. An account that only a token can name is left open
// for authenticate.
func (c *call) findAccount() error {
	if c.route.noAccount {
		return nil
	}
	word := c.word
	if word == "" {
		if word = c.api.hosts.Account(c.http); reserved[word] {
			word = ""
		}
	}
	var err error
	if word != "" {
		c.account, err = findAccount(c.ctx, c.api.store, word)
	} else {
		c.account, err = onlyAccount(c.ctx, c.api.store)
	}
	if err != nil {
		return err
	}
	return c.active()
}

// active refuses an account that the operator has switched off, to all but the
// operator.
func (c *call) active() error {
	if c.account.Status != "INACTIVE" || c.isOperator() {
		return nil
	}
	return &problem{status: 403, code: "ACCOUNT_INACTIVE", detail: "The account is not active"}
}

// findAccount finds an account by id or slug, without regard to case.
func findAccount(ctx context.Context, store schema.Records, word string) (schema.Account, error) {
	if id := uuidOf(word); id != "" {
		a, err := schema.Get[schema.Account](ctx, store, "", schema.Accounts, id)
		if !errors.Is(err, schema.ErrNotFound) {
			return a, err
		}
	}
	found, err := store.Find(ctx, "", schema.Accounts, schema.Fold(word))
	if err != nil {
		return schema.Account{}, err
	}
	if len(found) == 0 {
		return schema.Account{}, notFound("account", word)
	}
	return schema.Parse[schema.Account](found[0])
}

// onlyAccount gives the account of a server that has one; with more, or none,
// an account without id.
func onlyAccount(ctx context.Context, store schema.Records) (only schema.Account, err error) {
	var all []schema.Record
	err = store.List(ctx, schema.Query{Kind: schema.Accounts, Ascending: true}, func(r schema.Record) bool {
		all = append(all, r)
		return len(all) < 2
	})
	if err != nil || len(all) != 1 {
		return only, err
	}
	return schema.Parse[schema.Account](all[0])
}

// uuidOf normalises an id: any case, with or without hyphens; "" if word is not
// one.
func uuidOf(word string) string {
	if len(word) != 36 && len(word) != 32 {
		return ""
	}
	id, err := uuid.Parse(word)
	if err != nil {
		return ""
	}
	return id.String()
}

// reserved words cannot be slugs: paths begin with them.
var reserved = map[string]bool{"v1": true, "v2": true, "npm": true, "pypi": true, "rubygems": true, "oci": true, "tauri": true,
	"raw": true, "engines": true, "accounts": true, "as-of": true, "token": true, "healthz": true, "readyz": true, "metrics": true,
	"operator": true, "dashboard": true, "static": true}

// slug says what is wrong with a slug, "" if nothing.
func slug(s string) string {
	switch {
	case s == "" || len(s) > 63 || strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || s[0] == '-':
		return "must be 1 to 63 lower-case letters, digits and hyphens, not beginning with a hyphen"
	case uuidOf(s) != "":
		return "must not look like a UUID"
	case reserved[s]:
		return "is reserved"
	}
	return ""
}
