package ingest

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"offprint/events"
	"offprint/schema"
	"offprint/schema/schematest"
)

// folding is a small projection of the release log, so that the API can be
// tested as a whole: what a command appends is what the next request reads. The
// real one belongs to the projector, which nothing here may import.
type folding struct {
	t     *testing.T
	store *schematest.Memory
}

// apply commits what an event changes.
func (f *folding) apply(e events.Event) {
	from, err := f.store.Cursor(context.Background(), string(events.Releases))
	if err != nil {
		f.t.Error(err)
	}
	b := schema.Batch{Cursor: string(events.Releases), From: from, To: from + 1}
	put := func(r schema.Resource) {
		rec := r.Record()
		rec.Serial = b.To
		b.Records = append(b.Records, rec)
	}
	drop := func(kind schema.Kind, id string) {
		b.Deleted = append(b.Deleted, schema.RecordKey{Account: e.AccountID, Kind: kind, ID: id})
	}
	at := e.Time.UnixMilli()
	switch d := e.Data.(type) {
	case *events.ReleaseGone:
		f.dropRelease(loaded[schema.Release](f, e.AccountID, schema.Releases, d.Release), drop)
	case *events.ReleaseData:
		put(newborn(e, d))
		if d.Package != "" {
			p := loaded[schema.Package](f, e.AccountID, schema.Packages, d.Package)
			p.Releases++
			put(&p)
		}
	case *events.ReleaseSet:
		if d.TagTakenFrom != "" {
			from := loaded[schema.Release](f, e.AccountID, schema.Releases, d.TagTakenFrom)
			from.Tag, from.Updated = "", at
			put(&from)
		}
		r := loaded[schema.Release](f, e.AccountID, schema.Releases, d.Release)
		set(f.t, d.Set, map[string]any{"name": &r.Name, "description": &r.Description, "tag": &r.Tag, "metadata": &r.Metadata})
		if raw, ok := d.Set["backdated"]; ok {
			r.Backdated = millisOf(f.t, raw)
		}
		r.Updated = at
		put(&r)
	case *events.ReleasePublication, *events.ReleaseYank, *events.ReleaseConstraints:
		r := f.changed(e)
		put(&r)
	case *events.ArtifactData:
		r := loaded[schema.Release](f, e.AccountID, schema.Releases, d.Release)
		put(&schema.Artifact{Base: born(e, d.Artifact, d.Metadata), Product: r.Product, Package: r.Package, Release: r.ID, Filename: d.Filename,
			Filetype: d.Filetype, Filesize: d.Filesize, Platform: d.Platform, Arch: d.Arch, Signature: d.Signature, Checksum: d.Checksum, Status: waiting})
	case *events.ArtifactSet, *events.ArtifactBytes, *events.ArtifactFacts, *events.ArtifactFailure, *events.ArtifactGone:
		a := f.file(e)
		put(&a)
	default:
		if !f.applyCatalog(e, put, drop) && !f.applyAccess(e, put, drop) {
			f.t.Errorf("no fold of %s", e.Kind)
		}
	}
	if err := f.store.Commit(context.Background(), b); err != nil {
		f.t.Error(err)
	}
}

// applyCatalog is apply for products, packages and entitlements; false if e is
// about something else.
func (f *folding) applyCatalog(e events.Event, put func(schema.Resource), drop func(schema.Kind, string)) bool {
	switch d := e.Data.(type) {
	case *events.ProductData:
		put(&schema.Product{Base: born(e, d.Product, d.Metadata), Name: d.Name, Code: d.Code, URL: d.URL, Strategy: cmp.Or(d.DistributionStrategy, "LICENSED")})
	case *events.EntitlementData:
		put(&schema.Entitlement{Base: born(e, d.Entitlement, d.Metadata), Name: d.Name, Code: d.Code})
	case *events.PackageData:
		put(&schema.Package{Base: born(e, d.Package, d.Metadata), Product: d.Product, Name: d.Name, Key: d.Key, Engine: d.Engine})
	case *events.ProductSet:
		p := loaded[schema.Product](f, e.AccountID, schema.Products, d.Product)
		set(f.t, d.Set, map[string]any{"name": &p.Name, "code": &p.Code, "url": &p.URL, "distributionStrategy": &p.Strategy, "metadata": &p.Metadata})
		put(&p)
	case *events.ProductGone:
		f.dropProduct(e.AccountID, d.Product, drop)
	case *events.EntitlementSet:
		x := loaded[schema.Entitlement](f, e.AccountID, schema.Entitlements, d.Entitlement)
		set(f.t, d.Set, map[string]any{"name": &x.Name, "code": &x.Code, "metadata": &x.Metadata})
		put(&x)
	case *events.EntitlementGone:
		drop(schema.Entitlements, d.Entitlement)
	case *events.PackageSet:
		p := loaded[schema.Package](f, e.AccountID, schema.Packages, d.Package)
		set(f.t, d.Set, map[string]any{"name": &p.Name, "engine": &p.Engine, "metadata": &p.Metadata})
		put(&p)
	case *events.PackageGone:
		drop(schema.Packages, d.Package)
		for _, r := range listed[schema.Release](f, schema.Query{Account: e.AccountID, Kind: schema.Releases, Package: &d.Package}) {
			f.dropRelease(r, drop)
		}
	default:
		return false
	}
	return true
}

func born(e events.Event, id string, metadata events.Metadata) schema.Base {
	at := e.Time.UnixMilli()
	return schema.Base{ID: id, Account: e.AccountID, Created: at, Updated: at, Metadata: metadata}
}

func newborn(e events.Event, d *events.ReleaseData) *schema.Release {
	r := &schema.Release{Base: born(e, d.Release, d.Metadata), Product: d.Product, Package: d.Package, Version: d.Version, Channel: d.Channel,
		Status: d.Status, Name: d.Name, Description: d.Description, Tag: d.Tag}
	if !d.Backdated.IsZero() {
		r.Backdated = d.Backdated.UnixMilli()
	}
	if !d.Published.IsZero() {
		r.Published = d.Published.UnixMilli()
	}
	for _, k := range d.Constraints {
		r.Constraints = append(r.Constraints, schema.Constraint{ID: k.ID, Entitlement: k.Entitlement, Created: r.Created})
	}
	return r
}

func (f *folding) changed(e events.Event) schema.Release {
	switch d := e.Data.(type) {
	case *events.ReleasePublication:
		r := loaded[schema.Release](f, e.AccountID, schema.Releases, d.Release)
		r.Status, r.Yanked, r.Published, r.Updated = published, 0, d.Published.UnixMilli(), e.Time.UnixMilli()
		return r
	case *events.ReleaseYank:
		r := loaded[schema.Release](f, e.AccountID, schema.Releases, d.Release)
		r.Status, r.Yanked, r.YankReason, r.Updated = yanked, e.Time.UnixMilli(), d.Reason, e.Time.UnixMilli()
		return r
	}
	d := e.Data.(*events.ReleaseConstraints)
	r := loaded[schema.Release](f, e.AccountID, schema.Releases, d.Release)
	for _, k := range d.Constraints {
		r.Constraints = slices.DeleteFunc(slices.Clone(r.Constraints), func(x schema.Constraint) bool { return x.ID == k.ID })
		if e.Kind == events.ReleaseConstraintsAttached {
			r.Constraints = append(r.Constraints, schema.Constraint{ID: k.ID, Entitlement: k.Entitlement, Created: e.Time.UnixMilli()})
		}
	}
	return r
}

func (f *folding) file(e events.Event) schema.Artifact {
	get := func(id string) schema.Artifact { return loaded[schema.Artifact](f, e.AccountID, schema.Artifacts, id) }
	var a schema.Artifact
	switch d := e.Data.(type) {
	case *events.ArtifactSet:
		a = get(d.Artifact)
		if e.Kind == events.ArtifactReopened {
			a.Status, a.FailureReason, a.Generation = waiting, "", a.Generation+1
		}
		set(f.t, d.Set, map[string]any{"filetype": &a.Filetype, "filesize": &a.Filesize, "platform": &a.Platform, "arch": &a.Arch,
			"signature": &a.Signature, "checksum": &a.Checksum, "metadata": &a.Metadata})
	case *events.ArtifactBytes:
		a = get(d.Artifact)
		a.Status, a.Size, a.Filesize, a.SHA256, a.SHA512, a.SHA1, a.MD5 = processing, d.Size, &d.Size, d.SHA256, d.SHA512, d.SHA1, d.MD5
	case *events.ArtifactFacts:
		a = get(d.Artifact)
		a.Status, a.Facts = uploaded, d.Facts
	case *events.ArtifactFailure:
		a = get(d.Artifact)
		a.Status, a.FailureReason = failed, d.Code+": "+d.Reason
	case *events.ArtifactGone:
		a = get(d.Artifact)
		a.Status, a.Legal = yanked, d.Legal
	}
	a.Updated = e.Time.UnixMilli()
	return a
}

func (f *folding) dropRelease(r schema.Release, drop func(schema.Kind, string)) {
	drop(schema.Releases, r.ID)
	for _, a := range listed[schema.Artifact](f, schema.Query{Account: r.Account, Kind: schema.Artifacts, Release: &r.ID}) {
		drop(schema.Artifacts, a.ID)
	}
}

func loaded[T any](f *folding, account string, kind schema.Kind, id string) T {
	x, err := schema.Get[T](context.Background(), f.store, account, kind, id)
	if err != nil {
		f.t.Error(err)
	}
	return x
}

func listed[T any](f *folding, q schema.Query) []T {
	list, err := all[T](context.Background(), f.store, q)
	if err != nil {
		f.t.Error(err)
	}
	return list
}

func set(t *testing.T, changes events.Set, into map[string]any) {
	for name, raw := range changes {
		if to, ok := into[name]; ok {
			if err := json.Unmarshal(raw, to); err != nil {
				t.Error(err)
			}
			if text, ok := to.(*string); ok && string(raw) == "null" {
				*text = ""
			}
		}
	}
}

func millisOf(t *testing.T, raw json.RawMessage) int64 {
	var at *time.Time
	if err := json.Unmarshal(raw, &at); err != nil {
		t.Error(err)
	}
	if at == nil {
		return 0
	}
	return at.UnixMilli()
}
