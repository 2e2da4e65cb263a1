package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"

	"offprint/projector/oci/ocitest"
)

func sha256Of(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// TestOCIRowsOfUploads: rows of oci.md section 8 about layouts, as publishers
// and clients meet them. Package projector/oci has them all.
func TestOCIRowsOfUploads(t *testing.T) {
	t.Parallel()
	s := newOCISeller(t)
	put := func(t *testing.T, key string, layout []byte) answer {
		t.Helper()
		release := s.draft(s.open, s.pkg(s.open, key, "oci"), "1.0.0")
		a := s.put(release, "image.tar", nil, layout)
		s.publishRelease(release)
		return a
	}
	t.Run("O17 docker-archive", func(t *testing.T) {
		a := put(t, "o17", ocitest.Tar(ocitest.File("manifest.json", []byte("[]"))))
		if a.status != 422 || !strings.Contains(a.body, "OCI_DOCKER_ARCHIVE") || !strings.Contains(a.body, "docker buildx build -o type=oci") {
			t.Errorf("%d %s", a.status, a.body)
		}
		s.refusal(s.get("/v2/acme/o17/manifests/1.0.0", ""), 404, "MANIFEST_UNKNOWN", "")
		if a := s.get("/v2/acme/o17/tags/list", ""); a.body != `{"name":"acme/o17","tags":[]}` {
			t.Errorf("%s", a.body)
		}
	})
	t.Run("O20 multi-platform index with amd64 alone", func(t *testing.T) {
		l := ocitest.New()
		amd, arm := l.ImageOn("linux/amd64", "a"), l.ImageOn("linux/arm64", "b")
		index := l.Index(amd.On("linux/amd64"), arm.On("linux/arm64"))
		if a := put(t, "o20", l.Entries(index).Drop(arm).Tar()); a.status != 200 {
			t.Fatalf("%d %s", a.status, a.body)
		}
		for path, status := range map[string]int{"1.0.0": 200, index.Digest(): 200, amd.Digest(): 200, arm.Digest(): 404} {
			if a := s.get("/v2/acme/o20/manifests/"+path, ""); a.status != status {
				t.Errorf("%s: %d", path, a.status)
			}
		}
	})
	t.Run("O21 index.json is the root", func(t *testing.T) {
		l := ocitest.New()
		l.Entries(l.ImageOn("linux/amd64", "a").On("linux/amd64"), l.ImageOn("linux/arm64", "b").On("linux/arm64"))
		put(t, "o21", l.Tar())
		a := s.get("/v2/acme/o21/manifests/1.0.0", "")
		if a.body != string(l.Files["index.json"]) || a.header.Get("Content-Type") != ocitest.Index || a.header.Get("Docker-Content-Digest") != sha256Of(a.body) {
			t.Errorf("%d %v %s", a.status, a.header, a.body)
		}
	})
	t.Run("O24 sha512", func(t *testing.T) {
		l := ocitest.New()
		config := l.Put512(ocitest.Config, []byte("{}"))
		text := ocitest.Encode(ocitest.Object{"schemaVersion": 2, "mediaType": ocitest.Image, "config": config, "layers": []ocitest.Object{}})
		image := l.Put512(ocitest.Image, text)
		put(t, "o24", l.Entries(image).Tar())
		for digest, by := range map[string]string{image.Digest(): image.Digest(), sha256Of(string(text)): sha256Of(string(text)), "1.0.0": image.Digest()} {
			a := s.get("/v2/acme/o24/manifests/"+digest, "")
			if a.status != 200 || a.body != string(text) || a.header.Get("Docker-Content-Digest") != by || a.header.Get("Etag") != `"`+by+`"` {
				t.Errorf("%s: %d %v", digest, a.status, a.header)
			}
		}
		for _, digest := range []string{config.Digest(), sha256Of("{}")} {
			if a := s.get("/v2/acme/o24/blobs/"+digest, ""); a.body != "{}" || a.header.Get("Etag") != `"`+digest+`"` {
				t.Errorf("%s: %d %v", digest, a.status, a.header)
			}
		}
	})
	t.Run("O25 foreign layer", func(t *testing.T) {
		l := ocitest.New()
		foreign := l.Put(ocitest.ForeignLayer, []byte("windows"))
		image := l.Manifest(ocitest.DockerImage, ocitest.Object{"config": l.Put(ocitest.Config, []byte("{}")), "layers": []ocitest.Object{foreign}})
		put(t, "o25", l.Entries(image).Drop(foreign).Tar())
		if a := s.get("/v2/acme/o25/manifests/1.0.0", ""); a.status != 200 || a.header.Get("Content-Type") != ocitest.DockerImage {
			t.Errorf("%d %v", a.status, a.header)
		}
		s.refusal(s.get("/v2/acme/o25/blobs/"+foreign.Digest(), ""), 404, "BLOB_UNKNOWN", "")
	})
}

// TestOCIRowsOfReferrers: rows of oci.md section 8 about what is attached to
// images.
func TestOCIRowsOfReferrers(t *testing.T) {
	t.Parallel()
	s := newOCISeller(t)
	l := ocitest.New()
	chart := l.Artifact("application/vnd.example.chart", nil, "chart")
	sbom := l.Artifact("application/vnd.example.sbom.v1", chart, "sbom")
	release := s.image(s.open, s.relay, "1.0.0", "", l.Entries(chart, sbom).Tar())
	about := "/v2/acme/relay/referrers/" + chart.Digest()
	const none = `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}`
	t.Run("O26 an SBOM beside its artifact", func(t *testing.T) {
		want := `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"` + sbom.Digest() +
			`","size":` + string(ocitest.Encode(sbom["size"])) + `,"artifactType":"application/vnd.example.sbom.v1","annotations":{"org.opencontainers.image.created":"2026-11-20T10:00:00Z"}}]}`
		for query, body := range map[string]string{"": want, "?artifactType=application/vnd.example.sbom.v1": want, "?artifactType=application%2Fvnd.example.sbom.v1": want, "?artifactType=x/y": none} {
			a := s.get(about+query, "")
			filtered := a.header.Get("OCI-Filters-Applied") == "artifactType"
			if a.status != 200 || a.body != body || a.header.Get("Content-Type") != ocitest.Index || filtered != (query != "") {
				t.Errorf("%s: %d %v\n%s\nwant\n%s", query, a.status, a.header, a.body, body)
			}
		}
		if a := s.get("/v2/acme/relay/manifests/1.0.0", ""); a.header.Get("Docker-Content-Digest") != chart.Digest() {
			t.Errorf("the root: %v", a.header)
		}
	})
	t.Run("O27 unknown, malformed, yanked", func(t *testing.T) {
		if a := s.get("/v2/acme/relay/referrers/"+sha256Of("nothing"), ""); a.status != 200 || a.body != none {
			t.Errorf("%d %s", a.status, a.body)
		}
		s.refusal(s.get("/v2/acme/relay/referrers/sha256:xyz", ""), 400, "DIGEST_INVALID", "")
		s.refusal(s.get("/v2/acme/relay/manifests/sha256:xyz", ""), 404, "DIGEST_INVALID", "")
		s.refusal(s.get("/v2/acme/relay/blobs/latest", ""), 404, "DIGEST_INVALID", "")
		s.action(release, "yank")
		if a := s.get(about, ""); a.body != none {
			t.Errorf("yanked: %s", a.body)
		}
	})
}

// TestOCIRowsOfAccept: rows of oci.md section 8 about media types and codings.
func TestOCIRowsOfAccept(t *testing.T) {
	t.Parallel()
	s := newOCISeller(t)
	l := ocitest.New()
	amd := l.Image("a")
	about := l.Artifact("", nil, "provenance")
	index := l.Index(about.On("unknown/unknown"), amd.On("linux/amd64"), l.ImageOn("linux/arm64", "b").On("linux/arm64"))
	s.image(s.open, s.relay, "1.0.0", "", l.Entries(index).Tar())
	const path = "/v2/acme/relay/manifests/"
	t.Run("O28 a client that knows images alone", func(t *testing.T) {
		a := s.send("GET", path+"1.0.0", nil, "Accept", ocitest.DockerImage+", "+ocitest.Image)
		if a.status != 200 || a.header.Get("Docker-Content-Digest") != amd.Digest() || a.header.Get("Content-Type") != ocitest.Image {
			t.Errorf("%d %v", a.status, a.header)
		}
	})
	t.Run("O29 Accept", func(t *testing.T) {
		for accept, status := range map[string]int{"text/html": 404, "*/*": 200, "application/*": 200, "application/json": 200, ocitest.Index: 200, ocitest.Index + ";q=0, */*": 200,
			ocitest.DockerList + ", " + strings.ToUpper(ocitest.Index) + ";q=0.1": 200, "application/*;q=0, */*": 404} {
			if a := s.send("GET", path+"1.0.0", nil, "Accept", accept); a.status != status {
				t.Errorf("%s: %d %s", accept, a.status, a.body)
			}
			if a := s.send("GET", path+index.Digest(), nil, "Accept", accept); a.status != 200 {
				t.Errorf("%s by digest: %d %s", accept, a.status, a.body)
			}
		}
		var body struct {
			Errors []struct{ Detail struct{ Available []string } }
		}
		a := s.send("GET", path+"1.0.0", nil, "Accept", "text/html")
		if err := json.Unmarshal([]byte(a.body), &body); err != nil || body.Errors[0].Detail.Available[0] != ocitest.Index {
			t.Errorf("%s", a.body)
		}
	})
	t.Run("O29 Accept-Encoding", func(t *testing.T) {
		for _, what := range []string{path + "1.0.0", "/v2/acme/relay/blobs/" + amd.Digest()} {
			a := s.send("GET", what, nil, "Accept-Encoding", "zstd, gzip")
			if a.status != 200 || a.header.Get("Content-Encoding") != "" || sha256Of(a.body) != a.header.Get("Docker-Content-Digest") {
				t.Errorf("%s: %d %v", what, a.status, a.header)
			}
		}
	})
	t.Run("HEAD", func(t *testing.T) {
		for _, what := range []string{"manifests/1.0.0", "manifests/" + index.Digest(), "blobs/" + amd.Digest(), "tags/list", "referrers/" + amd.Digest(), "manifests/nothing", "blobs/" + sha256Of("x")} {
			get, head := s.send("GET", "/v2/acme/relay/"+what, nil, "Accept-Encoding", "identity"), s.send("HEAD", "/v2/acme/relay/"+what, nil, "Accept-Encoding", "identity")
			for _, h := range []*answer{&get, &head} {
				h.header.Del("Date")
				h.header.Del("X-Request-Id")
			}
			one, _ := json.Marshal(get.header)
			two, _ := json.Marshal(head.header)
			if get.status != head.status || head.body != "" || string(one) != string(two) {
				t.Errorf("%s: %d %s\n%d %s", what, get.status, one, head.status, two)
			}
		}
	})
}

// TestOCIRowsOfTransfer: rows of oci.md section 8 about ranges and conditions.
func TestOCIRowsOfTransfer(t *testing.T) {
	t.Parallel()
	s := newOCISeller(t)
	l := ocitest.New()
	blob := l.Put("text/plain", []byte("0123456789"))
	image := l.Manifest(ocitest.Image, ocitest.Object{"config": l.Put(ocitest.Config, []byte("{}")), "layers": []ocitest.Object{blob, l.Put("text/plain", nil)}})
	s.image(s.licensed, s.vault, "1.0.0", "", l.Entries(image).Tar())
	license, key := s.license(s.licensed)
	auth := licenseBasic(key)
	path := "/v2/acme/vault/blobs/" + blob.Digest()
	t.Run("O30 ranges", func(t *testing.T) {
		etag := `"` + blob.Digest() + `"`
		for _, tt := range []struct {
			span, condition string
			status          int
			body            string
		}{
			{"0-0", "", 206, "0"}, {"5-", "", 206, "56789"}, {"-5", "", 206, "56789"}, {"-50", "", 206, "0123456789"}, {"3-800", "", 206, "3456789"}, {"10-", "", 416, ""}, {"-0", "", 416, ""},
			{"0-1,3-4", "", 200, "0123456789"}, {"x", "", 200, "0123456789"}, {"2-3", etag, 206, "23"}, {"2-3", `"` + image.Digest() + `"`, 200, "0123456789"}, {"2-3", "W/" + etag, 200, "0123456789"},
		} {
			headers := []string{"Authorization", auth, "Range", "bytes=" + tt.span}
			if tt.condition != "" {
				headers = append(headers, "If-Range", tt.condition)
			}
			a := s.send("GET", path, nil, headers...)
			if tt.status == 416 {
				if s.refusal(a, 416, "SIZE_INVALID", ""); a.header.Get("Content-Range") != "bytes */10" {
					t.Errorf("%s: %v", tt.span, a.header)
				}
			} else if a.status != tt.status || a.body != tt.body {
				t.Errorf("%s %s: %d %q", tt.span, tt.condition, a.status, a.body)
			}
		}
		if a := s.send("HEAD", path, nil, "Authorization", auth, "Range", "bytes=0-0"); a.status != 200 || a.header.Get("Content-Length") != "10" {
			t.Errorf("HEAD: %d %v", a.status, a.header)
		}
		if a := s.send("GET", "/v2/acme/vault/blobs/"+sha256Of(""), nil, "Authorization", auth, "Range", "bytes=0-"); a.status != 200 || a.body != "" {
			t.Errorf("empty: %d", a.status)
		}
		if a := s.send("GET", "/v2/acme/vault/manifests/1.0.0", nil, "Authorization", auth, "Range", "bytes=0-0"); a.status != 200 {
			t.Errorf("manifest: %d", a.status)
		}
	})
	t.Run("O31 conditions", func(t *testing.T) {
		for _, what := range []string{"manifests/1.0.0", "manifests/" + image.Digest(), "blobs/" + image.Digest()} {
			ask := func(name, value string) answer {
				return s.send("GET", "/v2/acme/vault/"+what, nil, "Authorization", auth, name, value)
			}
			for _, match := range []string{`W/"` + image.Digest() + `"`, `"x", "` + image.Digest() + `"`, "*"} {
				if a := ask("If-None-Match", match); a.status != 304 || a.header.Get("Docker-Content-Digest") != image.Digest() || a.header.Get("Etag") == "" || a.header.Get("Cache-Control") != "private, no-cache" {
					t.Errorf("%s, %s: %d %v", what, match, a.status, a.header)
				}
			}
			kind, _, _ := strings.Cut(what, "/")
			s.refusal(ask("If-Match", `"x"`), 412, map[string]string{"manifests": "MANIFEST_UNKNOWN", "blobs": "BLOB_UNKNOWN"}[kind], "")
		}
		s.action(license, "suspend")
		a := s.send("GET", path, nil, "Authorization", auth, "If-None-Match", "*")
		s.refusal(a, 403, "DENIED", "LICENSE_SUSPENDED")
		s.refusal(s.send("GET", path, nil, "If-None-Match", "*"), 401, "UNAUTHORIZED", "")
	})
}
