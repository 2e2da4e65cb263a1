package ingest

// releaseRoutes: publishing-api.md section 4, releases.
var releaseRoutes = []route{
	{method: "GET", pattern: "releases", handler: (*API).listReleases, auth: optional},
	{method: "POST", pattern: "releases", handler: (*API).createRelease},
	{method: "GET", pattern: "releases/{release}", handler: (*API).showRelease, auth: optional},
	{method: "PATCH", pattern: "releases/{release}", handler: (*API).updateRelease},
	{method: "DELETE", pattern: "releases/{release}", handler: (*API).deleteRelease},
	{method: "POST", pattern: "releases/{release}/actions/publish", handler: (*API).publishRelease},
	{method: "POST", pattern: "releases/{release}/actions/yank", handler: (*API).yankRelease},
	{method: "GET", pattern: "releases/{release}/constraints", handler: (*API).listConstraints},
	{method: "POST", pattern: "releases/{release}/constraints", handler: (*API).attachConstraints},
	{method: "DELETE", pattern: "releases/{release}/constraints", handler: (*API).detachConstraints},
	{method: "GET", pattern: "releases/{release}/constraints/{constraint}", handler: (*API).showConstraint},
	{method: "GET", pattern: "releases/{release}/entitlements", handler: (*API).listReleaseEntitlements},
	{method: "GET", pattern: "releases/{release}/package", handler: (*API).showReleasePackage, auth: optional},
	{method: "PUT", pattern: "releases/{release}/package", handler: (*API).refuseReleasePackage},
	{method: "PATCH", pattern: "releases/{release}/package", handler: (*API).refuseReleasePackage},
	{method: "GET", pattern: "releases/{release}/product", handler: (*API).showReleaseProduct},
	{method: "GET", pattern: "releases/{release}/artifacts", handler: (*API).listArtifacts, auth: optional},
	{method: "GET", pattern: "releases/{release}/artifacts/{artifact...}", handler: (*API).showArtifact, auth: optional, anyAccept: true, basic: true, artifact: true},
	{method: "GET", pattern: "products/{product}/releases", handler: (*API).listReleases},
}

// The description is kept as it is sent; it may be empty.
var releaseTextFields = []field{
	{name: "name", kind: text, nullable: true},
	{name: "description", kind: text, nullable: true, blank: true, raw: true},
	{name: "tag", kind: text, nullable: true},
	{name: "backdated", kind: moment, nullable: true},
	{name: "metadata", kind: object},
}

var constraintLinks = relation{name: "constraints", resource: "constraints", many: true,
	parts: []relation{{name: "entitlement", resource: "entitlements", required: true}}}

var newReleaseShape = shape{resource: "releases", attributes: append([]field{
	{name: "version", kind: text, required: true, raw: true},
	{name: "channel", kind: text, required: true, enum: channels},
	{name: "status", kind: text, enum: []string{draft, published}},
}, releaseTextFields...), relationships: []relation{
	{name: "product", resource: "products", required: true},
	{name: "package", resource: "packages", nullable: true},
	constraintLinks,
}}

// force moves a tag from the release that has it.
var releaseShape = shape{resource: "releases", attributes: releaseTextFields, meta: []field{{name: "force", kind: boolean}}}
