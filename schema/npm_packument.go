package schema

import "slices"

// npmDocument is what a packument is put together from.
type npmDocument struct {
	head     Head
	list     []NPMRelease // sorted, one for each version key
	bodies   []NPMBody    // of list
	prefix   []byte       // escaped for JSON
	modified int64
	size     int // about, and never less than what the versions need
}

// newNPMDocument reads the bodies of a sorted list. A release whose body cannot
// be read is left out.
func newNPMDocument(h Head, list []NPMRelease, modified int64, prefix string) npmDocument {
	d := npmDocument{head: h, list: make([]NPMRelease, 0, len(list)), bodies: make([]NPMBody, 0, len(list)),
		prefix: appendJSONText(nil, prefix), modified: max(modified, h.Created)}
	for i := range npmListed(list) {
		b, _, err := parseNPMBody(list[i].Body)
		if err != nil {
			continue
		}
		d.list = append(d.list, list[i])
		d.bodies = append(d.bodies, b)
		d.modified = max(d.modified, list[i].Attr.Available)
	}
	return d
}

// form is one of the two kinds of packument.
type form func(*NPMBody) *NPMObject

func full(b *NPMBody) *NPMObject        { return &b.Full }
func abbreviated(b *NPMBody) *NPMObject { return &b.Abbreviated }

// NPMPackument appends the full document of the releases in list, which is
// sorted and holds all that the caller may see. modified is when the view
// changed last, in Unix milliseconds; the document never says less than the
// time of a version in it. prefix is the URL of the registry without a slash at
// the end.
//
// https://github.com/npm/registry/blob/main/docs/responses/package-metadata.md
func NPMPackument(dst []byte, h Head, list []NPMRelease, modified int64, prefix string) []byte {
	d := newNPMDocument(h, list, modified, prefix)
	var latest NPMBody
	if i := NPMLatest(d.list); i >= 0 {
		latest, _ = ParseNPMBody(d.list[i].Body) // bad spans: nothing is hoisted
	}
	dst = slices.Grow(dst, d.length(full, &latest))
	dst = append(dst, `{"_id":`...)
	dst = appendJSONString(dst, h.Key)
	dst = append(dst, `,"name":`...)
	dst = appendJSONString(dst, h.Key)
	dst = latest.appendHoisted(dst, hoistedDescription)
	dst = d.appendIndex(dst)
	dst = d.appendVersions(dst, full)
	for i := hoistedDescription + 1; i < len(NPMHoisted); i++ {
		dst = latest.appendHoisted(dst, i)
	}
	return append(dst, '}')
}

// NPMAbbreviated appends the document that install commands ask for. Parameters
// as in NPMPackument.
func NPMAbbreviated(dst []byte, h Head, list []NPMRelease, modified int64, prefix string) []byte {
	d := newNPMDocument(h, list, modified, prefix)
	dst = slices.Grow(dst, d.length(abbreviated, &NPMBody{}))
	dst = append(dst, `{"name":`...)
	dst = appendJSONString(dst, h.Key)
	dst = append(dst, `,"modified":`...)
	dst = appendJSONTime(dst, d.modified)
	dst = d.appendIndex(dst)
	dst = d.appendVersions(dst, abbreviated)
	return append(dst, '}')
}

// NPMVersionDocument appends the full object of one release, nothing if its
// body cannot be read.
func NPMVersionDocument(dst []byte, h Head, r NPMRelease, prefix string) []byte {
	b, _, err := parseNPMBody(r.Body)
	if err != nil {
		return dst
	}
	return b.appendVersion(dst, &b.Full, r.yanked(), appendJSONText(nil, prefix))
}

const (
	yankedValue  = `"This version was yanked."`
	yankedMember = `,"deprecated":` + yankedValue
)

// appendVersion writes a version object of one form.
func (b *NPMBody) appendVersion(dst []byte, o *NPMObject, yanked bool, prefix []byte) []byte {
	dst = append(dst, o.Open...)
	switch {
	case !yanked:
		dst = append(dst, b.Deprecated...)
	case len(b.Deprecated) > 0:
		dst = append(dst, yankedValue...)
	default:
		dst = append(dst, yankedMember...)
	}
	dst = append(dst, o.Rest...)
	dst = append(dst, prefix...)
	return append(dst, b.Dist...)
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
	dst = NPMDistTags(dst, d.list)
	dst = append(dst, `,"time":{"created":`...)
	dst = appendJSONTime(dst, d.head.Created)
	dst = append(dst, `,"modified":`...)
	dst = appendJSONTime(dst, d.modified)
	for i := range d.list {
		dst = append(dst, ',')
		dst = appendJSONString(dst, d.list[i].key())
		dst = append(dst, ':')
		dst = appendJSONTime(dst, d.list[i].Attr.Available)
	}
	return append(dst, '}')
}

func (d *npmDocument) appendVersions(dst []byte, pick form) []byte {
	dst = append(dst, `,"versions":{`...)
	for i := range d.list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendJSONString(dst, d.list[i].key())
		dst = append(dst, ':')
		dst = d.bodies[i].appendVersion(dst, pick(&d.bodies[i]), d.list[i].yanked(), d.prefix)
	}
	return append(dst, '}')
}

// length is at least what the document takes, unless tags or names need many
// escapes: then it grows once more.
func (d *npmDocument) length(pick form, latest *NPMBody) int {
	n := 512 + 4*len(d.head.Key)
	for i, name := range NPMHoisted {
		n += len(name) + 4 + latest.Hoisted[i].Len
	}
	for i := range d.list {
		b := &d.bodies[i]
		o := pick(b)
		n += len(o.Open) + len(b.Deprecated) + len(o.Rest) + len(d.prefix) + len(b.Dist) + len(yankedMember) +
			2*len(d.list[i].Attr.Version) + len(d.list[i].Attr.Tag) + len(d.list[i].Attr.Version) + 48
	}
	return n
}
