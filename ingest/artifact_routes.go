package ingest

// artifactRoutes: publishing-api.md section 4, artifacts. One artifact is shown
// by the half that serves bytes.
var artifactRoutes = []route{
	{method: "GET", pattern: "artifacts", handler: (*API).listArtifacts, auth: optional},
	{method: "POST", pattern: "artifacts", handler: (*API).createArtifact},
	{method: "GET", pattern: "artifacts/{artifact...}", handler: (*API).showArtifact, auth: optional, anyAccept: true, basic: true, artifact: true},
	{method: "PATCH", pattern: "artifacts/{artifact...}", handler: (*API).updateArtifact},
	{method: "DELETE", pattern: "artifacts/{artifact...}", handler: (*API).deleteArtifact},
	{method: "GET", pattern: "products/{product}/artifacts", handler: (*API).listArtifacts},
}

var artifactTextFields = []field{
	{name: "filesize", kind: integer, nullable: true},
	{name: "signature", kind: text, nullable: true, blank: true},
	{name: "checksum", kind: text, nullable: true, blank: true},
	{name: "metadata", kind: object},
}

var newArtifactShape = shape{resource: "artifacts", attributes: append([]field{
	{name: "filename", kind: text, required: true, raw: true},
	{name: "filetype", kind: text, nullable: true, blank: true},
	{name: "platform", kind: text, nullable: true, blank: true},
	{name: "arch", kind: text, nullable: true, blank: true},
}, artifactTextFields...), relationships: []relation{{name: "release", resource: "releases", required: true}}}

var artifactShape = shape{resource: "artifacts", attributes: artifactTextFields}
