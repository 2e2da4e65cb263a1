package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"
)

// crasher publishes version after version of one package, over a server that is
// killed again and again, and remembers what was acknowledged.
type crasher struct {
	t            *testing.T
	api          *client
	product, pkg resource
	tarballs     map[string][]byte // by version
	published    []string          // acknowledged
	uploaded     map[string]string // artifact id -> version, acknowledged
}

// run publishes until ctx ends. A command that fails was cut off: the next
// version is next.
func (c *crasher) run(ctx context.Context, account string) {
	for n := 0; ctx.Err() == nil; n++ {
		version := fmt.Sprintf("1.%d.0", n)
		if err := c.publish(ctx, account, version); err != nil {
			time.Sleep(10 * time.Millisecond) // the server is down
		}
	}
}

func (c *crasher) publish(ctx context.Context, account, version string) error {
	release, err := c.api.create(ctx, account, "releases", map[string]any{"version": version, "channel": "stable"}, relations{"product": c.product, "package": c.pkg})
	if err != nil {
		return err
	}
	file := npmTarball(c.t, map[string]any{"name": c.pkg.text("key"), "version": version})
	c.tarballs[version] = file
	artifact, err := c.api.upload(ctx, account, release, "package-"+version+".tgz", int64(len(file)), bytes.NewReader(file))
	if err != nil {
		return err
	}
	c.uploaded[artifact.ID] = version
	if err := c.api.publish(ctx, account, release); err != nil {
		return err
	}
	c.published = append(c.published, version)
	return nil
}

// TestKilledWhilePublishing: SIGKILL at random instants while four publishers
// publish. Everything acknowledged is there, nothing is half there, and the
// store is what the log says.
func TestKilledWhilePublishing(t *testing.T) {
	kills := 50
	if testing.Short() {
		kills = 5
	}
	p := startServer(t)
	product := p.product("relay", "LICENSED")
	_, key := p.license(product)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var publishers sync.WaitGroup
	var all []*crasher
	for i := range 4 {
		c := &crasher{t: t, api: &client{base: p.URL, token: p.Token}, product: product,
			pkg: p.pkg(product, fmt.Sprintf("@acme/p%d", i), "npm"), tarballs: map[string][]byte{}, uploaded: map[string]string{}}
		all = append(all, c)
		publishers.Go(func() { c.run(ctx, p.Account) })
	}
	for range kills {
		time.Sleep(time.Duration(rand.IntN(400)) * time.Millisecond) // the random instant
		p.restart()
	}
	stop()
	publishers.Wait()
	total := 0
	for _, c := range all {
		c.check(t, p, key)
		total += len(c.published)
	}
	if total == 0 {
		t.Error("nothing was published between the kills")
	}
	t.Logf("%d kills, %d acknowledged publications", kills, total)
	if code := p.stop(); code != 0 {
		t.Errorf("ended with %d", code)
	}
	if out, errs, code := offprint(t, nil, "verify", "--data", p.Data); code != 0 || out != "" {
		t.Errorf("verify: %d\n%s%s", code, out, errs)
	}
}

// check compares what is served with what was acknowledged.
func (c *crasher) check(t *testing.T, p *process, key string) {
	t.Helper()
	name := strings.Replace(c.pkg.text("key"), "/", "%2f", 1)
	a := p.get("/npm/acme/"+name, "License "+key)
	var doc struct{ Versions map[string]json.RawMessage }
	if len(c.published) > 0 {
		if err := json.Unmarshal([]byte(a.body), &doc); err != nil || a.status != 200 {
			t.Fatalf("%s: %d %v", name, a.status, err)
		}
	}
	for _, v := range c.published {
		if doc.Versions[v] == nil {
			t.Errorf("%s %s was acknowledged and is not there", name, v)
			continue
		}
		file := p.get("/npm/acme/"+name+"/-/"+strings.TrimPrefix(c.pkg.text("key"), "@acme/")+"-"+v+".tgz", "License "+key)
		if file.status != 200 || file.body != string(c.tarballs[v]) {
			t.Errorf("%s %s: tarball %d, %d bytes", name, v, file.status, len(file.body))
		}
	}
	for id, v := range c.uploaded {
		file := p.get("/v1/accounts/acme/artifacts/"+id+"/package-"+v+".tgz", "Bearer "+p.Token)
		if file.status != 200 || file.body != string(c.tarballs[v]) {
			t.Errorf("%s %s: the upload was acknowledged, and is %d %s", name, v, file.status, file.body)
		}
	}
}
