package serve

import (
	"cmp"

	"offprint/schema/principal"
)

// found is a file that an artifact URL names and the caller sees, or of which
// the caller may know why it is not served.
type found struct {
	FileView
	at     int32
	digest string // ".sha256" if the file's checksum is asked for; "" for the file
}

// find looks up what a path names among what the caller sees.
func (p *artifactPath) find(r *Request) (found, *principal.Refusal) {
	if p.nowhere {
		return found{}, r.HiddenFile(p.name)
	}
	if p.within || p.id == "" && r.Param("release") != nil {
		return p.findInRelease(r)
	}
	if p.id != "" {
		f, refusal := p.findByID(r)
		if refusal == nil || p.bytes || refusal.Status != 404 && refusal.Status != 401 {
			return f, refusal
		}
	}
	return p.findByName(r)
}

// findByID: the name behind the id must be the file's, or its last segment.
func (p *artifactPath) findByID(r *Request) (found, *principal.Refusal) {
	f, ok, err := r.byID(p.id)
	switch {
	case err != nil:
		return f, r.Trouble(err)
	case !ok:
		return f, r.HiddenFile(p.name)
	case !f.Sees(f.at) && !(p.bytes && f.seesYanked(f.at)):
		return f, cmp.Or(f.why(f.at), r.HiddenFile(p.name))
	case !p.bytes || f.goesBy(p.name):
		return f, nil
	}
	if file, digest, ok := sibling(p.name); ok && f.goesBy(file) {
		f.digest = digest
		return f, nil
	}
	return f, notFound(p.name) // they know the file: nothing is hidden from them
}

// goesBy says whether a name may stand behind the file's id.
func (f *found) goesBy(name string) bool {
	own := f.Attr(f.at).Filename
	return name == own || name == lastSegment(own)
}

// byID finds the fragment of an artifact, whoever may see it.
func (r *Request) byID(id string) (f found, ok bool, err error) {
	at, err := r.Account.placeOf(r.Context(), id)
	if err != nil || at == (place{}) {
		return f, false, err
	}
	if f.FileView, ok, err = r.fileViewAt(at); !ok {
		return f, false, err
	}
	f.at = f.ByID(id)
	return f, f.at >= 0, nil
}

// findByName looks in the whole account: of several files of the name that of
// the highest version.
func (p *artifactPath) findByName(r *Request) (found, *principal.Refusal) {
	q, err := r.qualifiers()
	if err != nil {
		return found{}, r.Trouble(err)
	}
	best, reason, err := r.bestNamed(p.name, &q)
	if err == nil && best.at < 0 {
		if file, digest, ok := sibling(p.name); ok {
			if id := UUID([]byte(file)); id != "" {
				best, _, err = r.byID(id)
				if best.Doc == nil || err == nil && !best.Sees(best.at) {
					best.at = -1
				}
			} else {
				best, _, err = r.bestNamed(file, &q)
			}
			best.digest = digest
		}
	}
	switch {
	case err != nil:
		return best, r.Trouble(err)
	case best.at < 0:
		return best, cmp.Or(reason, r.HiddenFile(p.name))
	}
	return best, nil
}

// bestNamed gives the file of a name with the highest version that the caller
// sees; at is -1 if there is none, and then reason may say why.
func (r *Request) bestNamed(name string, q *qualifiers) (best found, reason *principal.Refusal, err error) {
	best.at = -1
	ids, err := r.Account.artifactsNamed(r.Context(), name)
	for _, id := range ids {
		f, ok, err := r.byID(id)
		switch {
		case err != nil:
			return best, nil, err
		case !ok || !q.admit(&f):
		case !f.SeesOld(f.at):
			reason = cmp.Or(reason, f.why(f.at))
		case best.at < 0 || laterFile(f.Attr(f.at), best.Attr(best.at)):
			best = f
		}
	}
	return best, reason, err
}
