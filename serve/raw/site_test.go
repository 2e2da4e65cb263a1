package raw

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"io"
	"log"
	"log/slog"
	"net"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/valyala/fasthttp"
	"github.com/valyala/fasthttp/fasthttputil"

	"offprint/schema"
	"offprint/schema/blobs"
	"offprint/schema/blobs/folder"
	"offprint/schema/principal"
	"offprint/schema/schematest"
	"offprint/serve"
)

const (
	accountID = "5b1c2a74-6a0e-4f0b-9d3a-2f6f6b7c8d90"
	testNow   = 1_700_000_000_000
	released  = testNow - 1_000_000 // when releases are dated
)

// id is the id of what these words name.
func id(words ...string) string {
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte(strings.Join(words, "/"))).String()
}

func base(id string) schema.Base {
	return schema.Base{ID: id, Account: accountID, Created: released, Updated: released}
}

// shared has the blobs of all tests: they never change, and making one durable
// takes its time.
var shared blobs.Store

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "offprint-raw")
	if err == nil {
		shared, err = folder.Open(dir)
	}
	if err != nil {
		log.Fatal(err)
	}
	code := m.Run()
	if err := os.RemoveAll(dir); err != nil {
		log.Print(err)
	}
	os.Exit(code)
}

// site is a server with the account acme, reached through a real HTTP server.
type site struct {
	testing.TB
	*serve.Server
	store  *schematest.Memory
	sealer *schema.Sealer
	book   *principal.Book
	blobs  blobs.Store
	now    atomic.Int64
	fresh  atomic.Bool
	log    bytes.Buffer // written by handlers, read when they are done
	serial uint64
	live   map[[2]string]bool // open rules
	dial   func() (net.Conn, error)
}

func newSite(t testing.TB, change ...func(*site, *serve.Config)) *site {
	sealer, err := schema.NewSealer(make([]byte, schema.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	s := &site{TB: t, store: schematest.NewMemory(), sealer: sealer, blobs: shared, live: map[[2]string]bool{}}
	s.now.Store(testNow)
	s.fresh.Store(true)
	s.book = principal.NewBook(s.store, sealer)
	cfg := serve.Config{Logger: slog.New(slog.NewTextHandler(&s.log, nil)), Fresh: s.fresh.Load,
		Now: func() time.Time { return time.UnixMilli(s.now.Load()) }}
	for _, f := range change {
		f(s, &cfg)
	}
	s.Server = serve.New(cfg, s.store, s.book, sealer, s.blobs, New())
	s.put(&schema.Account{Base: base(accountID), Slug: "acme", Name: "Acme", Status: "ACTIVE"})
	s.listen(fasthttputil.NewInmemoryListener())
	return s
}

func (s *site) listen(l net.Listener) {
	server := &fasthttp.Server{Handler: s.Handle}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	s.Cleanup(func() {
		l.Close() // every request ends its connection
		<-ended
	})
	if memory, ok := l.(*fasthttputil.InmemoryListener); ok {
		s.dial = memory.Dial
		return
	}
	s.dial = func() (net.Conn, error) { return net.Dial(l.Addr().Network(), l.Addr().String()) }
}

// commit writes a batch and tells everybody.
func (s *site) commit(b schema.Batch) {
	b.Cursor, b.From, b.To = "releases", s.serial, s.serial+1
	s.serial++
	if err := s.store.Commit(context.Background(), b); err != nil {
		s.Fatal(err)
	}
	n := schema.Notice{Log: "releases", From: b.From, To: b.To}
	for _, rec := range b.Records {
		n.Records = append(n.Records, rec.Key())
	}
	n.Records = append(n.Records, b.Deleted...)
	for _, r := range b.Rules {
		n.Docs = append(n.Docs, r.Doc)
	}
	for _, h := range b.Heads {
		n.Docs = append(n.Docs, h.Doc)
	}
	s.Notice(n)
	n.Log = "access"
	s.book.Notice(n)
}

func (s *site) put(list ...schema.Resource) {
	var b schema.Batch
	for _, r := range list {
		b.Records = append(b.Records, r.Record())
	}
	s.commit(b)
}

func (s *site) remove(r schema.Resource) {
	s.commit(schema.Batch{Deleted: []schema.RecordKey{r.Record().Key()}})
}

// product makes a product, with a policy and a token "prod-<code>" of its own.
func (s *site) product(code, strategy string) {
	p := &schema.Product{Base: base(id(code)), Name: code, Code: code, Strategy: strategy}
	head := schema.Head{Account: accountID, Product: p.ID, Created: released, Changed: s.serial + 1}
	s.commit(schema.Batch{Records: []schema.Record{p.Record()},
		Heads: []schema.HeadRow{{Doc: schema.FilesDoc(p.ID), From: s.serial + 1, Body: encode(s, head)}}})
	s.put(&schema.Policy{Base: base(id(code, "policy")), Product: p.ID, ExpirationStrategy: "RESTRICT_ACCESS"})
	s.token("prod-"+code, "products/"+p.ID)
}

func (s *site) pkg(product, key, engine string) {
	p := &schema.Package{Base: base(id(product, key)), Product: id(product), Name: key, Key: key, Engine: engine}
	head := schema.Head{Account: accountID, Product: p.Product, Package: p.ID, Key: key, Engine: engine, Created: released, Changed: s.serial + 1}
	s.commit(schema.Batch{Records: []schema.Record{p.Record()},
		Heads: []schema.HeadRow{{Doc: schema.FilesDoc(p.ID), From: s.serial + 1, Body: encode(s, head)}}})
}

func (s *site) token(secret, bearer string) {
	s.put(&schema.Token{Base: base(id(secret)), Bearer: bearer, Digest: s.sealer.Hex(schema.TokenSecret, secret)})
}

// license makes a license of a product with the key "key-<name>" and the token
// "activ-<name>".
func (s *site) license(name, product string, change ...func(*schema.License)) *schema.License {
	l := &schema.License{Base: base(id("license", name)), Product: id(product), Policy: id(product, "policy"), KeyDigest: s.sealer.Hex(schema.LicenseSecret, "key-"+name)}
	for _, f := range change {
		f(l)
	}
	s.put(l)
	s.token("activ-"+name, "licenses/"+l.ID)
	return l
}

// file is an artifact of a release.
type file struct {
	name, body string
	state      string // "" is UPLOADED
	failure    string
	legal      bool
	at         int64 // accepted, Unix milliseconds; 0 is released
}

// release is a release with its files. What is published again under the same
// product, package and version replaces what was there.
type release struct {
	product, pkg, version, tag string
	status                     string // "" is PUBLISHED
	needs                      []string
	date                       int64 // 0 is released
	files                      []file
}

func (x *release) id() string              { return id(x.product, x.pkg, x.version) }
func (x *release) file(name string) string { return id(x.product, x.pkg, x.version, name) }

func (s *site) publish(list ...release) {
	for i := range list {
		s.render(&list[i])
	}
}

func (s *site) render(x *release) {
	r := &schema.Release{Base: base(x.id()), Product: id(x.product), Version: x.version, Tag: x.tag, Channel: "stable",
		Status: cmp.Or(x.status, "PUBLISHED"), Backdated: x.date, Published: released}
	owner := r.Product
	if x.pkg != "" {
		r.Package = id(x.product, x.pkg)
		owner = r.Package
	}
	for _, e := range x.needs {
		r.Constraints = append(r.Constraints, schema.Constraint{ID: id(x.id(), e), Entitlement: e})
	}
	b := schema.Batch{Records: []schema.Record{r.Record()}}
	doc := schema.FilesDoc(owner)
	for _, f := range x.files {
		a := s.artifact(x, r, &f)
		b.Records = append(b.Records, a.Record())
		row := schema.RuleRow{Doc: doc, Key: a.ID, From: s.serial + 1, Rule: encode(s, s.rule(x, r, a))}
		if at := [2]string{doc, a.ID}; s.live[at] {
			b.Closed = append(b.Closed, schema.ClosedRow{Doc: doc, Key: a.ID, To: s.serial + 1})
		} else {
			s.live[at] = true
		}
		b.Rules = append(b.Rules, row)
	}
	s.commit(b)
}

// artifact makes the record, and stores the bytes.
func (s *site) artifact(x *release, r *schema.Release, f *file) *schema.Artifact {
	sum, long := sha256.Sum256([]byte(f.body)), sha512.Sum512([]byte(f.body))
	size := int64(len(f.body))
	a := &schema.Artifact{Base: base(x.file(f.name)), Product: r.Product, Package: r.Package, Release: r.ID, Filename: f.name,
		Filetype: f.name[strings.LastIndexByte(f.name, '.')+1:], Status: cmp.Or(f.state, "UPLOADED"), FailureReason: f.failure, Legal: f.legal}
	if a.Status == "UPLOADED" || a.Status == "YANKED" {
		a.Size, a.Filesize, a.Processed = size, &size, cmp.Or(f.at, released)
		a.SHA256, a.SHA512 = hex.EncodeToString(sum[:]), hex.EncodeToString(long[:])
		s.store256(a.SHA256, f.body)
	}
	return a
}

func (s *site) store256(digest, body string) {
	if b, err := shared.Open(context.Background(), digest); err == nil {
		b.Close()
		return
	}
	w, err := s.blobs.Create(context.Background())
	if err == nil {
		if _, err = io.WriteString(w, body); err == nil {
			err = w.Commit(context.Background(), digest)
		}
	}
	if err != nil {
		s.Fatal(err)
	}
}

// rule is what a files document says of a file, as the projector renders it.
func (s *site) rule(x *release, r *schema.Release, a *schema.Artifact) schema.Rule {
	needs := slices.Sorted(slices.Values(x.needs))
	rule := schema.Rule{Status: schema.Status(strings.ToLower(r.Status)), Public: r.Status != "DRAFT", Constraints: needs,
		Date: cmp.Or(x.date, released), Changed: s.serial + 1, ChangedAt: released}
	switch a.Status {
	case "UPLOADED":
	case "YANKED":
		rule.Status = schema.Gone
	default:
		rule.Status, rule.Public = schema.Draft, false
	}
	rule.Attr = encode(s, schema.FileAttr{Artifact: a.ID, Release: r.ID, Version: r.Version, Tag: r.Tag, Channel: r.Channel, Filename: a.Filename,
		Filetype: a.Filetype, Platform: a.Platform, Arch: a.Arch, State: a.Status, Legal: a.Legal, Size: a.Size, SHA256: a.SHA256, SHA512: a.SHA512,
		Type: schema.ContentType(a.Filename), Created: a.Created, Stored: a.Processed, Available: max(a.Processed, r.Published)})
	return rule
}

func encode(t testing.TB, v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
