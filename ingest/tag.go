package ingest

import (
	"regexp"
	"strings"

	"offprint/schema"
)

// ociTag is the grammar of tags in a registry
// (https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests).
var ociTag = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$`)

// tag checks a tag of a release of an engine's package; "" is none.
func (p *problems) tag(tag, engine string) {
	if tag == "" {
		return
	}
	p.word("tag", tag)
	switch {
	case action(tag):
		p.add("tag", "TAG_NOT_ALLOWED", "is reserved")
	case strings.Contains(tag, "/"):
		p.add("tag", "TAG_INVALID", "must not hold a slash")
	case engine == "oci" && !ociTag.MatchString(tag):
		p.add("tag", "TAG_INVALID", "must be a tag as registries have them: letters, digits, '_', '.' and '-', at most 128, not beginning with '.' or '-'")
	case engine == schema.NPMEngine && !schema.NPMTag(tag):
		p.add("tag", "TAG_INVALID", "must not read as a version or a range: npm would take it for one")
	}
}
