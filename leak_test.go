package main

import (
	"context"
	"io"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/valyala/fasthttp"
	"pgregory.net/rapid"

	"offprint/events"
	"offprint/projector"
	"offprint/projector/logtest"
	"offprint/schema"
	"offprint/schema/blobs"
	"offprint/schema/principal"
	"offprint/schema/schematest"
	"offprint/serve"
)

// TestHiddenReleasesLeaveNoTrace: for random histories and every caller, the
// answer to each request equals, byte for byte and header for header, the answer
// of a server in whose log the releases that the caller never could see do not
// occur. The other events keep their serials.
func TestHiddenReleasesLeaveNoTrace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := logtest.NewWorld(logtest.NewLog(), func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "pick") })
		w.Steps(rapid.IntRange(20, 160).Draw(t, "events"))
		history := newHistory(t, w.Log)
		whole := history.print(t, nil)
		for _, caller := range history.callers(t, whole) {
			hidden := history.hidden(t, whole, caller)
			without := history.print(t, hidden)
			for _, path := range history.paths(caller) {
				want, got := without.ask(path, caller), whole.ask(path, caller)
				if want != got && !history.gateOnly(caller, path, want, got) {
					t.Fatalf("%s asks %s\nhidden: %v\n--- with hidden releases\n%s\n--- without\n%s", caller.name, path, hidden, got, want)
				}
			}
		}
	})
}

// history is a log taken apart: its releases and the names that occur in it.
type history struct {
	log      *logtest.Log
	sealer   *schema.Sealer
	events   []events.Event // of the release log
	access   []events.Event
	now      time.Time
	releases map[string]events.Base // by id
	gone     map[string]uint64      // by release id: serial of its deletion
}

// caller presents a credential to one account.
type caller struct {
	name, account string // slug
	header        string // Authorization; "" for none
	rights        *schema.Rights
}

func newHistory(t *rapid.T, log *logtest.Log) *history {
	sealer, err := schema.NewSealer(make([]byte, schema.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	h := &history{log: log, sealer: sealer, releases: map[string]events.Base{}, gone: map[string]uint64{}}
	for _, name := range []events.Log{events.Releases, events.Access} {
		for _, s := range log.Stored(name) {
			e, err := events.Decode(s.Subject, s.Header, s.Body, s.Serial)
			if err != nil {
				t.Fatal(err)
			}
			h.now = e.Time.Add(time.Hour)
			h.keep(e)
		}
	}
	return h
}

// keep takes an event in. Keys and tokens get digests that a caller can meet.
func (h *history) keep(e events.Event) {
	switch d := e.Data.(type) {
	case *events.LicenseData:
		d.KeyDigest, e.Raw = h.sealer.Hex(schema.LicenseSecret, "key of "+d.License), nil
	case *events.TokenData:
		d.TokenDigest, e.Raw = h.sealer.Hex(schema.TokenSecret, "token-of-"+d.Token), nil
	case *events.ReleaseData:
		h.releases[d.Release] = d.Base
	case *events.ReleaseGone:
		if e.Kind == events.ReleaseDeleted {
			h.gone[d.Release] = e.Serial
		}
	}
	if e.Subject.Log == events.Access {
		h.access = append(h.access, e)
	} else {
		h.events = append(h.events, e)
	}
}

// printed is a server over the projection of a history.
type printed struct {
	store  *schematest.Memory
	server *serve.Server
	book   *principal.Book
}

// print projects the history without the hidden releases: what is left of their
// events is about something that never was, and changes nothing.
func (h *history) print(t *rapid.T, hidden map[string]bool) *printed {
	store := schematest.NewMemory()
	for _, part := range []struct {
		name events.Log
		list []events.Event
	}{{events.Releases, h.events}, {events.Access, h.access}} {
		log := logtest.NewLog()
		for _, e := range part.list {
			log.Put(h.without(e, hidden))
		}
		err := projector.CatchUp(context.Background(), part.name, log, store, projectorEngines(), uint64(len(part.list)), nil, nil)
		if err != nil {
			t.Fatal(err)
		}
	}
	p := &printed{store: store, book: principal.NewBook(store, h.sealer)}
	var list []*serve.Engine
	for _, e := range engines() {
		list = append(list, e.serve)
	}
	p.server = serve.New(serve.Config{Now: func() time.Time { return h.now }}, store, p.book, h.sealer, files{}, list...)
	return p
}

// without is the event that a log without the hidden releases has in the place
// of e. Without its creation a release does not exist, and the events about it
// are orphans; what one of them does to a visible release stays.
func (h *history) without(e events.Event, hidden map[string]bool) events.Event {
	kind, id, _ := strings.Cut(e.Resource, "/")
	if kind != "releases" || !hidden[id] {
		return e
	}
	switch d := e.Data.(type) {
	case *events.ReleaseData:
		e.Kind, e.Data, e.Raw = events.ReleaseDeleted, &events.ReleaseGone{Base: d.Base}, nil
		e.Subject.Kind = e.Kind
	case *events.ReleaseSet:
		orphan := h.gone[id] > 0 && h.gone[id] < e.Serial
		if !orphan && d.TagTakenFrom != "" && !hidden[d.TagTakenFrom] {
			set := events.Set{}
			set.Put("tag", nil)
			e.Data, e.Raw = &events.ReleaseSet{Base: h.releases[d.TagTakenFrom], Set: set}, nil
		}
	}
	return e
}

// callers are everybody who can ask something of the history's accounts.
func (h *history) callers(t *rapid.T, p *printed) []caller {
	var out []caller
	add := func(c caller, account string, presented principal.Presented) {
		rights, refusal, err := p.book.Rights(context.Background(), account, presented, h.now.UnixMilli())
		if err != nil {
			t.Fatal(err)
		}
		if refusal == nil {
			c.rights = rights
			out = append(out, c)
		}
	}
	list := func(account string, kind schema.Kind, fn func(schema.Record)) {
		if err := p.store.List(context.Background(), schema.Query{Account: account, Kind: kind, Ascending: true}, func(r schema.Record) bool { fn(r); return true }); err != nil {
			t.Fatal(err)
		}
	}
	list("", schema.Accounts, func(r schema.Record) {
		add(caller{name: "anonymous", account: r.Name}, r.ID, principal.Presented{})
		list(r.ID, schema.Licenses, func(l schema.Record) {
			secret := "key of " + l.ID
			add(caller{name: "license " + l.ID, account: r.Name, header: "License " + secret}, r.ID, principal.Presented{Form: principal.KeyForm, Secret: []byte(secret)})
		})
		list(r.ID, schema.Tokens, func(x schema.Record) {
			secret := "token-of-" + x.ID
			add(caller{name: "token " + x.ID + " of " + x.Parent, account: r.Name, header: "Bearer " + secret}, r.ID, principal.Presented{Form: principal.TokenForm, Secret: []byte(secret)})
		})
	})
	return out
}

// hidden are the releases of which the caller never could see anything by the
// rights of now: no rule that the release ever had while it was public admits,
// not even if the caller's suspended license were live, which callers are told.
func (h *history) hidden(t *rapid.T, p *printed, c caller) map[string]bool {
	out := map[string]bool{}
	for id := range h.releases {
		out[id] = true
	}
	files := h.filesOfReleases()
	for _, doc := range h.documents() {
		d, err := p.store.Document(context.Background(), doc, 0)
		if err != nil {
			continue // gone
		}
		head, err := schema.ParseHead(d.Head)
		if err != nil {
			t.Fatal(err)
		}
		product, err := schema.Get[schema.Product](context.Background(), p.store, head.Account, schema.Products, head.Product)
		if err != nil || head.Account != c.rights.Account {
			continue
		}
		for i := range d.Fragments {
			if h.everSeen(&d.Fragments[i].Rule, c.rights, product) {
				key := d.Fragments[i].Key
				delete(out, key)
				delete(out, files[key])
			}
		}
	}
	return out
}

func (h *history) everSeen(rule *schema.Rule, rights *schema.Rights, product schema.Product) bool {
	now := h.now.UnixMilli()
	if rights.Privileged(product.ID) {
		return true
	}
	if rule.Public && (rule.Date <= rights.Cut(product.ID, product.Strategy, rule.Constraints, now) ||
		rights.OnlyDead(product.ID, product.Strategy, rule.Constraints, rule.Date) != "") {
		return true
	}
	return slices.ContainsFunc(rule.Was, func(w schema.Epoch) bool {
		return w.Date <= rights.Cut(product.ID, product.Strategy, w.Constraints, now)
	})
}

// filesOfReleases maps artifacts to releases.
func (h *history) filesOfReleases() map[string]string {
	out := map[string]string{}
	for _, e := range h.events {
		if d, ok := e.Data.(*events.ArtifactData); ok {
			out[d.Artifact] = d.Release
		}
	}
	return out
}

func (h *history) documents() []string {
	var out []string
	for _, e := range h.events {
		switch d := e.Data.(type) {
		case *events.ProductData:
			out = append(out, schema.FilesDoc(d.Product))
		case *events.PackageData:
			out = append(out, schema.FilesDoc(d.Package), schema.EngineDoc("npm", d.Package), schema.EngineDoc("rubygems", d.Package), schema.EngineDoc("oci", d.Package))
		}
	}
	return out
}

// paths are all requests that name what occurs in the history.
func (h *history) paths(c caller) []string {
	npm, raw := "/npm/"+c.account, "/raw/"+c.account
	out := []string{npm + "/-/v1/search", npm + "/-/v1/search?size=2&from=1", npm + "/nothing"}
	gems := "/rubygems/" + c.account
	for _, list := range []string{"", "/versions", "/versions?min-age=1d", "/names", "/specs.4.8.gz", "/latest_specs.4.8.gz", "/prerelease_specs.4.8.gz", "/info/nothing", "/gems/nothing-1.gem"} {
		out = append(out, gems+list)
	}
	keys := map[string]string{} // package id -> key
	for _, e := range h.events {
		if d, ok := e.Data.(*events.PackageData); ok && e.Subject.Account == c.account {
			keys[d.Package] = d.Key
			pkg := npm + "/" + url.PathEscape(d.Key)
			out = append(out, ociPaths(c.account, d.Key)...)
			out = append(out, pkg, pkg+"?min-age=1d", npm+"/-/package/"+url.PathEscape(d.Key)+"/dist-tags", pkg+"/latest", gems+"/info/"+d.Key)
		}
	}
	for _, e := range h.events {
		if e.Subject.Account != c.account {
			continue
		}
		switch d := e.Data.(type) {
		case *events.ReleaseData:
			pkg := npm + "/" + url.PathEscape(keys[d.Package])
			out = append(out, pkg+"/"+d.Version, "/v2/"+c.account+"/"+keys[d.Package]+"/manifests/"+d.Version)
			if d.Tag != "" {
				out = append(out, pkg+"/"+d.Tag)
			}
		case *events.ArtifactData:
			release := h.releases[d.Release]
			in := raw + "/" + release.Product
			if release.Package != "" {
				full := keys[release.Package] + "-" + schema.GemNumber(release.Version)
				out = append(out, gems+"/gems/"+d.Filename, gems+"/gems/"+full+".gem", gems+"/quick/Marshal.4.8/"+full+".gemspec.rz",
					gems+"/quick/Marshal.4.8/"+full+"-java.gemspec.rz")
				in += "/@" + url.PathEscape(keys[release.Package])
				out = append(out, npm+"/"+url.PathEscape(keys[release.Package])+"/-/"+d.Filename,
					npm+"/"+url.PathEscape(keys[release.Package])+"/-/"+schema.NPMCanonicalFile(keys[release.Package], release.Version))
			}
			out = append(out, in+"/"+release.Version+"/"+d.Filename, in+"/"+d.Release+"/"+d.Filename+".sha256",
				"/v1/accounts/"+c.account+"/artifacts/"+d.Artifact+"/"+d.Filename, "/v1/accounts/"+c.account+"/artifacts/"+d.Filename)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// gateOnly says that two answers to an anonymous caller differ by the gate of
// raw links alone, which restricted releases may open: 401 here, 404 there.
func (h *history) gateOnly(c caller, path, a, b string) bool {
	if strings.HasPrefix(path, "/v2/") {
		return ociMayTell(c, path, a, b)
	}
	if c.header != "" || strings.HasPrefix(path, "/npm/") || strings.HasPrefix(path, "/rubygems/") {
		return false
	}
	refused := func(s string) bool {
		return strings.HasPrefix(s, "HTTP/1.1 401") || strings.HasPrefix(s, "HTTP/1.1 404")
	}
	return refused(a) && refused(b)
}

// ask gives the whole answer as text: status, headers but Date, body.
func (p *printed) ask(path string, c caller) string {
	var req fasthttp.Request
	req.SetRequestURI(path)
	req.Header.SetHost("pkg.example")
	req.Header.Set("X-Request-Id", "0193a000-0000-7000-8000-000000000000")
	if c.header != "" {
		req.Header.Set("Authorization", c.header)
	}
	ctx := &fasthttp.RequestCtx{}
	ctx.Init(&req, nil, nil)
	if strings.Contains(path, "/artifacts/") {
		p.server.ServeArtifact(ctx)
	} else {
		p.server.Handle(ctx)
	}
	var out strings.Builder
	for line := range strings.SplitAfterSeq(ctx.Response.String(), "\n") {
		if !strings.HasPrefix(line, "Date: ") { // of the moment of the answer
			out.WriteString(line)
		}
	}
	return out.String()
}

// files is a blob store that has every blob.
type files struct{}

func (files) Create(context.Context) (blobs.Writer, error) { return nil, blobs.ErrFull }

func (files) Open(context.Context, string) (blobs.Blob, error) {
	return file{io.NewSectionReader(strings.NewReader(strings.Repeat("x", 1024)), 0, 1024)}, nil
}

type file struct{ *io.SectionReader }

func (f file) Close() error { return nil }
