package projector

import (
	"fmt"

	"offprint/schema"
)

// renderTogether is a release's place in the index of an engine that shows all
// its files at once. The body is written anew when a file comes or goes, or gets
// other facts: its serial is that of the last such event.
func renderTogether(engine Engine, s releaseState, listed []*schema.Artifact, out schema.Rule) (*fragment, error) {
	var files []schema.Artifact
	body := uint64(0)
	for _, a := range listed {
		noticeIndex(&out, a)
		if a.Status != uploaded {
			body = max(body, a.Changed)
			continue
		}
		body = max(body, a.FactsBy)
		files = append(files, *a)
	}
	f := &fragment{}
	data, attr, ok, err := engine.RenderAll(*s.pkg, *s.release, files)
	switch {
	case err != nil:
		return nil, fmt.Errorf("render release %s: %w", s.release.ID, err)
	case ok:
		f.body, f.data, out.Body, out.Attr = body, data, body, encode(attr)
	default:
		out.Status = schema.Gone
	}
	f.rule = encode(out)
	return f, nil
}
