package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"
)

// product makes a product; its name is its code. Strategy is LICENSED, OPEN or
// CLOSED.
func (p *process) product(code, strategy string) resource {
	p.t.Helper()
	return p.create("products", map[string]any{"name": code, "code": code, "distributionStrategy": strategy}, nil)
}

// pkg makes a package of an engine.
func (p *process) pkg(product resource, key, engine string) resource {
	p.t.Helper()
	return p.create("packages", map[string]any{"name": key, "key": key, "engine": engine}, relations{"product": product})
}

// license makes a license of a product, under a policy of its own, and gives its
// key too.
func (p *process) license(product resource) (license resource, key string) {
	p.t.Helper()
	policy := p.create("policies", map[string]any{"name": "policy"}, relations{"product": product})
	license = p.create("licenses", map[string]any{"name": "license"}, relations{"policy": policy})
	return license, license.text("key")
}

// create makes a resource below the account.
func (p *process) create(kind string, attributes map[string]any, related relations) resource {
	p.t.Helper()
	r, err := p.api.create(p.t.Context(), p.Account, kind, attributes, related)
	if err != nil {
		p.t.Fatal(err)
	}
	return r
}

// draft makes a stable release; pkg may be the zero resource.
func (p *process) draft(product, pkg resource, version string) resource {
	p.t.Helper()
	return p.create("releases", map[string]any{"version": version, "channel": "stable"}, relations{"product": product, "package": pkg})
}

// upload adds a file to a release.
func (p *process) upload(release resource, filename string, file []byte) resource {
	p.t.Helper()
	a, err := p.api.upload(p.t.Context(), p.Account, release, filename, int64(len(file)), bytes.NewReader(file))
	if err != nil {
		p.t.Fatal(err)
	}
	return a
}

// publishRelease makes a release visible.
func (p *process) publishRelease(release resource) {
	p.t.Helper()
	if err := p.api.publish(p.t.Context(), p.Account, release); err != nil {
		p.t.Fatal(err)
	}
}

// npmRelease publishes a version of an npm package that has one file.
func (p *process) npmRelease(product, pkg resource, version string) resource {
	p.t.Helper()
	name := pkg.text("key")
	release := p.draft(product, pkg, version)
	p.upload(release, fmt.Sprintf("package-%s.tgz", version), npmTarball(p.t, map[string]any{"name": name, "version": version}))
	p.publishRelease(release)
	return release
}

// action posts to a resource's action, which must succeed.
func (p *process) action(r resource, name string) {
	p.t.Helper()
	if _, err := p.api.call(p.t.Context(), "POST", below(p.Account, r.Type+"/"+r.ID+"/actions/"+name), nil, nil); err != nil {
		p.t.Fatalf("%s of %s: %v", name, r.Type, err)
	}
}

// answer is what a request got.
type answer struct {
	status int
	header http.Header
	body   string
}

// get asks for a path, or an absolute URL, with an Authorization header if it
// is not empty. Redirects are not followed.
func (p *process) get(path, authorization string) answer {
	p.t.Helper()
	a, err := fetch(p.URL+path, authorization)
	if err != nil {
		p.t.Fatal(err)
	}
	return a
}

// plain follows no redirect and keeps no connection, so that a process can end
// at once.
var plain = &http.Client{
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Transport:     &http.Transport{DisableKeepAlives: true},
	Timeout:       time.Minute,
}

func fetch(url, authorization string) (answer, error) {
	req, err := http.NewRequest("GET", url, nil)
	if err != nil {
		return answer{}, err
	}
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	res, err := plain.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header, string(body)}, err
}

// npmTarball packs a package.json and an index.js, as npm pack
// does.
func npmTarball(t testing.TB, manifest map[string]any) []byte {
	t.Helper()
	text, err := json.Marshal(manifest)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	archive := tar.NewWriter(zip)
	for _, f := range []struct {
		name string
		text []byte
	}{{"package.json", text}, {"index.js", []byte("module.exports = " + string(text) + "\n")}} {
		if err := archive.WriteHeader(&tar.Header{Name: "package/" + f.name, Mode: 0o644, Size: int64(len(f.text))}); err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Write(f.text); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// eventually asks again until the status is there.
func (p *process) eventually(path, authorization string, status int) answer {
	p.t.Helper()
	return p.until(path, authorization, func(a answer) bool { return a.status == status })
}

// until asks again until the answer is the one that is waited for.
func (p *process) until(path, authorization string, good func(answer) bool) answer {
	p.t.Helper()
	deadline := time.Now().Add(startTimeout)
	for {
		a := p.get(path, authorization)
		if good(a) {
			return a
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("GET %s: after %v still %d: %s", path, startTimeout, a.status, a.body)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// licenseBasic is how npm sends a license key.
func licenseBasic(key string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte("license:"+key))
}
