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

// survivor publishes version after version of one package, npm or raw, over a
// server that is killed again and again, and remembers what was acknowledged.
type survivor struct {
	t            *testing.T
	api          *client
	product, pkg resource
	files        map[string][]byte   // by version
	published    map[string]resource // by version, acknowledged
	uploaded     map[string]string   // artifact id -> version, acknowledged
	tagged       map[string]string   // tag -> version, acknowledged
}

func newSurvivor(t *testing.T, p *process, product, pkg resource) *survivor {
	return &survivor{t: t, api: &client{base: p.URL, token: p.Token}, product: product, pkg: pkg,
		files: map[string][]byte{}, published: map[string]resource{}, uploaded: map[string]string{}, tagged: map[string]string{}}
}

// npm says that the package is one of npm, not raw.
func (s *survivor) npm() bool { return s.pkg.text("engine") == "npm" }

// filename is that of the one file of a version.
func (s *survivor) filename(version string) string {
	if s.npm() {
		return "package-" + version + ".tgz"
	}
	return "app-" + version + ".bin"
}

// run publishes until ctx ends. A command that fails was cut off: the next
// version is next.
func (s *survivor) run(ctx context.Context, account string) {
	for n := 0; ctx.Err() == nil; n++ {
		version := fmt.Sprintf("1.%d.0", n)
		if err := s.publish(ctx, account, version); err != nil {
			time.Sleep(10 * time.Millisecond) // the server is down
		}
	}
}

func (s *survivor) publish(ctx context.Context, account, version string) error {
	release, err := s.api.create(ctx, account, "releases", map[string]any{"version": version, "channel": "stable"}, relations{"product": s.product, "package": s.pkg})
	if err != nil {
		return err
	}
	file := []byte(strings.Repeat(s.pkg.text("key")+" "+version+"\n", 500))
	if s.npm() {
		file = npmTarball(s.t, map[string]any{"name": s.pkg.text("key"), "version": version})
	}
	s.files[version] = file
	artifact, err := s.api.upload(ctx, account, release, s.filename(version), int64(len(file)), bytes.NewReader(file))
	if err != nil {
		return err
	}
	s.uploaded[artifact.ID] = version
	if err := s.api.publish(ctx, account, release); err != nil {
		return err
	}
	s.published[version] = release
	tag := "build-" + version
	doc := map[string]any{"data": map[string]any{"type": "releases", "id": release.ID, "attributes": map[string]any{"tag": tag}}}
	if _, err := s.api.call(ctx, "PATCH", below(account, "releases/"+release.ID), doc, nil); err != nil {
		return err
	}
	s.tagged[tag] = version
	return nil
}

// TestE9KilledPublishersLoseNothing: SIGKILL at random instants while four publishers
// publish. Everything acknowledged is there, nothing is half there, and the
// store is what the log says.
func TestE9KilledPublishersLoseNothing(t *testing.T) {
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
	var all []*survivor
	for i, engine := range []string{"npm", "npm", "raw", "raw"} {
		s := newSurvivor(t, p, product, p.pkg(product, fmt.Sprintf("%s%d", map[string]string{"npm": "@acme/p", "raw": "p"}[engine], i), engine))
		all = append(all, s)
		publishers.Go(func() { s.run(ctx, p.Account) })
	}
	for range kills {
		time.Sleep(time.Duration(rand.IntN(400)) * time.Millisecond) // the random instant
		p.restart()
	}
	stop()
	publishers.Wait()
	total := 0
	for _, s := range all {
		s.check(t, p, key)
		total += len(s.published)
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
func (s *survivor) check(t *testing.T, p *process, key string) {
	t.Helper()
	for version, release := range s.published {
		var out struct{ Data resource }
		if _, err := p.api.call(t.Context(), "GET", below(p.Account, "releases/"+release.ID), nil, &out); err != nil || out.Data.text("status") != "PUBLISHED" {
			t.Errorf("%s %s was acknowledged, and is %q, %v", s.pkg.text("key"), version, out.Data.text("status"), err)
		}
		if tag := "build-" + version; s.tagged[tag] != "" && out.Data.text("tag") != tag {
			t.Errorf("%s %s: tag %s was acknowledged, and is %q", s.pkg.text("key"), version, tag, out.Data.text("tag"))
		}
	}
	for id, version := range s.uploaded {
		p.uploaded(id, s.filename(version), s.files[version])
	}
	if s.npm() && len(s.published) > 0 {
		s.checkPackument(t, p, key)
	}
}

// checkPackument: what is listed is whole, acknowledged or not, and what was
// acknowledged is listed.
func (s *survivor) checkPackument(t *testing.T, p *process, key string) {
	t.Helper()
	name := s.pkg.text("key")
	path := "/npm/acme/" + strings.Replace(name, "/", "%2f", 1)
	a := p.get(path, "License "+key)
	var doc struct {
		Versions map[string]json.RawMessage
		Tags     map[string]string `json:"dist-tags"`
	}
	if err := json.Unmarshal([]byte(a.body), &doc); err != nil || a.status != 200 {
		t.Fatalf("%s: %d %v", name, a.status, err)
	}
	for version := range s.published {
		if doc.Versions[version] == nil {
			t.Errorf("%s %s was acknowledged and is not listed", name, version)
		}
	}
	for tag, version := range s.tagged {
		if doc.Tags[tag] != version {
			t.Errorf("%s: dist-tag %s is %q, want %s", name, tag, doc.Tags[tag], version)
		}
	}
	for version := range doc.Versions {
		file := p.get(path+"/-/"+strings.TrimPrefix(name, "@acme/")+"-"+version+".tgz", "License "+key)
		if file.status != 200 || file.body != string(s.files[version]) {
			t.Errorf("%s %s: tarball %d, %d bytes", name, version, file.status, len(file.body))
		}
	}
}
