package main

import (
	"strings"
	"testing"

	"offprint/projector/oci/ocitest"
)

// image publishes a release of an OCI package with one layout.
func (p *process) image(product, pkg resource, version, tag string, layout []byte) resource {
	p.t.Helper()
	attributes := map[string]any{"version": version, "channel": "stable"}
	if tag != "" {
		attributes["tag"] = tag
	}
	release := p.create("releases", attributes, relations{"product": product, "package": pkg})
	p.upload(release, "image.tar", layout)
	p.publishRelease(release)
	return release
}

func TestOCISmoke(t *testing.T) {
	p := startServer(t)
	product := p.product("relay", "OPEN")
	pkg := p.pkg(product, "relay", "oci")
	p.image(product, pkg, "1.3.0", "latest", ocitest.MultiArch("1.3.0"))
	for _, path := range []string{"/v2/", "/v2/token?scope=repository:acme/relay:pull", "/v2/acme/relay/tags/list", "/v2/relay/tags/list?n=1", "/v2/acme/relay/manifests/latest", "/v2/acme/relay/manifests/nope", "/oci/acme/relay/manifests/1.3.0"} {
		a := p.get(path, "")
		t.Logf("%s\n%d %v\n%s", path, a.status, a.header, strings.TrimSpace(a.body))
	}
}
