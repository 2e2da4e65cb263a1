package oci

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"offprint/projector/oci/ocitest"
	"offprint/schema"
)

// artifact is an accepted layout of a release.
func artifact(t testing.TB, id string, created int64, archive []byte) schema.Artifact {
	t.Helper()
	in := file("1.3.0", "", &ocitest.Blobs{})
	own, err := Engine(Limits{}).Validate(t.Context(), bytes.NewReader(archive), in)
	if err != nil {
		t.Fatal(err)
	}
	return schema.Artifact{Base: schema.Base{ID: id, Created: created}, Filename: "image.tar", Facts: own, Processed: 3000 + created}
}

func TestRender(t *testing.T) {
	l := ocitest.New()
	image := l.Image("a")
	l.Artifact("a/b", image, "x")
	single := artifact(t, "b", 2, l.Entries(image).Tar())
	multi := artifact(t, "a", 1, ocitest.MultiArch("1.3.0"))
	r := schema.Release{Base: schema.Base{ID: "r", Created: 10}, Version: "1.3.0+5", Tag: "latest", Published: 20}
	body, attr, ok, err := Render(schema.Package{}, r, []schema.Artifact{single, multi})
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	got := attr.(schema.OCIAttr)
	if got.Tag != "latest" || got.Version != "1.3.0+5" || got.Available != 3001 {
		t.Errorf("%+v", got)
	}
	var f Facts
	if err := json.Unmarshal(multi.Facts, &f); err != nil || got.Root != f.Root {
		t.Errorf("an index comes first: %+v, %v", got, err)
	}
	var inventory schema.OCIInventory
	if err := json.Unmarshal(body, &inventory); err != nil || len(inventory.Manifests) != 4 {
		t.Errorf("%s %v", body, err)
	}
	for _, m := range inventory.Manifests {
		for _, b := range inventory.Blobs {
			if b.Digest == m.Digest {
				t.Errorf("%s is listed twice", b.Digest)
			}
		}
	}
	newer := single
	newer.ID, newer.Created = "c", 3
	l = ocitest.New()
	newer.Facts = artifact(t, "c", 3, l.Entries(l.Image("newer")).Tar()).Facts
	r.Tag, r.Published = "no/tag", 0
	_, attr, _, _ = Render(schema.Package{}, r, []schema.Artifact{single, newer})
	if got := attr.(schema.OCIAttr); got.Tag != "" || got.Available != 10 || !strings.Contains(string(newer.Facts), got.Root) {
		t.Errorf("the newest artifact comes first: %+v", got)
	}
	if _, _, ok, err := Render(schema.Package{}, r, []schema.Artifact{{Filename: "sums.txt", Facts: json.RawMessage("{}")}, {Filename: "x.tar"}}); ok || err != nil {
		t.Error(ok, err)
	}
	if _, _, _, err := Render(schema.Package{}, r, []schema.Artifact{{Filename: "x.tar", Facts: json.RawMessage("[]")}}); err == nil {
		t.Error("broken facts pass")
	}
}

func TestClaims(t *testing.T) {
	for name, want := range map[string]bool{"a.tar": true, "A.TAR.GZ": true, "a.tgz": true, "a.tar.zst": true, "a.oci": true, "a.txt": false, "tar": false, "sbom.json": false} {
		if IsLayout(name, "") != want {
			t.Errorf("%s: %v", name, !want)
		}
	}
	if !IsLayout("image", "tar") {
		t.Error("the filetype does not count")
	}
}
