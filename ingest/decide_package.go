package ingest

import (
	"offprint/events"
	"offprint/schema"
)

// decidePackageCreate: where holds the key as it is stored.
func decidePackageCreate(s stamp, id string, where events.Subject, taken bool, in *input) (*events.Event, error) {
	var p problems
	p.name("name", in.text("name"))
	if taken {
		p.add("key", "KEY_TAKEN", "already exists")
	}
	meta, faults := metadata(in)
	if p = append(p, faults...); len(p) > 0 {
		return nil, p
	}
	return s.event(s.time(), events.PackageCreated, "packages/"+id, where, &events.PackageData{
		Base: events.Base{Product: where.Product, Package: id, Key: where.Package, Engine: in.text("engine")},
		Name: in.text("name"), Metadata: meta}), nil
}

func decidePackageUpdate(s stamp, x schema.Package, in *input) (*events.Event, error) {
	var p problems
	var m moved
	p.name("name", in.text("name"))
	if in.has("key") && !sameKey(&x, in.text("key")) {
		p.add("key", "KEY_NOT_ALLOWED", "cannot be changed")
	}
	if in.has("engine") && in.text("engine") != x.Engine {
		stored, fault := packageKey(in.text("engine"), x.Key)
		switch {
		case x.Releases > 0:
			p.add("engine", "ENGINE_NOT_ALLOWED", "cannot be changed: the package has had releases")
		case fault != nil:
			p = append(p, fault)
		case stored != x.Key:
			p.add("key", "KEY_INVALID", "would have to be '"+stored+"' for this engine, and a key cannot be changed")
		}
	}
	m.text(in, "name", x.Name)
	m.text(in, "engine", x.Engine)
	if p = append(p, m.metadata(in, x.Metadata)...); len(p) > 0 || m.set == nil {
		return nil, p.orNil()
	}
	return s.event(s.time(x.Base), events.PackageUpdated, "packages/"+x.ID, packageSubject(&x),
		&events.PackageSet{Base: packageBase(&x), Set: m.set}), nil
}

// sameKey says whether a key sent again is the one that is stored.
func sameKey(x *schema.Package, key string) bool {
	stored, fault := packageKey(x.Engine, key)
	return fault == nil && stored == x.Key
}
