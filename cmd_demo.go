package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// demoCmd shows what the program does, from nothing to an installed package.
type demoCmd struct {
	Listen string `default:"127.0.0.1:8080" placeholder:"ADDR" help:"Where clients connect."`
	Data   string `default:"./demo-data" placeholder:"DIR" help:"Folder for the data; it can be deleted afterwards."`
	Once   bool   `help:"Publish, print the commands and end, instead of serving on."`
}

const (
	demoAccount = "acme"
	demoPackage = "@acme/hello"
	demoVersion = "1.0.0"
)

// Run starts a server in this process, publishes through its HTTP API like any
// publisher, prints how to install, and serves until ctx ends.
func (c *demoCmd) Run(ctx context.Context, con *console) error {
	up := &upCmd{storeFlags: storeFlags{Data: c.Data}, Listen: c.Listen, Roles: []string{roleIngest, roleProject, roleServe},
		Account: demoAccount, AccessMaxStale: time.Second, StopTimeout: 5 * time.Second, LogFormat: "auto", LogLevel: "warn"}
	if err := up.resolve(); err != nil {
		return err
	}
	n := newNode(up, newLogger(con.err, up.LogFormat, up.LogLevel), con.err)
	defer n.stop()
	if err := n.start(ctx); err != nil {
		return err
	}
	if err := n.settle(ctx); err != nil || ctx.Err() != nil {
		return err
	}
	token, err := os.ReadFile(up.path("admin-token"))
	if err != nil {
		return err
	}
	base := "http://" + hostPort(n.listener)
	key, err := c.fill(ctx, &client{base: base, token: strings.TrimSpace(string(token))})
	if err != nil {
		return err
	}
	c.explain(con, base, key)
	if c.Once {
		return nil
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-n.failed:
		return err
	}
}

// fill publishes what the demo shows, unless an earlier run did, and gives the
// license key.
func (c *demoCmd) fill(ctx context.Context, api *client) (key string, err error) {
	product, err := api.ensure(ctx, demoAccount, "products", "hello", map[string]any{"name": "Hello", "code": "hello"}, nil)
	if err != nil {
		return "", err
	}
	pkg, err := api.ensure(ctx, demoAccount, "packages", "%40acme%2Fhello",
		map[string]any{"name": "Hello", "key": demoPackage, "engine": "npm"}, relations{"product": product})
	if err != nil {
		return "", err
	}
	tarball, err := demoTarball()
	if err != nil {
		return "", err
	}
	if err := demoRelease(ctx, api, relations{"product": product, "package": pkg}, "acme-hello-1.0.0.tgz", tarball); err != nil {
		return "", err
	}
	if err := demoRelease(ctx, api, relations{"product": product}, "install.sh", []byte(demoScript)); err != nil {
		return "", err
	}
	if err := c.fillGem(ctx, api, product); err != nil {
		return "", err
	}
	if err := c.publishImage(ctx, api, product); err != nil {
		return "", err
	}
	return c.license(ctx, api, product)
}

// demoRelease publishes a release with one file.
func demoRelease(ctx context.Context, api *client, of relations, filename string, file []byte) error {
	release, err := api.create(ctx, demoAccount, "releases", map[string]any{"version": demoVersion, "channel": "stable", "tag": "latest"}, of)
	var refused *apiError
	if errors.As(err, &refused) && refused.code == "VERSION_TAKEN" {
		return nil // of an earlier run
	}
	if err != nil {
		return err
	}
	if _, err := api.upload(ctx, demoAccount, release, filename, int64(len(file)), bytes.NewReader(file)); err != nil {
		return err
	}
	return api.publish(ctx, demoAccount, release)
}

// license issues a license; its key is shown once by the API, so a file keeps
// it for later runs.
func (c *demoCmd) license(ctx context.Context, api *client, product resource) (string, error) {
	path := filepath.Join(c.Data, "demo-license-key")
	if text, err := os.ReadFile(path); err == nil {
		return strings.TrimSpace(string(text)), nil
	}
	policy, err := api.create(ctx, demoAccount, "policies", map[string]any{"name": "Demo"}, relations{"product": product})
	if err != nil {
		return "", err
	}
	license, err := api.create(ctx, demoAccount, "licenses", map[string]any{"name": "A customer"}, relations{"policy": policy})
	if err != nil {
		return "", err
	}
	return license.text("key"), writeFile(path, []byte(license.text("key")+"\n"))
}

// explain prints commands that work when they are pasted.
func (c *demoCmd) explain(con *console, base, key string) {
	host := strings.TrimPrefix(base, "http:")
	auth := base64.StdEncoding.EncodeToString([]byte("license:" + key))
	fmt.Fprintf(con.out, `
The server is at %[1]s, its data in %[2]s.
A customer holds this license key: %[3]s

Install the package with npm, in a folder of its own:

  mkdir -p hello-demo && cd hello-demo && npm init -y >/dev/null
  printf '@acme:registry=%[1]s/npm/acme/\n%[4]s/npm/acme/:_auth=%[5]s\n' > .npmrc
  npm install %[6]s && npx hello

Fetch the file with curl:

  curl -fL -u 'license:%[3]s' -O %[1]s/raw/acme/hello/latest/install.sh && sh install.sh

Without the license both are refused:

  curl -i %[1]s/npm/acme/@acme/hello
`, base, c.Data, key, host, auth, demoPackage)
	c.explainGem(con, base, key)
	c.explainImage(con, base, key)
	if !c.Once {
		fmt.Fprintln(con.out, "\nCtrl-C stops the server.")
	}
}
