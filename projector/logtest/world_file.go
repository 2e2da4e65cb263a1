package logtest

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"offprint/events"
)

func (f *file) base() events.Base {
	b := f.release.base()
	b.Artifact, b.Filename = f.id, f.name
	return b
}

func (w *World) putFile(f *file, kind events.Kind, data events.Payload) bool {
	return w.put(f.release.pkg.product.account, kind, "artifacts/"+f.id, f.release.pkg.subject(), data)
}

func (w *World) createFile() bool {
	r, ok := w.release()
	if !ok || len(r.files) >= 3 {
		return false
	}
	f := &file{release: r, id: w.id(), state: "WAITING"}
	f.name = fmt.Sprintf("file-%s.zip", f.id[:6])
	if r.pkg.engine == "npm" && w.chance(75) {
		f.name = fmt.Sprintf("app-%s-%s.tgz", r.version, f.id[:6])
	}
	if r.pkg.engine == "rubygems" && w.chance(75) {
		f.name = fmt.Sprintf("%s-%s-%s.gem", r.pkg.key, r.version, f.id[:6])
	}
	if r.pkg.engine == "oci" && w.chance(75) {
		f.name = fmt.Sprintf("image-%s.tar", f.id[:6])
	}
	r.files = append(r.files, f)
	return w.putFile(f, events.ArtifactCreated, &events.ArtifactData{Base: f.base(), Platform: "linux", Arch: "amd64"})
}

// Bytes is what a made-up file with this artifact id holds.
func Bytes(artifact string) []byte { return []byte("bytes of " + artifact) }

func (w *World) store() bool {
	f, ok := w.file("WAITING", "FAILED")
	if !ok {
		return false
	}
	b := Bytes(f.id)
	s256, s512, s1, m := sha256.Sum256(b), sha512.Sum512(b), sha1.Sum(b), md5.Sum(b)
	f.state, f.size, f.sha256 = "PROCESSING", int64(len(b)), hex.EncodeToString(s256[:])
	return w.putFile(f, events.ArtifactStored, &events.ArtifactBytes{Base: f.base(), Size: f.size, SHA256: f.sha256,
		SHA512: hex.EncodeToString(s512[:]), SHA1: hex.EncodeToString(s1[:]), MD5: hex.EncodeToString(m[:])})
}

// process accepts a file, or finds other facts of one accepted before. An npm
// release has at most one package file.
func (w *World) process() bool {
	f, ok := w.file("PROCESSING", "PROCESSING", "UPLOADED")
	if !ok || f.state == "UPLOADED" && !w.chance(20) {
		return false
	}
	for _, other := range f.release.files {
		if other != f && other.state == "UPLOADED" && f.isPackage() && other.isPackage() {
			return false
		}
	}
	f.state = "UPLOADED"
	return w.putFile(f, events.ArtifactProcessed, &events.ArtifactFacts{Base: f.base(), Facts: w.facts(f)})
}

func (f *file) isPackage() bool {
	return f.release.pkg.engine == "npm" && strings.HasSuffix(f.name, ".tgz")
}

// facts has the shape of what the engines find.
func (w *World) facts(f *file) json.RawMessage {
	head := fmt.Sprintf(`{"artifact":%q,"engine":%q,"upload":{"sha256":%q,"size":%d},"warnings":[]`, f.id, f.release.pkg.engine, f.sha256, f.size)
	if f.release.pkg.engine == "" {
		head = strings.Replace(head, `"engine":""`, `"engine":null`, 1)
	}
	if strings.HasSuffix(f.name, ".gem") && f.release.pkg.engine == "rubygems" {
		return json.RawMessage(head + w.gemFacts(f))
	}
	if f.isLayout() {
		return json.RawMessage(head + w.layout() + "}")
	}
	if !f.isPackage() {
		return json.RawMessage(head + `,"contentType":"application/zip"}`)
	}
	name, version := f.release.pkg.key, f.release.version
	return json.RawMessage(head + fmt.Sprintf(`,"name":%q,"version":%q,"manifest":{"name":%q,"version":%q,"description":"<%d>"},"fileCount":%d,"unpackedSize":%d}`,
		name, version, name, version, w.pick(9), 1+w.pick(5), 100+w.pick(1000)))
}

func (w *World) failFile() bool {
	f, ok := w.file("WAITING", "PROCESSING")
	if !ok || !w.chance(40) {
		return false
	}
	f.state = "FAILED"
	return w.putFile(f, events.ArtifactFailed, &events.ArtifactFailure{Base: f.base(), Code: "NPM_MANIFEST_MISSING", Reason: "no package.json"})
}

func (w *World) reopen() bool {
	f, ok := w.file("WAITING", "FAILED")
	if !ok {
		return false
	}
	f.state = "WAITING"
	set := events.Set{}
	set.Put("platform", "darwin")
	return w.putFile(f, events.ArtifactReopened, &events.ArtifactSet{Base: f.base(), Set: set})
}

func (w *World) updateFile() bool {
	f, ok := w.file("WAITING", "PROCESSING", "UPLOADED", "FAILED")
	if !ok {
		return false
	}
	set := events.Set{}
	set.Put("signature", fmt.Sprint("signature ", w.pick(9)))
	set.Put("metadata", map[string]string{"a": "<&>"})
	return w.putFile(f, events.ArtifactUpdated, &events.ArtifactSet{Base: f.base(), Set: set})
}

// deleteFile leaves the model's file in place now and then, so that a later
// event is about a deleted one.
func (w *World) deleteFile() bool {
	f, ok := w.file("WAITING", "PROCESSING", "UPLOADED", "FAILED")
	if !ok || !w.chance(40) {
		return false
	}
	if !w.chance(20) {
		f.release.files = remove(f.release.files, f)
	}
	return w.putFile(f, events.ArtifactDeleted, &events.ArtifactGone{Base: f.base(), Legal: w.chance(30)})
}

// gemFacts are those of a gem for a platform.
func (w *World) gemFacts(f *file) string {
	platform, _ := some(w, []string{"", "java", "x86_64-linux"})
	original := platform
	if platform == "" {
		original = "ruby"
	}
	anything := `[{"Op":"\u003e=","Version":"0"}]`
	return fmt.Sprintf(`,"name":%q,"version":%q,"platform":%q,"originalPlatform":%q,"requiredRuby":%s,"requiredRubygems":%s,"specificationVersion":4,"summary":"<%d>"}`,
		f.release.pkg.key, strings.ReplaceAll(f.release.version, "-", ".pre."), platform, original, anything, anything, w.pick(9))
}
