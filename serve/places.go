package serve

import (
	"context"
	"errors"
	"sync"

	"offprint/schema"
)

// places remembers in which files document an artifact is, and which artifacts
// have a filename. That there is none is remembered, too, so that asking for
// what is hidden takes as long as asking for what was never there. It says
// nothing of who may see anything. The zero value is ready.
type places struct {
	mu    sync.RWMutex
	gen   uint64              // counts change notices
	byID  map[string]place    // by artifact id
	named map[string][]string // by filename: artifact ids
}

// place is the owner of a files document: a package, or a product for releases
// without package. The zero place is nowhere.
type place struct{ product, pkg string }

// Anybody can ask for invented names: maxPlaces bounds how many are remembered,
// and a name longer than maxFilename bytes is nobody's.
const (
	maxPlaces   = 1 << 13
	maxFilename = 255
)

// change takes in that an artifact's record changed.
func (p *places) change(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.gen++
	delete(p.byID, id)
	p.named = nil
}

// placeOf finds the files document of an artifact.
func (c *catalog) placeOf(ctx context.Context, id string) (place, error) {
	p := &c.places
	p.mu.RLock()
	at, known := p.byID[id]
	gen := p.gen
	p.mu.RUnlock()
	if known {
		return at, nil
	}
	rec, err := c.server.store.Record(ctx, c.account, schema.Artifacts, id)
	switch {
	case err == nil:
		at = place{rec.Product, rec.Package}
	case !errors.Is(err, schema.ErrNotFound):
		return at, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gen == gen {
		if p.byID == nil || len(p.byID) >= maxPlaces {
			p.byID = map[string]place{}
		}
		p.byID[id] = at
	}
	return at, nil
}

// artifactsNamed gives the ids of the artifacts with a filename.
func (c *catalog) artifactsNamed(ctx context.Context, name string) ([]string, error) {
	if len(name) > maxFilename {
		return nil, nil
	}
	p := &c.places
	p.mu.RLock()
	ids, known := p.named[name]
	gen := p.gen
	p.mu.RUnlock()
	if known {
		return ids, nil
	}
	found, err := c.server.store.Find(ctx, c.account, schema.Artifacts, name)
	if err != nil {
		return nil, err
	}
	ids = make([]string, len(found))
	for i := range found {
		ids[i] = found[i].ID
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gen == gen {
		if p.named == nil || len(p.named) >= maxPlaces {
			p.named = map[string][]string{}
		}
		p.named[name] = ids
	}
	return ids, nil
}

// slotOf gives the slot of a files document and its product; nil if the owner
// is gone.
func (c *catalog) slotOf(at place) (*Slot, *Product, error) {
	if at.pkg != "" {
		pkg, err := c.PackageByID(at.pkg)
		if err != nil || pkg == nil {
			return nil, nil, err
		}
		return pkg.Files(), pkg.Product, nil
	}
	product, err := c.ProductByID(at.product)
	if err != nil || product == nil {
		return nil, nil, err
	}
	return product.Files(), product, nil
}

// fileViewAt looks into the files document at a place; ok is false if there is
// none.
func (r *Request) fileViewAt(at place) (v FileView, ok bool, err error) {
	slot, product, err := r.Account.slotOf(at)
	if err != nil || slot == nil {
		return v, false, err
	}
	d, err := slot.Doc()
	if err != nil || d == nil {
		return v, false, err
	}
	return r.FileView(d, product), true, nil
}
