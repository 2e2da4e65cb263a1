package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"offprint/schema"
)

// settle waits until the logs are applied as far as they went at the start, and
// then makes sure that the account and its admin token are there.
func (n *node) settle(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for _, log := range logs {
		if err := n.progress.Wait(ctx, log, n.health.targets[log]); err != nil {
			return nil // the process stops
		}
	}
	if n.api != nil && n.flags.Account != "" {
		if err := n.settleAccount(ctx); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
	}
	n.health.settled.Store(true)
	for !n.fresh.fresh() {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Millisecond):
		}
	}
	n.logger.Info("ready", "url", "http://"+hostPort(n.listener), "roles", strings.Join(n.flags.Roles, ","))
	return nil
}

// settleAccount makes account and token. A process without a projector of its
// own tries again until the one elsewhere is up.
func (n *node) settleAccount(ctx context.Context) error {
	token, made, err := n.adminToken(ctx)
	if err != nil {
		return err
	}
	for token != "" {
		err := n.api.Bootstrap(ctx, n.flags.Account, token)
		if err == nil {
			break
		}
		if n.flags.has(roleProject) || ctx.Err() != nil {
			return errors.New(oneLine(err))
		}
		why := oneLine(err)
		n.health.trouble.Store(&why)
		n.logger.Warn("the account cannot be made yet", "error", why)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Second):
		}
	}
	if made {
		fmt.Fprintf(n.out, "admin token of account %s: %s\nIt is not shown again; %s holds it.\n", n.flags.Account, token, n.flags.path("admin-token"))
	}
	return nil
}

// adminToken is the token that must be valid: that of the flag; else, for an
// account that has no admin token yet, the one in the data folder, or a new
// one. Empty: the account has its tokens already. The file is written before
// the token is issued: a crash between the two is mended by the next start.
func (n *node) adminToken(ctx context.Context) (token string, made bool, err error) {
	if n.flags.AdminToken != "" {
		return n.flags.AdminToken, false, nil
	}
	if has, err := n.hasAdminToken(ctx); err != nil || has {
		return "", false, err
	}
	path := n.flags.path("admin-token")
	text, err := os.ReadFile(path)
	if err == nil {
		token = strings.TrimSpace(string(text))
		if !validToken(token) {
			return "", false, fmt.Errorf("%s does not hold a token", path)
		}
		return token, false, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", false, err
	}
	random := make([]byte, 32)
	rand.Read(random)
	token = "admin-" + hex.EncodeToString(random) + "v3"
	if err := writeFile(path, []byte(token+"\n")); err != nil {
		return "", false, err
	}
	return token, true, nil
}

// hasAdminToken says that somebody can administer the account. Under a new
// server key nobody can.
func (n *node) hasAdminToken(ctx context.Context) (has bool, err error) {
	accounts, err := n.store.Find(ctx, "", schema.Accounts, n.flags.Account)
	if err != nil || len(accounts) == 0 || n.newKey {
		return false, err
	}
	var failed error
	err = n.store.List(ctx, schema.Query{Account: accounts[0].ID, Kind: schema.Tokens}, func(r schema.Record) bool {
		t, err := schema.Parse[schema.Token](r)
		failed, has = err, err == nil && t.Kind == "admin-token"
		return err == nil && !has
	})
	return has, errors.Join(err, failed)
}
