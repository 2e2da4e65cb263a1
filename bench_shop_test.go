package main

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"offprint/events"
	"offprint/schema"
)

// shop writes the history of one account, acme, with one product: what a
// publisher and a seller do over the years. Two shops that are told the same
// write the same events.
type shop struct {
	put    func(events.Event) // appends; serials are the log's business
	sealer *schema.Sealer     // nil: no licenses

	account, productID string
	now                time.Time
	made               uint64 // ids
	sold               string // id of the last license
}

// merchandise is a package of a shop.
type merchandise struct{ id, key string }

// edition is a release of a package with its tarball.
type edition struct {
	release, version, artifact string
	pkg                        merchandise
}

// openingDay is when the history of every shop begins.
var openingDay = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)

// newShop opens a shop with a LICENSED product.
func newShop(put func(events.Event), sealer *schema.Sealer) *shop {
	s := &shop{put: put, sealer: sealer, now: openingDay}
	s.account, s.productID = s.id(), s.id()
	s.tell(events.AccountCreated, "accounts/"+s.account, events.Subject{}, &events.AccountData{Account: s.account, Slug: "acme", Name: "Acme"})
	s.tell(events.ProductCreated, "products/"+s.productID, events.Subject{},
		&events.ProductData{Base: events.Base{Product: s.productID}, Name: "Relay", Code: "relay", DistributionStrategy: "LICENSED"})
	return s
}

// id gives a new UUIDv7 of the shop's time, as those of a server are: ascending.
func (s *shop) id() string {
	s.made++
	at := uint64(s.now.UnixMilli())
	return fmt.Sprintf("%08x-%04x-7%03x-8%03x-%012x", at>>16, at&0xffff, s.made>>12&0xfff, s.made&0xfff, s.made)
}

// event makes an event a second after the last one.
func (s *shop) event(kind events.Kind, resource string, where events.Subject, data events.Payload) events.Event {
	s.now = s.now.Add(time.Second)
	where.Account, where.Kind, where.Log = "acme", kind, kind.Log()
	return events.Event{ID: s.id(), AccountID: s.account, Kind: kind, Resource: resource, Time: s.now, Actor: "system", Subject: where, Data: data}
}

func (s *shop) tell(kind events.Kind, resource string, where events.Subject, data events.Payload) {
	s.put(s.event(kind, resource, where, data))
}

// entitlement makes one and gives its id.
func (s *shop) entitlement(code string) string {
	id := s.id()
	s.tell(events.EntitlementCreated, "entitlements/"+id, events.Subject{}, &events.EntitlementData{Entitlement: id, Name: code, Code: code})
	return id
}

// pkg makes an npm package.
func (s *shop) pkg(key string) merchandise {
	p := merchandise{s.id(), key}
	s.tell(events.PackageCreated, "packages/"+p.id, s.place(p), &events.PackageData{Base: s.base(p), Name: key})
	return p
}

func (s *shop) place(p merchandise) events.Subject {
	return events.Subject{Product: s.productID, Package: p.key}
}

func (s *shop) base(p merchandise) events.Base {
	return events.Base{Product: s.productID, Package: p.id, Key: p.key, Engine: "npm"}
}

// publish makes a release with a tarball, in the five events that every release
// takes, and publishes it. needs are entitlements.
func (s *shop) publish(p merchandise, version string, needs ...string) edition {
	e := s.draft(p, version, needs...)
	s.put(s.publication(e))
	return e
}

// draft is publish without its last event.
func (s *shop) draft(p merchandise, version string, needs ...string) edition {
	e := edition{s.id(), version, s.id(), p}
	slices.Sort(needs)
	created := &events.ReleaseData{Base: e.base(s), Channel: "stable", Status: "DRAFT"}
	for _, entitlement := range needs {
		created.Constraints = append(created.Constraints, events.Constraint{ID: s.id(), Entitlement: entitlement})
	}
	s.tell(events.ReleaseCreated, "releases/"+e.release, s.place(p), created)
	file := e.base(s)
	file.Artifact, file.Filename = e.artifact, schema.NPMCanonicalFile(p.key, version)
	tarball := newTarball(p.key, version, s.made)
	stored := tarball.stored
	stored.Base = file
	for _, step := range []struct {
		kind events.Kind
		data events.Payload
	}{
		{events.ArtifactCreated, &events.ArtifactData{Base: file, Filesize: &stored.Size}},
		{events.ArtifactStored, &stored},
		{events.ArtifactProcessed, &events.ArtifactFacts{Base: file, Facts: tarball.facts(e.artifact)}},
	} {
		s.tell(step.kind, "artifacts/"+e.artifact, s.place(p), step.data)
	}
	return e
}

func (e edition) base(s *shop) events.Base {
	b := s.base(e.pkg)
	b.Release, b.Version = e.release, e.version
	return b
}

// publication is the event that makes a draft visible.
func (s *shop) publication(e edition) events.Event {
	event := s.event(events.ReleasePublished, "releases/"+e.release, s.place(e.pkg), nil)
	event.Data = &events.ReleasePublication{Base: e.base(s), Channel: "stable", Published: events.At(event.Time)}
	return event
}

// policy makes a policy under which an expired license keeps what was released
// before.
func (s *shop) policy() string {
	id := s.id()
	s.tell(events.PolicyCreated, "policies/"+id, events.Subject{ID: id}, &events.PolicyData{Policy: id, Name: "Standard", Product: s.productID})
	return id
}

// license sells one and gives its key. A zero expiry is never.
func (s *shop) license(policy string, expiry time.Time, entitlements ...string) (key string) {
	id := s.id()
	s.sold = id
	key = fmt.Sprintf("%06X-%06X-A1B2C3-D4E5F6-V3", s.made, s.made*7919)
	data := &events.LicenseData{License: id, Policy: policy, Product: s.productID, KeyDigest: s.sealer.Hex(schema.LicenseSecret, key),
		KeyPrefix: schema.Prefix(key), Entitlements: entitlements}
	if !expiry.IsZero() {
		data.Expiry = events.At(expiry)
	}
	s.tell(events.LicenseCreated, "licenses/"+id, events.Subject{ID: id}, data)
	return key
}

// versions gives the version numbers 1.from.0 up to 1.(to-1).0.
func versions(from, to int) (list []string) {
	for i := from; i < to; i++ {
		list = append(list, fmt.Sprintf("1.%d.0", i))
	}
	return list
}

// sealerOf gives the sealer of a data folder, under the server key that is made
// there.
func sealerOf(t testing.TB, data string) *schema.Sealer {
	t.Helper()
	key, _, err := schema.LoadServerKey(data + "/server-key")
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := schema.NewSealer(key)
	if err != nil {
		t.Fatal(err)
	}
	return sealer
}
