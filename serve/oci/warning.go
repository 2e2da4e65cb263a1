package oci

import (
	"time"

	"offprint/schema"
	"offprint/serve"
)

// warnBefore is how long before its end a license is spoken of.
const warnBefore = 14 * 24 * time.Hour

// warn says in a header that clients print
// (https://github.com/opencontainers/distribution-spec/blob/main/spec.md#warnings)
// that the caller's license ends soon, or has ended.
func warn(r *serve.Request, product string) {
	if r.Rights.Kind != schema.LicenseCaller {
		return
	}
	for i := range r.Rights.Grants {
		g := &r.Rights.Grants[i]
		if g.Product != product || g.Expiry == 0 || g.Expiry > r.Now+warnBefore.Milliseconds() {
			continue
		}
		verb := "expires"
		if g.Expiry < r.Now {
			verb = "expired"
		}
		r.Response.Header.Set("Warning", `299 - "license `+verb+` on `+time.UnixMilli(g.Expiry).UTC().Format(time.DateOnly)+`"`)
	}
}
