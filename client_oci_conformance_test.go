package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"offprint/projector/oci/ocitest"
)

// conformanceInstall builds the suite under a name that says what it is.
const conformanceInstall = "go install github.com/opencontainers/distribution-spec/conformance@v0.0.0-20260831232431-97274622c111 && mv $(go env GOPATH)/bin/conformance $(go env GOPATH)/bin/oci-conformance"

// TestOCIConformance runs the suite of the distribution specification against
// preloaded content: anonymously on an OPEN package, and with a license on a
// LICENSED one. It cannot be made to want Docker-Content-Digest on manifests that
// it did not push itself: it overlooks the header then. The other tests want it.
func TestOCIConformance(t *testing.T) {
	t.Parallel()
	need(t, "oci-conformance", conformanceInstall)
	s := newOCISeller(t)
	_, key := s.license(s.licensed)
	l := ocitest.New()
	amd, arm := l.ImageOn("linux/amd64", "base", "amd64"), l.ImageOn("linux/arm64", "base", "arm64")
	index := l.Index(amd.On("linux/amd64"), arm.On("linux/arm64"))
	sbom := l.Artifact("application/vnd.example.sbom.v1", index, "the sbom")
	layout := l.Entries(index, sbom).Tar()
	s.image(s.open, s.relay, "1.0.0", "latest", layout)
	s.image(s.licensed, s.vault, "1.0.0", "latest", layout)
	for _, version := range []string{"1.1", "dev"} {
		for repository, credential := range map[string]string{"acme/relay": "", "acme/vault": key} {
			t.Run(version+" "+repository, func(t *testing.T) {
				cmd := exec.CommandContext(t.Context(), "oci-conformance")
				cmd.Dir = t.TempDir()
				cmd.Env = append(os.Environ(), "OCI_REGISTRY="+strings.TrimPrefix(s.URL, "http://"), "OCI_TLS=disabled", "OCI_VERSION="+version,
					"OCI_REPO1="+repository, "OCI_REPO2="+repository, "OCI_API_PUSH=false", "OCI_API_BLOBS_DELETE=false", "OCI_API_MANIFESTS_DELETE=false", "OCI_API_TAGS_DELETE=false",
					"OCI_API_MANIFESTS_DIGEST_HEADER=false", "OCI_API_BLOBS_DIGEST_HEADER=true", "OCI_RO_DATA_TAGS=latest 1.0.0",
					"OCI_RO_DATA_MANIFESTS="+index.Digest()+" "+amd.Digest()+" "+sbom.Digest(), "OCI_RO_DATA_BLOBS="+l.Layer("base").Digest()+" "+sha256Of("the sbom"),
					"OCI_RO_DATA_REFERRERS="+index.Digest())
				if credential != "" {
					cmd.Env = append(cmd.Env, "OCI_USERNAME=license", "OCI_PASSWORD="+credential)
				}
				out, _ := cmd.CombinedOutput() // after its verdict it may fail to write a report
				for _, line := range []string{"OCI Conformance Result: Pass", "/ping: Pass", "/read-only/tag-list: Pass", "/read-only/head: Pass", "/read-only/pull: Pass", "/read-only/referrers: Pass", "/missing-manifest: Pass"} {
					if !strings.Contains(string(out), line+"\n") {
						t.Fatalf("no %q:\n%s", line, out)
					}
				}
			})
		}
	}
}
