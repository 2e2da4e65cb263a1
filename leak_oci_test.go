package main

import (
	"strings"

	"offprint/projector/logtest"
)

// ociPaths are all requests for a package's images that need no release's name.
func ociPaths(account, key string) []string {
	in := "/v2/" + account + "/" + key
	out := []string{in + "/tags/list", in + "/tags/list?n=1", in + "/manifests/nothing"}
	for _, tag := range []string{"latest", "next", "lts"} {
		out = append(out, in+"/manifests/"+tag)
	}
	for _, digest := range logtest.LayoutDigests() {
		out = append(out, in+"/manifests/"+digest, in+"/blobs/"+digest, in+"/referrers/"+digest)
	}
	return out
}

// ociMayTell says that two answers differ by what registries tell on purpose
// alone: to callers with a credential that something exists and is denied, with
// the reason (403 instead of 404); to others that there is something to log in
// for (401 instead of 404, and instead of lists without what is restricted).
func ociMayTell(c caller, path, a, b string) bool {
	status := func(s string) string { return s[len("HTTP/1.1 "):][:3] }
	one, two := status(a), status(b)
	if one > two {
		one, two = two, one
	}
	if c.header != "" {
		return two == "404" && one == "403" || one == "403" && two == "403"
	}
	list := strings.Contains(path, "/tags/") || strings.Contains(path, "/referrers/")
	return one == "401" && two == "404" || list && one == "200" && two == "401"
}
