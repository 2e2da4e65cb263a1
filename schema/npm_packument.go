package schema

import "slices"

// npmDocument is what a packument is put together from.
type npmDocument struct {
	head     Head
	versions []npmVersion // sorted, one for each version key
	tags     []npmTag
	latest   []byte // body of the latest version
	prefix   []byte // escaped for JSON
	modified int64
}

// npmVersion is a version with the parts of one form of its object.
type npmVersion struct {
	key                          string
	available                    int64
	open, deprecated, rest, dist []byte
}

// newNPMDocument reads the bodies of a sorted list. A release whose body cannot
// be read is left out: better a version missing than a document that no client
// can read.
func newNPMDocument(h Head, list []NPMRelease, modified int64, prefix string, abbreviated bool) npmDocument {
	d := npmDocument{head: h, versions: make([]npmVersion, 0, len(list)), tags: npmTags(list), prefix: appendJSONText(nil, prefix),
		modified: max(modified, h.Created)}
	if len(d.tags) > 0 {
		d.latest = list[d.tags[0].index].Body
	}
	for i, key := range npmListed(list) {
		r := &list[i]
		b, _, err := parseNPMBody(r.Body)
		if err != nil {
			return newNPMDocument(h, readable(list), modified, prefix, abbreviated)
		}
		o := b.Full
		if abbreviated {
			o = b.Abbreviated
		}
		d.versions = append(d.versions, npmVersion{key, r.Attr.Available, o.Open, b.deprecated(r.yanked()), o.Rest, b.Dist})
		d.modified = max(d.modified, r.Attr.Available)
	}
	return d
}

// readable gives the releases whose bodies can be read.
func readable(list []NPMRelease) []NPMRelease {
	return slices.DeleteFunc(slices.Clone(list), func(r NPMRelease) bool { _, _, err := parseNPMBody(r.Body); return err != nil })
}

// NPMPackument appends the full document of the releases in list, which is
// sorted and holds all that the caller may see. modified is when the view
// changed last, in Unix milliseconds; the document never says less than the
// time of a version in it. prefix is the URL of the registry without a slash at
// the end.
//
// https://github.com/npm/registry/blob/main/docs/responses/package-metadata.md
func NPMPackument(dst []byte, h Head, list []NPMRelease, modified int64, prefix string) []byte {
	d := newNPMDocument(h, list, modified, prefix, false)
	latest, _ := ParseNPMBody(d.latest) // none, or bad spans: nothing is hoisted
	dst = slices.Grow(dst, d.length(&latest))
	dst = append(dst, `{"_id":`...)
	dst = AppendJSONString(dst, h.Key)
	dst = append(dst, `,"name":`...)
	dst = AppendJSONString(dst, h.Key)
	dst = latest.appendHoisted(dst, hoistedDescription)
	dst = d.appendIndex(dst)
	dst = d.appendVersions(dst)
	for i := hoistedDescription + 1; i < len(NPMHoisted); i++ {
		dst = latest.appendHoisted(dst, i)
	}
	return append(dst, '}')
}

// NPMAbbreviated appends the document that install commands ask for. Parameters
// as in NPMPackument.
func NPMAbbreviated(dst []byte, h Head, list []NPMRelease, modified int64, prefix string) []byte {
	d := newNPMDocument(h, list, modified, prefix, true)
	dst = slices.Grow(dst, d.length(&NPMBody{}))
	dst = append(dst, `{"name":`...)
	dst = AppendJSONString(dst, h.Key)
	dst = append(dst, `,"modified":`...)
	dst = appendJSONTime(dst, d.modified)
	dst = d.appendIndex(dst)
	dst = d.appendVersions(dst)
	return append(dst, '}')
}

// NPMVersionDocument appends the full object of one release, nothing if its
// body cannot be read.
func NPMVersionDocument(dst []byte, h Head, r NPMRelease, prefix string) []byte {
	b, _, err := parseNPMBody(r.Body)
	if err != nil {
		return dst
	}
	v := npmVersion{open: b.Full.Open, deprecated: b.deprecated(r.yanked()), rest: b.Full.Rest, dist: b.Dist}
	return v.append(dst, appendJSONText(nil, prefix))
}

var (
	yankedValue  = []byte(`"This version was yanked."`)
	yankedMember = []byte(`,"deprecated":"This version was yanked."`)
)

// deprecated is what stands between Open and Rest.
func (b *NPMBody) deprecated(yanked bool) []byte {
	switch {
	case !yanked:
		return b.Deprecated
	case len(b.Deprecated) > 0:
		return yankedValue
	}
	return yankedMember
}

// append writes the version object.
func (v *npmVersion) append(dst, prefix []byte) []byte {
	dst = append(dst, v.open...)
	dst = append(dst, v.deprecated...)
	dst = append(dst, v.rest...)
	dst = append(dst, prefix...)
	return append(dst, v.dist...)
}

// appendHoisted writes a member of the latest version, if it has it.
func (b *NPMBody) appendHoisted(dst []byte, i int) []byte {
	value := b.hoisted(i)
	if value == nil {
		return dst
	}
	dst = append(dst, `,"`...)
	dst = append(dst, NPMHoisted[i]...)
	dst = append(dst, `":`...)
	return append(dst, value...)
}

// appendIndex writes dist-tags and time.
func (d *npmDocument) appendIndex(dst []byte) []byte {
	dst = append(dst, `,"dist-tags":`...)
	dst = appendNPMTags(dst, d.tags)
	dst = append(dst, `,"time":{"created":`...)
	dst = appendJSONTime(dst, d.head.Created)
	dst = append(dst, `,"modified":`...)
	dst = appendJSONTime(dst, d.modified)
	for i := range d.versions {
		dst = append(dst, ',')
		dst = AppendJSONString(dst, d.versions[i].key)
		dst = append(dst, ':')
		dst = appendJSONTime(dst, d.versions[i].available)
	}
	return append(dst, '}')
}

func (d *npmDocument) appendVersions(dst []byte) []byte {
	dst = append(dst, `,"versions":{`...)
	for i := range d.versions {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = AppendJSONString(dst, d.versions[i].key)
		dst = append(dst, ':')
		dst = d.versions[i].append(dst, d.prefix)
	}
	return append(dst, '}')
}

// length is at least what the document takes, unless names need many escapes:
// then it grows once more.
func (d *npmDocument) length(latest *NPMBody) int {
	n := 512 + 4*len(d.head.Key)
	for i, name := range NPMHoisted {
		n += len(name) + 4 + latest.Hoisted[i].Len
	}
	for _, t := range d.tags {
		n += len(t.name) + len(t.key) + 6
	}
	for i := range d.versions {
		v := &d.versions[i]
		n += len(v.open) + len(v.deprecated) + len(v.rest) + len(d.prefix) + len(v.dist) + 2*len(v.key) + 36
	}
	return n
}
