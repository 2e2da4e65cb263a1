package projector

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"offprint/events"
	"offprint/schema"
)

// fragment is what one release or file contributes to one document.
type fragment struct {
	rule []byte
	body uint64 // serial of data; 0: none
	data []byte
}

// releaseState is everything that a release's fragments are rendered from.
type releaseState struct {
	release   *schema.Release
	pkg       *schema.Package    // nil for a release without package
	artifacts []*schema.Artifact // by creation, then id; deleted ones too
}

// encode is how heads, rules and attributes are written: equal values give
// equal bytes.
func encode(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(fmt.Sprintf("projector: encode %T: %v", v, err)) // only plain structs come here
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// renderRelease gives all fragments of a release. It is pure.
func renderRelease(engines Engines, s releaseState) (map[rowKey]*fragment, error) {
	out := map[rowKey]*fragment{}
	owner := s.release.Product
	if s.pkg != nil {
		owner = s.pkg.ID
	}
	for _, a := range s.artifacts {
		out[rowKey{schema.FilesDoc(owner), a.ID}] = renderFile(s.release, a)
	}
	if s.pkg == nil || !engines[s.pkg.Engine].indexed() {
		return out, nil
	}
	if engines[s.pkg.Engine].PerFile {
		return out, renderEach(engines[s.pkg.Engine], s, out)
	}
	f, err := renderIndex(engines[s.pkg.Engine], s)
	if f != nil {
		out[rowKey{schema.EngineDoc(s.pkg.Engine, s.pkg.ID), s.release.ID}] = f
	}
	return out, err
}

var ruleStatus = map[string]schema.Status{draft: schema.Draft, published: schema.Published, yanked: schema.Yanked}

// span is a time in serials: from the first one, until but not at the second.
type span struct{ from, to uint64 }

// endless is the end of what still holds.
const endless = math.MaxUint64

func (s span) meets(t span) bool { return s.from < t.to && t.from < s.to }

// accepted is when the bytes of a file were accepted; false if they never were.
func accepted(a *schema.Artifact) (span, bool) {
	if a.Status == uploaded {
		return span{a.ProcessedBy, endless}, true
	}
	return span{a.ProcessedBy, a.Changed}, a.ProcessedBy != 0
}

// rule is what a release says of a fragment that shows files, which were there
// at these times. It is public, now or under a rule of before, only if a file
// was there at that time: who never could see it must notice nothing of it.
func rule(r *schema.Release, files []span) schema.Rule {
	there := func(at span) bool { return slices.ContainsFunc(files, at.meets) }
	out := schema.Rule{Status: ruleStatus[r.Status], Constraints: entitlements(r), Date: date(r), Changed: r.Changed, ChangedAt: r.ChangedAt}
	out.Public = r.PublicBy != 0 && there(span{r.PublicBy, cmp.Or(r.YankedBy, endless)})
	for _, w := range r.Was {
		if there(span{w.From, w.Until}) {
			out.Was = append(out.Was, w.Epoch)
		}
	}
	return out
}

func notice(out *schema.Rule, serial uint64, at int64) {
	if serial > out.Changed {
		out.Changed, out.ChangedAt = serial, at
	}
}

// renderFile is a file's place in the files document. What was never accepted
// is for staff and the product's own token only, like a draft.
func renderFile(r *schema.Release, a *schema.Artifact) *fragment {
	var files []span
	if at, ok := accepted(a); ok {
		files = append(files, at)
	}
	out := rule(r, files)
	notice(&out, a.Changed, a.ChangedAt)
	switch a.Status {
	case uploaded:
	case yanked:
		out.Status = schema.Gone
	default:
		out.Status, out.Public = schema.Draft, false
	}
	attr := schema.FileAttr{Artifact: a.ID, Release: r.ID, Version: r.Version, Tag: r.Tag, Channel: r.Channel, Filename: a.Filename,
		Filetype: a.Filetype, Platform: a.Platform, Arch: a.Arch, State: a.Status, Legal: a.Legal, Size: a.Size,
		SHA256: a.SHA256, SHA512: a.SHA512, Type: contentType(a), Created: a.Created, Stored: a.Processed}
	if a.Processed != 0 && r.Published != 0 {
		attr.Available = max(a.Processed, r.Published)
	}
	out.Attr = encode(attr)
	return &fragment{rule: encode(out)}
}

// contentType is what the facts say; those of files that an engine read say
// nothing.
func contentType(a *schema.Artifact) string {
	if len(a.Facts) == 0 {
		return ""
	}
	var facts struct{ ContentType string }
	if json.Unmarshal(a.Facts, &facts) != nil || facts.ContentType == "" {
		return schema.ContentType(a.Filename)
	}
	return facts.ContentType
}

// renderIndex is a release's place in its package's index document: nil until
// it has had an accepted file that the index lists.
func renderIndex(engine Engine, s releaseState) (*fragment, error) {
	var listed []*schema.Artifact
	var files []span
	for _, a := range s.artifacts {
		if at, ok := accepted(a); ok && engine.Claims(a.Filename, a.Filetype) {
			listed, files = append(listed, a), append(files, at)
		}
	}
	if len(listed) == 0 {
		return nil, nil
	}
	out := rule(s.release, files)
	if engine.RenderAll != nil {
		return renderTogether(engine, s, listed, out)
	}
	f := &fragment{}
	found := false
	for _, a := range listed {
		noticeIndex(&out, a)
		if found || a.Status != uploaded && !engine.PerFile {
			continue
		}
		data, attr, ok, err := engine.Render(*s.pkg, *s.release, *a)
		if err != nil {
			return nil, fmt.Errorf("render artifact %s: %w", a.ID, err)
		}
		if ok {
			found = a.Status == uploaded
			f.body, f.data, out.Body, out.Attr = a.FactsBy, data, a.FactsBy, encode(attr)
		}
	}
	if !found {
		out.Status = schema.Gone
	}
	f.rule = encode(out)
	return f, nil
}

// renderEach adds the places of a release's files in the index document.
func renderEach(engine Engine, s releaseState, out map[rowKey]*fragment) error {
	for _, a := range s.artifacts {
		f, err := renderIndex(engine, releaseState{s.release, s.pkg, []*schema.Artifact{a}})
		if err != nil {
			return err
		}
		if f != nil {
			out[rowKey{schema.EngineDoc(s.pkg.Engine, s.pkg.ID), a.ID}] = f
		}
	}
	return nil
}

// noticeIndex notes what an index shows of a file: that it was accepted, its
// facts, that it is gone. Its other attributes are none of the index's.
func noticeIndex(out *schema.Rule, a *schema.Artifact) {
	if a.Status == uploaded && a.FactsBy == a.ProcessedBy {
		notice(out, a.ProcessedBy, a.Processed)
		return
	}
	notice(out, a.Changed, a.ChangedAt)
}

// trace is what stays of a fragment whose release was deleted by e.
func trace(engines Engines, k rowKey, old []byte, e *events.Event) (*fragment, error) {
	var out schema.Rule
	if err := json.Unmarshal(old, &out); err != nil {
		return nil, fmt.Errorf("rule: %w", err)
	}
	attr := out.Attr
	out.Status, out.Changed, out.ChangedAt, out.Body, out.Attr = schema.Gone, e.Serial, e.Time.UnixMilli(), 0, nil
	doc, err := schema.ParseDocKey(k.doc)
	if err != nil {
		return nil, err
	}
	if engine := engines[doc.Family]; engine.Trace != nil && len(attr) > 0 {
		kept, err := engine.Trace(attr, e.Serial)
		if err != nil {
			return nil, fmt.Errorf("trace of %s: %w", k.key, err)
		}
		out.Attr = encode(kept)
	}
	return &fragment{rule: encode(out)}, nil
}

// touchedReleases gives the ids of the releases that the staged changes
// concern, in order of first change.
func (s *state) touchedReleases() []string {
	var ids []string
	seen := map[string]bool{"": true}
	for _, key := range s.order {
		id := ""
		switch key.Kind {
		case schema.Releases:
			id = key.ID
		case schema.Artifacts:
			if a, ok := s.staged[key].(*schema.Artifact); ok {
				id = a.Release
			}
		}
		if !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	return ids
}
