package npm

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"offprint/schema"
)

// Render implements projector.Engine.Render: the body and the schema.NPMAttr of
// a release with its tarball. Nothing in the body depends on the state of the
// release, so it is written once for each set of facts.
func Render(p schema.Package, r schema.Release, a schema.Artifact) ([]byte, any, bool, error) {
	if !IsPackage(a.Filename, a.Filetype) || len(a.Facts) == 0 {
		return nil, nil, false, nil
	}
	var facts Facts
	if err := json.Unmarshal(a.Facts, &facts); err != nil {
		return nil, nil, false, fmt.Errorf("facts: %w", err)
	}
	if len(facts.Manifest) == 0 {
		return nil, nil, false, nil // processed before the package had this engine
	}
	body, err := newBody(p.Key, schema.NPMVersionKey(r.Version), facts, a)
	if err != nil {
		return nil, nil, false, err
	}
	return body.Append(nil), attr(r, a), true, nil
}

func attr(r schema.Release, a schema.Artifact) schema.NPMAttr {
	out := schema.NPMAttr{Release: r.ID, Version: r.Version, Available: r.Created, Artifact: a.ID, Filename: a.Filename,
		SHA256: a.SHA256, Size: a.Size}
	if schema.NPMTag(r.Tag) {
		out.Tag = r.Tag
	}
	if r.Published != 0 {
		out.Available = max(r.Published, a.Processed)
	}
	return out
}

// abbreviatedMembers of package.json, in the order of the document.
var abbreviatedMembers = []string{"dependencies", "optionalDependencies", "devDependencies", "bundleDependencies", "peerDependencies",
	"peerDependenciesMeta", "acceptDependencies", "bin", "directories", "engines", "cpu", "os", "libc", "funding"}

// newBody cuts the version object of both forms.
func newBody(key, version string, facts Facts, a schema.Artifact) (*schema.NPMBody, error) {
	// Facts may have been escaped on their way through the log.
	m, err := readObject(facts.Manifest)
	if err != nil {
		return nil, fmt.Errorf("manifest: %w", err)
	}
	m.set("name", schema.AppendJSONString(nil, key))
	m.set("version", schema.AppendJSONString(nil, version))
	m = slices.DeleteFunc(m, func(x member) bool { return x.key == "hasInstallScript" }) // it is ours to say
	b := &schema.NPMBody{}
	if s, ok := m.str("deprecated"); ok && s != "" {
		b.Deprecated = schema.AppendJSONString(nil, s)
	}
	writeFull(b, m, key+"@"+version, facts)
	writeAbbreviated(b, m, facts)
	b.Dist, err = dist(key, version, facts, a)
	return b, err
}

// writeFull writes all members in the order of package.json, and notes where
// the hoisted ones are.
func writeFull(b *schema.NPMBody, m object, id string, facts Facts) {
	deprecated := len(b.Deprecated) > 0
	out := []byte("{")
	cut := 0
	for _, x := range m {
		if x.key == "deprecated" && !deprecated {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(schema.AppendJSONString(out, x.key), ':')
		if x.key == "deprecated" {
			cut = len(out)
			continue
		}
		if i := slices.Index(schema.NPMHoisted[:], x.key); i >= 0 {
			b.Hoisted[i] = schema.NPMSpan{At: len(out), Len: len(x.value)}
		}
		out = append(out, x.value...)
		if x.key == "version" && !deprecated {
			cut = len(out)
		}
	}
	out = append(out, `,"_id":`...)
	out = writeEnd(schema.AppendJSONString(out, id), facts)
	b.Full = schema.NPMObject{Open: out[:cut:cut], Rest: out[cut:]}
}

// writeAbbreviated writes the members that installers need.
func writeAbbreviated(b *schema.NPMBody, m object, facts Facts) {
	out := append([]byte(`{"name":`), m.get("name")...)
	out = append(append(out, `,"version":`...), m.get("version")...)
	if len(b.Deprecated) > 0 {
		out = append(out, `,"deprecated":`...)
	}
	cut := len(out)
	for _, name := range abbreviatedMembers {
		if value := m.get(name); value != nil && string(value) != "null" {
			out = append(append(out, `,"`+name+`":`...), value...)
		}
	}
	out = writeEnd(out, facts)
	b.Abbreviated = schema.NPMObject{Open: out[:cut:cut], Rest: out[cut:]}
}

// writeEnd writes what both forms have after the manifest, up to the URL.
func writeEnd(out []byte, facts Facts) []byte {
	out = append(out, `,"_hasShrinkwrap":`...)
	out = strconv.AppendBool(out, facts.HasShrinkwrap)
	if facts.HasInstallScript {
		out = append(out, `,"hasInstallScript":true`...)
	}
	return append(out, `,"dist":{"tarball":"`...)
}

// dist writes the end of a version object, from the path below the registry on.
// Digests are those of the bytes, never declared ones.
func dist(key, version string, facts Facts, a schema.Artifact) ([]byte, error) {
	sha1, err1 := hex.DecodeString(a.SHA1)
	sha512, err2 := hex.DecodeString(a.SHA512)
	if err1 != nil || err2 != nil || len(sha1) != 20 || len(sha512) != 64 {
		return nil, fmt.Errorf("digests of artifact %s are not sha1 and sha512", a.ID)
	}
	path := schema.AppendJSONString(nil, "/"+key+"/-/"+schema.NPMCanonicalFile(key, version))
	out := append(path[1:], `,"shasum":"`...)
	out = hex.AppendEncode(out, sha1)
	out = append(out, `","integrity":"sha512-`...)
	out = base64.StdEncoding.AppendEncode(out, sha512)
	out = append(out, `","fileCount":`...)
	out = strconv.AppendInt(out, int64(facts.FileCount), 10)
	out = append(out, `,"unpackedSize":`...)
	out = strconv.AppendInt(out, facts.UnpackedSize, 10)
	return append(out, "}}"...), nil
}
