package main

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"

	"offprint/events"
	"offprint/schema"
)

// tarball is a made-up npm package: digests of bytes that are nowhere, and a
// manifest of usual size (a version object of about 2 KB, as the median of the
// public registry), of which versions repeat most but not all.
type tarball struct {
	stored   events.ArtifactBytes
	name     string
	version  string
	manifest []byte
	unpacked int64
}

// newTarball gives the same for the same arguments.
func newTarball(name, version string, seed uint64) tarball {
	random := rand.New(rand.NewPCG(seed, 11))
	t := tarball{name: name, version: schema.NPMVersionKey(version), unpacked: 40_000 + random.Int64N(9_000)}
	t.manifest = []byte(newManifest(name, t.version, random))
	content := fmt.Appendf(nil, "%s@%s", name, version)
	s1, s256, s512, m5 := sha1.Sum(content), sha256.Sum256(content), sha512.Sum512(content), md5.Sum(content)
	t.stored = events.ArtifactBytes{Size: 12_000 + random.Int64N(3_000), SHA1: hex.EncodeToString(s1[:]), SHA256: hex.EncodeToString(s256[:]),
		SHA512: hex.EncodeToString(s512[:]), MD5: hex.EncodeToString(m5[:])}
	return t
}

// facts is what a validator would have found.
func (t *tarball) facts(artifact string) json.RawMessage {
	return fmt.Appendf(nil, `{"artifact":%q,"engine":"npm","upload":{"sha256":%q,"size":%d},"warnings":[],"name":%q,"version":%q,"manifest":%s,"fileCount":37,"unpackedSize":%d}`,
		artifact, t.stored.SHA256, t.stored.Size, t.name, t.version, t.manifest, t.unpacked)
}

var (
	dependencies = []string{"accepts", "body-parser", "content-disposition", "cookie-signature", "debug", "depd", "encodeurl", "etag",
		"finalhandler", "fresh", "http-errors", "merge-descriptors", "on-finished", "parseurl", "proxy-addr", "qs", "range-parser", "type-is", "vary"}
	devDependencies = []string{"@types/node", "after", "c8", "eslint", "express-session", "marked", "method-override", "mocha", "morgan",
		"prettier", "supertest", "typescript", "vhost"}
)

// newManifest writes a package.json as one line. One in twenty ranges differs
// from version to version, and the commit always does.
func newManifest(name, version string, random *rand.Rand) string {
	ranges := func(names []string) string {
		list := make([]string, len(names))
		for i, n := range names {
			minor := 7 * i % 20
			if random.IntN(20) == 0 {
				minor = random.IntN(20)
			}
			list[i] = fmt.Sprintf("%q:\"^%d.%d.%d\"", n, 1+i%5, minor, i%3)
		}
		return "{" + strings.Join(list, ",") + "}"
	}
	return fmt.Sprintf(`{"name":%q,"version":%q,"description":"Receives, sorts and forwards messages between services","keywords":["relay","messages","router","queue","api"],`+
		`"homepage":"https://acme.example/relay","bugs":{"url":"https://acme.example/relay/issues"},"license":"SEE LICENSE IN LICENSE",`+
		`"author":{"name":"Acme","email":"relay@acme.example"},"contributors":[{"name":"A. Jones","email":"jones@acme.example"},{"name":"B. Smith","email":"smith@acme.example"}],`+
		`"type":"module","main":"./dist/index.cjs","module":"./dist/index.js","types":"./dist/index.d.ts","files":["dist","LICENSE","README.md"],`+
		`"exports":{".":{"types":"./dist/index.d.ts","import":"./dist/index.js","require":"./dist/index.cjs"},"./package.json":"./package.json"},`+
		`"repository":{"type":"git","url":"git+https://git.acme.example/relay.git"},"engines":{"node":">= 18"},"bin":{"relay":"dist/cli.js"},`+
		`"scripts":{"build":"tsc -p .","lint":"eslint .","test":"mocha --require test/support/env --reporter spec --check-leaks test/"},`+
		`"dependencies":%s,"devDependencies":%s,"gitHead":"%016x%016x%08x"}`,
		name, version, ranges(dependencies), ranges(devDependencies), random.Uint64(), random.Uint64(), random.Uint32())
}
