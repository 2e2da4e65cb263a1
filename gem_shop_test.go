package main

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"offprint/events"
	"offprint/projector/rubygems"
)

// gemPkg makes a rubygems package.
func (s *shop) gemPkg(key string) merchandise {
	p := merchandise{s.id(), key}
	s.tell(events.PackageCreated, "packages/"+p.id, s.place(p), &events.PackageData{Base: s.gemBase(p), Name: key})
	return p
}

func (s *shop) gemBase(p merchandise) events.Base {
	b := s.base(p)
	b.Engine = "rubygems"
	return b
}

// gemFacts are what the validator finds in a gem; its name must be acme.
func gemFacts(t testing.TB, g gemspec, release string) rubygems.Facts {
	t.Helper()
	f, err := rubygems.Validate(t.Context(), bytes.NewReader(g.pack(t)), rubygems.Input{Name: "acme", Version: release})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// gemDraft makes a release with gems, whose digests are made up. needs are
// entitlements.
func (s *shop) gemDraft(p merchandise, version string, gems []rubygems.Facts, needs ...string) edition {
	e := edition{s.id(), version, "", p}
	base := s.gemBase(p)
	base.Release, base.Version = e.release, version
	created := &events.ReleaseData{Base: base, Channel: "stable", Status: "DRAFT"}
	slices.Sort(needs)
	for _, id := range needs {
		created.Constraints = append(created.Constraints, events.Constraint{ID: s.id(), Entitlement: id})
	}
	s.tell(events.ReleaseCreated, "releases/"+e.release, s.place(p), created)
	for _, facts := range gems {
		facts.Name = p.key
		file := base
		file.Artifact, file.Filename = s.id(), p.key+"-"+facts.Version+"-"+facts.Original+".gem"
		content := []byte(file.Filename)
		size := int64(5000)
		s.tell(events.ArtifactCreated, "artifacts/"+file.Artifact, s.place(p), &events.ArtifactData{Base: file, Filesize: &size})
		s.tell(events.ArtifactStored, "artifacts/"+file.Artifact, s.place(p), &events.ArtifactBytes{Base: file, Size: size, SHA256: fmt.Sprintf("%x", sha256.Sum256(content)),
			SHA512: fmt.Sprintf("%x", sha512.Sum512(content)), SHA1: fmt.Sprintf("%x", sha1.Sum(content)), MD5: fmt.Sprintf("%x", md5.Sum(content))})
		own, err := json.Marshal(facts)
		if err != nil {
			panic(err)
		}
		text := fmt.Appendf(nil, `{"artifact":%q,"engine":"rubygems","upload":{"sha256":"%x","size":%d},"warnings":[],%s`, file.Artifact, sha256.Sum256(content), size, own[1:])
		s.tell(events.ArtifactProcessed, "artifacts/"+file.Artifact, s.place(p), &events.ArtifactFacts{Base: file, Facts: text})
		e.artifact = file.Artifact
	}
	return e
}

// gemPublish is gemDraft, and publishes it.
func (s *shop) gemPublish(p merchandise, version string, gems []rubygems.Facts, needs ...string) edition {
	e := s.gemDraft(p, version, gems, needs...)
	s.put(s.publication(e))
	return e
}
