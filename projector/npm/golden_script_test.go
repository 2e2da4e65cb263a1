package npm

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"offprint/events"
	"offprint/projector"
	"offprint/schema"
)

// script is an archive read: its file "script" has one line for each event or
// two, with the time first:
//
//	T product STRATEGY                      product relay
//	T strategy STRATEGY
//	T package                               package x, key @acme/x
//	T release VERSION [tag=T] [needs=E,...] [backdated=D] [channel=C] [status=PUBLISHED]
//	T file VERSION FILENAME [type=T]        waits for its bytes
//	T bytes VERSION FILENAME [folder]       stores bytes: a tarball of folder/ in the archive, or of a plain package
//	T accept VERSION FILENAME               facts, as the validator finds them
//	T upload VERSION FILENAME [folder] [type=T]   the last three in one
//	T erase VERSION FILENAME                deletes the artifact
//	T describe VERSION FILENAME             changes metadata of the artifact
//	T publish | yank | delete | untag VERSION
//	T tag VERSION TAG [from=VERSION]
//	T backdate VERSION D
//	T attach | detach VERSION ENTITLEMENT
//	show NAME CALLER:FORM,... ...           documents at this moment
//
// A caller is anonymous, staff, other (a product token of another product), or
// a license, which is named by what it has: license, license+pro,
// license+pro<2021-01-01. Forms are full, abbr, tags, files. Ids are the names.
type script struct {
	t        testing.TB
	comment  []byte
	sources  []txtar.File      // script and package folders
	expected map[string]string // documents that were not shown yet
	got      []txtar.File

	events   []events.Event
	shows    []exhibit
	strategy string
	stored   map[string]*events.ArtifactBytes // by artifact
	tarballs map[string][]byte
}

func parseScript(t testing.TB, a *txtar.Archive) *script {
	s := &script{t: t, comment: a.Comment, expected: map[string]string{}, stored: map[string]*events.ArtifactBytes{}, tarballs: map[string][]byte{}}
	for _, f := range a.Files {
		if f.Name == "script" || strings.Contains(f.Name, "/") {
			s.sources = append(s.sources, f)
		} else {
			s.expected[f.Name] = string(f.Data)
		}
	}
	for line := range strings.Lines(string(a.Files[0].Data)) {
		words := strings.Fields(line)
		switch {
		case len(words) == 0 || words[0] == "#":
		case words[0] == "show":
			s.show(words[1], words[2:])
		default:
			s.line(line, words)
		}
	}
	return s
}

const minutes = "2006-01-02T15:04"

func (s *script) at(text string) time.Time {
	at, err := time.Parse(minutes, text)
	if err != nil {
		at, err = time.Parse(time.DateOnly, text)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return at
}

// line reads a line with a time.
func (s *script) line(line string, words []string) {
	at, verb := s.at(words[0]), words[1]
	options := map[string]string{}
	args := slices.DeleteFunc(words[2:], func(w string) bool {
		name, value, ok := strings.Cut(w, "=")
		if ok {
			options[name] = value
		}
		return ok
	})
	args = append(args, "", "", "")
	if f, ok := verbs[verb]; ok {
		f(s, at, args, options)
		return
	}
	s.t.Fatalf("no verb in %q", line)
}

func (s *script) add(at time.Time, kind events.Kind, data events.Payload) {
	serial := uint64(len(s.events) + 1)
	s.events = append(s.events, events.Event{ID: fmt.Sprint("e", serial), AccountID: "acme", Kind: kind, Time: at, Data: data, Serial: serial})
}

func of(version string) events.Base {
	return events.Base{Product: "relay", Package: "x", Release: version}
}

func fileOf(version, filename string) events.Base {
	b := of(version)
	b.Artifact, b.Filename = version+"/"+filename, filename
	return b
}

var verbs = map[string]func(s *script, at time.Time, args []string, options map[string]string){
	"product": func(s *script, at time.Time, a []string, _ map[string]string) {
		s.strategy = a[0]
		s.add(at, events.ProductCreated, &events.ProductData{Base: events.Base{Product: "relay"}, Name: "Relay", DistributionStrategy: a[0]})
	},
	"strategy": func(s *script, at time.Time, a []string, _ map[string]string) {
		s.strategy = a[0]
		set := events.Set{}
		set.Put("distributionStrategy", a[0])
		s.add(at, events.ProductUpdated, &events.ProductSet{Base: events.Base{Product: "relay"}, Set: set})
	},
	"package": func(s *script, at time.Time, _ []string, _ map[string]string) {
		s.add(at, events.PackageCreated, &events.PackageData{Base: events.Base{Product: "relay", Package: "x", Key: "@acme/x", Engine: "npm"}, Name: "X"})
	},
	"release": (*script).release,
	"file":    (*script).file,
	"bytes":   (*script).bytes,
	"accept":  (*script).accept,
	"upload": func(s *script, at time.Time, a []string, o map[string]string) {
		s.file(at, a, o)
		s.bytes(at, a, o)
		s.accept(at, a, o)
	},
	"erase": func(s *script, at time.Time, a []string, _ map[string]string) {
		s.add(at, events.ArtifactDeleted, &events.ArtifactGone{Base: fileOf(a[0], a[1])})
	},
	"describe": func(s *script, at time.Time, a []string, _ map[string]string) {
		set := events.Set{}
		set.Put("metadata", map[string]int{"n": len(s.events)})
		s.add(at, events.ArtifactUpdated, &events.ArtifactSet{Base: fileOf(a[0], a[1]), Set: set})
	},
	"publish": func(s *script, at time.Time, a []string, _ map[string]string) {
		s.add(at, events.ReleasePublished, &events.ReleasePublication{Base: of(a[0]), Published: events.At(at)})
	},
	"yank": func(s *script, at time.Time, a []string, _ map[string]string) {
		s.add(at, events.ReleaseYanked, &events.ReleaseYank{Base: of(a[0])})
	},
	"delete": func(s *script, at time.Time, a []string, _ map[string]string) {
		s.add(at, events.ReleaseDeleted, &events.ReleaseGone{Base: of(a[0])})
	},
	"tag": func(s *script, at time.Time, a []string, o map[string]string) {
		s.set(at, a[0], "tag", a[1], o["from"])
	},
	"untag": func(s *script, at time.Time, a []string, _ map[string]string) { s.set(at, a[0], "tag", nil, "") },
	"backdate": func(s *script, at time.Time, a []string, _ map[string]string) {
		s.set(at, a[0], "backdated", events.At(s.at(a[1])), "")
	},
	"attach": func(s *script, at time.Time, a []string, _ map[string]string) {
		s.add(at, events.ReleaseConstraintsAttached, &events.ReleaseConstraints{Base: of(a[0]), Constraints: needs(a[1])})
	},
	"detach": func(s *script, at time.Time, a []string, _ map[string]string) {
		s.add(at, events.ReleaseConstraintsDetached, &events.ReleaseConstraints{Base: of(a[0]), Constraints: needs(a[1])})
	},
}

func needs(list string) (out []events.Constraint) {
	for e := range strings.SplitSeq(list, ",") {
		if e != "" {
			out = append(out, events.Constraint{ID: "c-" + e, Entitlement: e})
		}
	}
	return out
}

func (s *script) set(at time.Time, version, name string, value any, from string) {
	set := events.Set{}
	set.Put(name, value)
	s.add(at, events.ReleaseUpdated, &events.ReleaseSet{Base: of(version), Set: set, TagTakenFrom: from})
}

func (s *script) release(at time.Time, a []string, o map[string]string) {
	d := &events.ReleaseData{Base: of(a[0]), Channel: cmp.Or(o["channel"], "stable"), Status: cmp.Or(o["status"], "DRAFT"), Tag: o["tag"], Constraints: needs(o["needs"])}
	d.Version = a[0]
	if o["backdated"] != "" {
		d.Backdated = events.At(s.at(o["backdated"]))
	}
	s.add(at, events.ReleaseCreated, d)
}

func (s *script) file(at time.Time, a []string, o map[string]string) {
	s.add(at, events.ArtifactCreated, &events.ArtifactData{Base: fileOf(a[0], a[1]), Filetype: o["type"]})
}

// bytes makes a tarball and stores it.
func (s *script) bytes(at time.Time, a []string, _ map[string]string) {
	version, filename, folder := a[0], a[1], a[2]
	var entries []entry
	for _, f := range s.sources {
		if folder != "" && strings.HasPrefix(f.Name, folder+"/") {
			entries = append(entries, entry{name: f.Name, body: string(f.Data)})
		}
	}
	if folder == "" {
		entries = with(`{"name":"@acme/x","version":"` + schema.NPMVersionKey(version) + `","main":"index.js"}`)
	}
	b := tgz(s.t, entries...)
	one, two, three := sha1.Sum(b), sha256.Sum256(b), sha512.Sum512(b)
	d := &events.ArtifactBytes{Base: fileOf(version, filename), Size: int64(len(b)), SHA1: hex.EncodeToString(one[:]),
		SHA256: hex.EncodeToString(two[:]), SHA512: hex.EncodeToString(three[:])}
	s.stored[d.Artifact], s.tarballs[d.Artifact] = d, b
	s.add(at, events.ArtifactStored, d)
}

// accept gives the facts that the engine finds.
func (s *script) accept(at time.Time, a []string, o map[string]string) {
	base := fileOf(a[0], a[1])
	d := s.stored[base.Artifact]
	members := map[string]any{"artifact": d.Artifact, "engine": "npm", "upload": map[string]any{"sha256": d.SHA256, "size": d.Size}, "warnings": []string{}}
	if engine := Engine(); engine.Claims(d.Filename, o["type"]) {
		in := projector.File{Package: schema.Package{Key: "@acme/x"}, Release: schema.Release{Version: a[0]}, Artifact: schema.Artifact{Size: d.Size}}
		own, err := engine.Validate(context.Background(), bytes.NewReader(s.tarballs[d.Artifact]), in)
		if err != nil {
			s.t.Fatal(err)
		}
		var facts map[string]json.RawMessage
		if err := json.Unmarshal(own, &facts); err != nil {
			s.t.Fatal(err)
		}
		for name, value := range facts {
			members[name] = value
		}
	} else {
		members["contentType"] = schema.ContentType(d.Filename)
	}
	facts, err := json.Marshal(members)
	if err != nil {
		s.t.Fatal(err)
	}
	s.add(at, events.ArtifactProcessed, &events.ArtifactFacts{Base: base, Facts: facts})
}

// copyUpload adds the three events of an upload for another version.
func (s *script) copyUpload(sample []events.Event, version string) {
	base := fileOf(version, "x.tgz")
	created, stored, facts := *sample[0].Data.(*events.ArtifactData), *sample[1].Data.(*events.ArtifactBytes), *sample[2].Data.(*events.ArtifactFacts)
	created.Base, stored.Base, facts.Base = base, base, base
	s.add(sample[0].Time, sample[0].Kind, &created)
	s.add(sample[1].Time, sample[1].Kind, &stored)
	s.add(sample[2].Time, sample[2].Kind, &facts)
}
