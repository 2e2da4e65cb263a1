package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// entry is a file of a test's archive.
type entry struct{ name, text string }

// packed is a gzipped tar of the entries as they stand.
func packed(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var plain bytes.Buffer
	archive := tar.NewWriter(&plain)
	for _, e := range entries {
		if err := archive.WriteHeader(&tar.Header{Name: e.name, Mode: 0o644, Size: int64(len(e.text))}); err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Write([]byte(e.text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return zipped(t, plain.Bytes())
}

func zipped(t testing.TB, text []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	if _, err := zip.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// npmSeller is a server that sells one npm package.
type npmSeller struct {
	*process
	product, pkg resource
}

const sold = "@acme/x"

func newNPMSeller(t *testing.T) npmSeller {
	p := startServer(t)
	product := p.product("relay", "LICENSED")
	return npmSeller{p, product, p.pkg(product, sold, "npm")}
}

// manifestOf is the package.json of a version of the package.
func manifestOf(version string) string {
	return fmt.Sprintf(`{"name":%q,"version":%q}`, sold, version)
}

// packument is what tests look at in the document of a package.
type packument struct {
	Time     map[string]string
	Tags     map[string]string `json:"dist-tags"`
	Versions map[string]struct {
		Deprecated       string
		HasInstallScript bool
		HasShrinkwrap    bool `json:"_hasShrinkwrap"`
		Scripts          map[string]string
		Dist             struct{ Tarball string }
	}
}

// packument gets the package's document, which must be there.
func (s npmSeller) packument(authorization string) (packument, answer) {
	s.t.Helper()
	a := s.get("/npm/acme/@acme%2fx", authorization)
	if a.status != 200 {
		s.t.Fatalf("packument: %d %s", a.status, a.body)
	}
	var doc packument
	if err := json.Unmarshal([]byte(a.body), &doc); err != nil {
		s.t.Fatal(err)
	}
	return doc, a
}

// refused says how an upload of an archive ended, and what the artifact keeps.
func (s npmSeller) refused(t *testing.T, release resource, filename string, file []byte, code, word string) {
	t.Helper()
	a := s.put(release, filename, nil, file)
	if a.status != 422 || !strings.Contains(a.body, `"code":"`+code+`"`) || !strings.Contains(a.body, word) {
		t.Errorf("%s: %d %s, want 422 %s with %q", filename, a.status, a.body, code, word)
	}
	kept := s.send("GET", "/v1/releases/"+release.ID+"/artifacts/"+filename+"?prefer=no-download", nil, "Authorization", "Bearer "+s.Token)
	if kept.status != 200 || !strings.Contains(kept.body, `"status":"FAILED"`) || !strings.Contains(kept.body, `"failureReason":"`+code+": ") {
		t.Errorf("%s: %d %s, want FAILED with %s", filename, kept.status, kept.body, code)
	}
}

// patch changes attributes of a resource and gives the answer.
func (p *process) patch(r resource, attributes map[string]any) answer {
	p.t.Helper()
	doc, err := json.Marshal(map[string]any{"data": map[string]any{"type": r.Type, "id": r.ID, "attributes": attributes}})
	if err != nil {
		p.t.Fatal(err)
	}
	return p.send("PATCH", "/v1/"+r.Type+"/"+r.ID, doc, "Authorization", "Bearer "+p.Token)
}

// licenseUnder makes a license with attributes, under a policy with attributes,
// and gives its key too.
func (p *process) licenseUnder(product resource, policy, license map[string]any) (resource, string) {
	p.t.Helper()
	policy["name"], license["name"] = "policy", "license"
	r := p.create("licenses", license, relations{"policy": p.create("policies", policy, relations{"product": product})})
	return r, r.text("key")
}
