package projector

import (
	"cmp"
	"slices"

	"offprint/events"
	"offprint/schema"
)

// apply folds e and renders what it touched. On an error nothing of e is in
// the batch.
func (p *Projector) apply(e *events.Event) error {
	defer p.state.discard()
	defer func() { p.docs.staged = p.docs.staged[:0] }()
	if err := p.fold(e); err != nil {
		return err
	}
	var changes []func()
	for _, id := range p.state.touchedReleases() {
		more, err := p.rerender(e, id)
		if err != nil {
			return err
		}
		changes = append(changes, more...)
	}
	p.docs.acceptHeads(e.Serial)
	for _, change := range changes {
		change()
	}
	p.state.accept(e.Serial)
	return nil
}

// rerender compares the fragments of a release before and after the staged
// changes.
func (p *Projector) rerender(e *events.Event, id string) ([]func(), error) {
	was, err := p.released(e.AccountID, id, true)
	if err != nil {
		return nil, err
	}
	is, err := p.released(e.AccountID, id, false)
	if err != nil {
		return nil, err
	}
	old, err := p.known(was)
	if err != nil {
		return nil, err
	}
	next := map[rowKey]*fragment{}
	if is != nil {
		if next, err = renderRelease(p.engines, *is); err != nil {
			return nil, err
		}
	}
	for k, row := range old {
		if next[k] == nil {
			if next[k], err = trace(p.engines, k, row.rule, e); err != nil {
				return nil, err
			}
		}
	}
	if is == nil && was != nil {
		p.state.forget(was)
	}
	var changes []func()
	for _, k := range sortedKeys(next) {
		changes = append(changes, func() { p.docs.replace(k, old[k], next[k], e.Serial) })
	}
	return changes, nil
}

func sortedKeys(m map[rowKey]*fragment) []rowKey {
	keys := make([]rowKey, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b rowKey) int { return cmp.Or(cmp.Compare(a.doc, b.doc), cmp.Compare(a.key, b.key)) })
	return keys
}

// known gives the live rows of a release as it was: rendering is pure, so what
// was rendered then is rendered again, unless it is remembered.
func (p *Projector) known(was *releaseState) (map[rowKey]liveRow, error) {
	rows := map[rowKey]liveRow{}
	if was == nil {
		return rows, nil
	}
	if p.remembered(was, rows) {
		return rows, nil
	}
	clear(rows)
	fragments, err := renderRelease(p.engines, *was)
	for k, f := range fragments {
		rows[k] = liveRow{f.rule, f.body}
	}
	return rows, err
}

// remembered fills rows from memory, if all of them are there.
func (p *Projector) remembered(was *releaseState, rows map[rowKey]liveRow) bool {
	owner := was.release.Product
	if was.pkg != nil {
		owner = was.pkg.ID
		switch engine := p.engines[was.pkg.Engine]; {
		case !engine.indexed():
		case engine.PerFile:
			if !p.rememberedEach(was, rows) {
				return false
			}
		default:
			k := rowKey{schema.EngineDoc(was.pkg.Engine, was.pkg.ID), was.release.ID}
			row, ok := p.docs.live[k]
			if ok {
				rows[k] = row
			} else if slices.ContainsFunc(was.artifacts, func(a *schema.Artifact) bool { return a.ProcessedBy != 0 }) {
				return false
			}
		}
	}
	for _, a := range was.artifacts {
		k := rowKey{schema.FilesDoc(owner), a.ID}
		row, ok := p.docs.live[k]
		if !ok {
			return false
		}
		rows[k] = row
	}
	return true
}

// rememberedEach is remembered for the files of an index with a fragment each.
func (p *Projector) rememberedEach(was *releaseState, rows map[rowKey]liveRow) bool {
	for _, a := range was.artifacts {
		k := rowKey{schema.EngineDoc(was.pkg.Engine, was.pkg.ID), a.ID}
		row, ok := p.docs.live[k]
		if ok {
			rows[k] = row
		} else if a.ProcessedBy != 0 {
			return false
		}
	}
	return true
}

// released gathers a release with its files, before or after the staged
// changes; nil if there is none.
func (p *Projector) released(account, id string, old bool) (*releaseState, error) {
	s := p.state
	read := get[schema.Release, *schema.Release]
	readPkg := get[schema.Package, *schema.Package]
	readFile := get[schema.Artifact, *schema.Artifact]
	if old {
		read, readPkg, readFile = before[schema.Release, *schema.Release], before[schema.Package, *schema.Package], before[schema.Artifact, *schema.Artifact]
	}
	r, err := read(s, account, schema.Releases, id)
	if err != nil || r == nil {
		return nil, err
	}
	out := &releaseState{release: r}
	if r.Package != "" {
		if out.pkg, err = readPkg(s, account, schema.Packages, r.Package); err != nil {
			return nil, err
		}
	}
	ids, err := s.artifactIDs(account, id)
	if err != nil {
		return nil, err
	}
	if !old {
		ids = s.withStaged(ids, id)
	}
	for _, fid := range ids {
		a, err := readFile(s, account, schema.Artifacts, fid)
		if err != nil {
			return nil, err
		}
		if a != nil {
			out.artifacts = append(out.artifacts, a)
		}
	}
	slices.SortFunc(out.artifacts, func(a, b *schema.Artifact) int {
		return cmp.Or(cmp.Compare(a.Created, b.Created), cmp.Compare(a.ID, b.ID))
	})
	return out, nil
}

// withStaged adds the artifacts that the present event creates.
func (s *state) withStaged(ids []string, release string) []string {
	for _, key := range s.order {
		if a, ok := s.staged[key].(*schema.Artifact); ok && a.Release == release && !slices.Contains(ids, a.ID) {
			ids = append(slices.Clone(ids), a.ID)
		}
	}
	return ids
}
