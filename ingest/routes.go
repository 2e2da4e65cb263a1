package ingest

import "slices"

// routes is every route of the publishing API. Where two patterns fit one path,
// the first counts, so literal segments stand before parameters.
var routes = slices.Concat(accountRoutes, productRoutes, packageRoutes, releaseRoutes, artifactRoutes, uploadRoutes,
	entitlementRoutes, policyRoutes, licenseRoutes, tokenRoutes)
