package schema

import (
	"encoding/json"
	"fmt"
	"strings"
)

// DocKey names a document: engine (or "files"), slash, id of the package, or of
// the product for the files of releases without package.
type DocKey struct{ Family, ID string }

// String is the inverse of ParseDocKey.
func (k DocKey) String() string { return k.Family + "/" + k.ID }

// ParseDocKey reads a document key.
func ParseDocKey(s string) (DocKey, error) {
	family, id, ok := strings.Cut(s, "/")
	if !ok || family == "" || id == "" || strings.Contains(id, "/") {
		return DocKey{}, fmt.Errorf("%q is not a document key", s)
	}
	return DocKey{family, id}, nil
}

// FilesDoc is the document of the files of a package, or of a product's
// releases that have no package.
func FilesDoc(ownerID string) string { return DocKey{"files", ownerID}.String() }

// EngineDoc is the index document of a package of an engine.
func EngineDoc(engine, packageID string) string { return DocKey{engine, packageID}.String() }

// Document is a head with fragments, as stored: nothing is hidden yet.
type Document struct {
	Key        string
	HeadSerial uint64 // from which the head holds
	Head       []byte // Head as JSON
	Fragments  []Fragment
}

// Fragment is one release or file of a document.
type Fragment struct {
	Key  string // release id; in a files document artifact id
	From uint64 // from which this rule holds
	Rule Rule
}

// Head is what a document says of its package. Nothing in it grows with the
// number of releases.
type Head struct {
	Account string `json:"account"`           // id
	Product string `json:"product"`           // id
	Package string `json:"package,omitempty"` // id
	Key     string `json:"key,omitempty"`
	Name    string `json:"name,omitempty"`
	Engine  string `json:"engine,omitempty"`
	Created int64  `json:"created"` // Unix milliseconds
	Changed uint64 `json:"changed"` // serial of the event that changed the head last
}

// ParseHead reads a stored head.
func ParseHead(b []byte) (Head, error) {
	var h Head
	if err := json.Unmarshal(b, &h); err != nil {
		return h, fmt.Errorf("head: %w", err)
	}
	return h, nil
}

// Status is the state of a fragment's release, and of its file.
type Status string

// A fragment that is Gone stays as a trace, so that the serial and the
// modification time of views that showed it never go back.
const (
	Draft     Status = "draft"
	Published Status = "published"
	Yanked    Status = "yanked"
	Gone      Status = "gone" // release or file deleted
)

// Rule says who may see a fragment, and what serving must know of it without
// its body.
type Rule struct {
	Status      Status   `json:"s"`
	Public      bool     `json:"p,omitempty"` // has been published, with its file, under these constraints and this date
	Constraints []string `json:"c,omitempty"` // entitlement ids, sorted, no duplicates
	Date        int64    `json:"d"`           // backdated, else created; Unix milliseconds
	Changed     uint64   `json:"n"`           // serial of the last event that changed the fragment in a way its viewers may notice
	ChangedAt   int64    `json:"t"`           // time of that event, Unix milliseconds
	// Was has the rules under which the fragment was public before, each with
	// the last event that its viewers may have noticed, the present one
	// excluded. At most one for each distinct pair of constraints and date.
	Was  []Epoch         `json:"w,omitempty"`
	Body uint64          `json:"b,omitempty"` // serial of the body; 0: none
	Attr json.RawMessage `json:"a,omitempty"` // the engine's own: NPMAttr, FileAttr
}

// Epoch is a rule that a public fragment once had.
type Epoch struct {
	Constraints []string `json:"c,omitempty"`
	Date        int64    `json:"d"`
	Changed     uint64   `json:"n"`
	ChangedAt   int64    `json:"t"`
}

// NPMAttr is what npm needs of a release beside its body.
type NPMAttr struct {
	Release   string `json:"release"`
	Version   string `json:"version"`       // with build metadata
	Tag       string `json:"tag,omitempty"` // never one that npm would read as a range
	Available int64  `json:"at"`            // available_at, Unix milliseconds; for a draft the creation of the release
	Artifact  string `json:"artifact"`
	Filename  string `json:"file"`
	SHA256    string `json:"sha256"`
	Size      int64  `json:"size"`
}

// FileAttr is what raw links and the artifact endpoint need of a file.
type FileAttr struct {
	Artifact  string `json:"id"`
	Release   string `json:"release"`
	Version   string `json:"version"`
	Tag       string `json:"tag,omitempty"`
	Channel   string `json:"channel"`
	Filename  string `json:"file"`
	Filetype  string `json:"type,omitempty"`
	Platform  string `json:"platform,omitempty"`
	Arch      string `json:"arch,omitempty"`
	State     string `json:"state"` // WAITING, PROCESSING, UPLOADED, FAILED, YANKED
	Legal     bool   `json:"legal,omitempty"`
	Size      int64  `json:"size,omitempty"`
	SHA256    string `json:"sha256,omitempty"`
	SHA512    string `json:"sha512,omitempty"`
	Type      string `json:"ctype,omitempty"`  // Content-Type
	Created   int64  `json:"created"`          // of the artifact
	Stored    int64  `json:"stored,omitempty"` // artifact.processed, Unix milliseconds: Last-Modified
	Available int64  `json:"at,omitempty"`     // available_at, Unix milliseconds
}
