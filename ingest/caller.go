package ingest

import (
	"bytes"
	"crypto/subtle"
	"strings"

	"offprint/schema"
	"offprint/schema/principal"
)

// authenticate finds out who calls, and the account if only the token names it.
func (c *call) authenticate() error {
	if c.route.auth == none {
		return nil
	}
	if c.isOperator() && (c.route.operator || c.route.auth == operatorOnly) {
		c.operator, c.rights = true, &schema.Rights{}
		return nil
	}
	if err := c.present(); err != nil {
		return err
	}
	anonymous := c.presented.None()
	switch {
	case c.account.ID == "" && anonymous && !c.route.noAccount:
		return &problem{status: 404, code: "NOT_FOUND", detail: "The requested account was not found: name it in the path, /v1/accounts/{account}"}
	case anonymous && c.route.auth != optional:
		return &problem{status: 401, code: "TOKEN_MISSING", detail: "You must be authenticated to complete the request"}
	}
	if !anonymous && !c.api.cfg.Fresh() {
		return &problem{status: 503, code: "UNAVAILABLE", detail: "access rights cannot be confirmed right now, try again in a second"}
	}
	rights, refusal, err := c.api.book.Rights(c.ctx, c.account.ID, c.presented, c.now())
	if err != nil {
		return err
	}
	if refusal != nil {
		return refused(refusal)
	}
	c.rights = rights
	switch {
	case c.route.auth == operatorOnly:
		return denied(c.route.permission)
	case c.account.ID != "":
		return nil
	}
	if c.account, err = schema.Get[schema.Account](c.ctx, c.api.store, "", schema.Accounts, rights.Account); err != nil {
		return err
	}
	return c.active()
}

// present reads the credential of header and query.
func (c *call) present() error {
	var headers [][]byte
	for key, value := range c.http.Request.Header.All() {
		if bytes.EqualFold(key, []byte("Authorization")) {
			headers = append(headers, value)
		}
	}
	presented, refusal := principal.Parse(headers, []byte(c.query.get("token")), []byte(c.query.get("auth")), c.route.password, nil)
	if refusal != nil {
		return refused(refusal)
	}
	c.presented = presented
	return nil
}

// isOperator compares in constant time.
func (c *call) isOperator() bool {
	token := c.api.cfg.OperatorToken
	scheme, given, _ := strings.Cut(string(c.http.Request.Header.Peek("Authorization")), " ")
	return token != "" && (strings.EqualFold(scheme, "Bearer") || strings.EqualFold(scheme, "Token")) &&
		subtle.ConstantTimeCompare([]byte(strings.TrimSpace(given)), []byte(token)) == 1
}

// challenge is the WWW-Authenticate of a 401: Bearer, or Basic where clients
// that know nothing else come, or where Basic was used.
func (c *call) challenge() string {
	scheme, _, _ := strings.Cut(string(c.http.Request.Header.Peek("Authorization")), " ")
	if c.route != nil && c.route.basic || strings.EqualFold(scheme, "Basic") {
		return `Basic realm="offprint"`
	}
	return `Bearer realm="offprint"`
}
