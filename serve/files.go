package serve

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"offprint/schema"
)

// Files is the index of a files document: what its fragments say, and where
// they are found. Positions are indexes of Doc.Fragments. It is immutable.
type Files struct {
	attrs     []schema.FileAttr // by position; empty for files of a deleted release
	byName    map[string][]int32
	byRelease map[string][]int32
	byTag     map[string][]int32
	byVersion map[string][]int32
}

// prepareFiles makes the index of a files document.
func prepareFiles(d *Doc) (any, error) {
	f := &Files{attrs: make([]schema.FileAttr, len(d.Fragments)), byName: map[string][]int32{},
		byRelease: map[string][]int32{}, byTag: map[string][]int32{}, byVersion: map[string][]int32{}}
	for i := range d.Fragments {
		attr := d.Fragments[i].Rule.Attr
		if len(attr) == 0 {
			continue
		}
		a := &f.attrs[i]
		if err := json.Unmarshal(attr, a); err != nil {
			return nil, fmt.Errorf("file %s: %w", d.Fragments[i].Key, err)
		}
		at := int32(i)
		f.byName[a.Filename] = append(f.byName[a.Filename], at)
		f.byRelease[a.Release] = append(f.byRelease[a.Release], at)
		f.byVersion[a.Version] = append(f.byVersion[a.Version], at)
		if a.Tag != "" {
			f.byTag[a.Tag] = append(f.byTag[a.Tag], at)
		}
	}
	return f, nil
}

// FileView is the files document of a package or product in the eyes of one
// caller.
type FileView struct {
	Doc     *Doc
	Product *Product

	r     *Request
	files *Files
}

// FileView looks into a files document of product.
func (r *Request) FileView(d *Doc, product *Product) FileView {
	r.touch(d)
	return FileView{d, product, r, d.Index.(*Files)}
}

// Attr is what a file says of itself.
func (v *FileView) Attr(i int32) *schema.FileAttr { return &v.files.attrs[i] }

// Rule is who may see a file.
func (v *FileView) Rule(i int32) *schema.Rule { return &v.Doc.Fragments[i].Rule }

// Sees says whether the caller may have a file, or, being staff or the product
// itself, may know of it.
func (v *FileView) Sees(i int32) bool { return v.r.Allowed(v.Rule(i), v.Product) }

// SeesOld is Sees behind the account's release-age gate, which is none for
// staff and the product itself.
func (v *FileView) SeesOld(i int32) bool {
	gate := v.r.Account.MinAge.Milliseconds()
	return v.Sees(i) && (gate == 0 || v.r.Staff() || v.Attr(i).Available <= v.r.Now-gate)
}

// ByID finds the fragment of an artifact, whoever may see it; -1: none.
func (v *FileView) ByID(artifact string) int32 {
	i, found := slices.BinarySearchFunc(v.Doc.Fragments, artifact, func(f schema.Fragment, id string) int { return strings.Compare(f.Key, id) })
	if !found {
		return -1
	}
	return int32(i)
}

// Find gives the file called name of the release called word: a release's id,
// then tag, then version, as if what the caller cannot see did not exist; -1:
// none. A name is a filename, or an artifact's id.
func (v *FileView) Find(word, name string) int32 {
	if id := UUID([]byte(word)); id != "" && slices.ContainsFunc(v.files.byRelease[id], v.Sees) {
		return v.find(v.files.byRelease[id], name, v.Sees)
	}
	for _, called := range [][]int32{v.files.byTag[word], v.files.byVersion[word]} {
		if slices.ContainsFunc(called, v.SeesOld) {
			return v.find(called, name, v.SeesOld)
		}
	}
	return -1
}

// FindSum is Find for checksums: the file whose name lacks one of the endings
// .sha256 and .sha512, and that ending.
func (v *FileView) FindSum(word, name string) (i int32, digest string) {
	file, digest, ok := sibling(name)
	if !ok {
		return -1, ""
	}
	return v.Find(word, file), digest
}

func (v *FileView) find(among []int32, name string, sees func(int32) bool) int32 {
	for _, i := range among {
		if v.called(i, name) && sees(i) {
			return i
		}
	}
	return -1
}

// called says whether a name is that of a file: its id or filename.
func (v *FileView) called(i int32, name string) bool {
	a := v.Attr(i)
	return a.Filename == name || len(name) <= 36 && a.Artifact != "" && a.Artifact == UUID([]byte(name))
}

// later orders files of one name: by version, then creation, then id.
func (v *FileView) later(i, j int32) bool { return laterFile(v.Attr(i), v.Attr(j)) }

func laterFile(a, b *schema.FileAttr) bool {
	return cmp.Or(compareVersions(a.Version, b.Version), cmp.Compare(a.Created, b.Created), strings.Compare(a.Artifact, b.Artifact)) > 0
}

// File is what an artifact of a files document says of itself, whoever may see
// it; nil if the document has none with this id.
func (d *Doc) File(artifact string) *schema.FileAttr {
	v := FileView{Doc: d, files: d.Index.(*Files)}
	if i := v.ByID(artifact); i >= 0 {
		return v.Attr(i)
	}
	return nil
}

// FileNamed is the uploaded file of a files document with exactly this name
// that the caller sees, of several that of the highest version; nil if there is
// none.
func (r *Request) FileNamed(d *Doc, product *Product, name string) *schema.FileAttr {
	v := r.FileView(d, product)
	best := int32(-1)
	for _, i := range v.files.byName[name] {
		if v.Sees(i) && v.Attr(i).State == uploaded && (best < 0 || v.later(i, best)) {
			best = i
		}
	}
	if best < 0 {
		return nil
	}
	return v.Attr(best)
}

// uploaded is the state of a file whose bytes were accepted.
const uploaded = "UPLOADED"
