package oci

import (
	"encoding/json"
	"strings"
)

// checkLayout says whether what was found is a layout at all.
func (a *archive) checkLayout() error {
	switch {
	case a.marker != nil:
		return a.checkMarker()
	case a.docker:
		return reject(codeDocker, "This is an archive of docker save, not an OCI layout: "+
			"make one with docker buildx build -o type=oci,dest=image.tar, or with skopeo copy docker-archive:image.tar oci-archive:image-oci.tar.")
	case a.deeper != "":
		return reject(codeNoLayout, "There is no oci-layout at the top of the archive, but one in %s: archive what is in that folder, not the folder (tar -C %s -cf image.tar .).",
			show(a.deeper), a.deeper)
	}
	return reject(codeNoLayout, "There is no oci-layout at the top of the archive.")
}

// checkMarker reads oci-layout
// (https://github.com/opencontainers/image-spec/blob/main/image-layout.md#oci-layout-file).
func (a *archive) checkMarker() error {
	text, err := a.load(a.marker)
	if err != nil {
		return err
	}
	var marker struct {
		Version *string `json:"imageLayoutVersion"`
	}
	switch err := json.Unmarshal(text, &marker); {
	case err != nil:
		return reject(codeLayout, "oci-layout is not a JSON object: %v.", err)
	case marker.Version == nil:
		return reject(codeLayout, "oci-layout has no imageLayoutVersion.")
	case !strings.HasPrefix(*marker.Version, "1."):
		return reject(codeLayout, "The imageLayoutVersion is %s, it must be 1.0.0 or another 1.x.", show(*marker.Version))
	}
	a.layout = *marker.Version
	if a.index == nil {
		return reject(codeIndex, "There is no index.json at the top of the archive.")
	}
	return nil
}
