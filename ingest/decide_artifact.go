package ingest

import (
	"bytes"
	"slices"

	"offprint/events"
	"offprint/schema"
)

// artifactState is what commands about an artifact are decided on.
type artifactState struct {
	releaseState
	release *schema.Release   // nil: gone
	files   []schema.Artifact // of the release
}

// newArtifact is the command to create an artifact, or to open one again.
type newArtifact struct {
	id    string
	limit int64 // of the size in bytes
	in    *input
}

// decideArtifactCreate gives the id of the artifact: the command's own, or that
// of one that still waits for bytes or failed, which is opened again. Every
// upload link made before is useless then.
func decideArtifactCreate(s stamp, state artifactState, cmd newArtifact) (id string, e *events.Event, err error) {
	want, p := artifactData(cmd)
	if state.release == nil {
		p.add("/data/relationships/release", "RELEASE_NOT_FOUND", "must exist")
		return "", nil, p
	}
	have := state.named(want.Filename)
	if have != nil && (have.Filename != want.Filename || have.Status != waiting && have.Status != failed) {
		p.add("filename", "FILENAME_TAKEN", "already exists")
	}
	if len(p) > 0 {
		return "", nil, p
	}
	if have != nil {
		return have.ID, state.artifactEvent(s, events.ArtifactReopened, have, &events.ArtifactSet{Base: state.artifactBase(have), Set: reopened(want, have)}), nil
	}
	x := &schema.Artifact{Base: schema.Base{ID: cmd.id, Created: state.release.Created}, Filename: want.Filename}
	want.Base = state.artifactBase(x)
	return cmd.id, state.artifactEvent(s, events.ArtifactCreated, x, want), nil
}

// named finds the file that has the name; deleted ones have given it up.
func (s *artifactState) named(filename string) *schema.Artifact {
	i := slices.IndexFunc(s.files, func(a schema.Artifact) bool { return a.Status != yanked && sameFilename(a.Filename, filename) })
	if i < 0 {
		return nil
	}
	return &s.files[i]
}

// reopened is what changes when have gets the attributes of want: what want
// leaves out is cleared.
func reopened(want *events.ArtifactData, have *schema.Artifact) events.Set {
	set := events.Set{}
	for _, f := range []struct{ name, want, have string }{
		{"filetype", want.Filetype, have.Filetype}, {"platform", want.Platform, have.Platform}, {"arch", want.Arch, have.Arch},
		{"signature", want.Signature, have.Signature}, {"checksum", want.Checksum, have.Checksum},
	} {
		if f.want == "" && f.have != "" {
			set.Put(f.name, nil)
		} else if f.want != f.have {
			set.Put(f.name, f.want)
		}
	}
	switch {
	case want.Filesize == nil && have.Filesize != nil:
		set.Put("filesize", nil)
	case want.Filesize != nil && (have.Filesize == nil || *want.Filesize != *have.Filesize):
		set.Put("filesize", *want.Filesize)
	}
	if !bytes.Equal(want.Metadata, have.Metadata) && (len(want.Metadata) > 2 || len(have.Metadata) > 2) {
		set.Put("metadata", want.Metadata)
	}
	return set
}

// decideArtifactUpdate: once bytes are there, what is said of them must agree.
func decideArtifactUpdate(s stamp, state artifactState, x schema.Artifact, in *input, limit int64) (*events.Event, error) {
	var p problems
	var m moved
	size := p.filesize(in, limit)
	p.opaque(in)
	if x.Status == processing || x.Status == uploaded {
		if in.has("filesize") && (size == nil || *size != x.Size) {
			p.add("filesize", "FILESIZE_INVALID", "does not agree with the bytes that are stored")
		}
		if text := in.text("checksum"); text != x.Checksum && !agrees(text, &x) {
			p.add("checksum", "CHECKSUM_INVALID", "does not agree with the bytes that are stored")
		}
	} else if in.has("filesize") && !equalSize(size, x.Filesize) {
		m.put("filesize", size, size == nil)
	}
	m.text(in, "signature", x.Signature)
	m.text(in, "checksum", x.Checksum)
	if p = append(p, m.metadata(in, x.Metadata)...); len(p) > 0 || m.set == nil {
		return nil, p.orNil()
	}
	return state.artifactEvent(s, events.ArtifactUpdated, &x, &events.ArtifactSet{Base: state.artifactBase(&x), Set: m.set}), nil
}

func equalSize(a, b *int64) bool {
	return a == nil && b == nil || a != nil && b != nil && *a == *b
}

func decideArtifactDelete(s stamp, state artifactState, x schema.Artifact, legal bool) (*events.Event, error) {
	return state.artifactEvent(s, events.ArtifactDeleted, &x, &events.ArtifactGone{Base: state.artifactBase(&x), Legal: legal}), nil
}

// artifactBase has the base members of events about a.
func (s artifactState) artifactBase(a *schema.Artifact) events.Base {
	b := s.base(s.release)
	b.Artifact, b.Filename = a.ID, a.Filename
	return b
}

func (s artifactState) artifactEvent(st stamp, kind events.Kind, a *schema.Artifact, d events.Payload) *events.Event {
	return st.event(st.time(a.Base, s.release.Base), kind, "artifacts/"+a.ID, baseSubject(s.base(s.release)), d)
}
