package serve

import (
	"context"
	"errors"
	"maps"
	"sync"
	"sync/atomic"
	"unique"

	"offprint/schema"
)

// Product is a product as serving knows it: its identity and its present state.
type Product struct {
	ID    string
	state atomic.Pointer[schema.Product]
	files slot // of releases without package
}

// State is the product as of now; it is immutable.
func (p *Product) State() *schema.Product { return p.state.Load() }

// Strategy is LICENSED, OPEN or CLOSED.
func (p *Product) Strategy() string { return p.state.Load().Strategy }

// Files names the document of the files of releases without package.
func (p *Product) Files() *Slot { return &p.files }

// Package is a package as serving knows it. Engine and key never change while
// it is in the catalog under them.
type Package struct {
	Product               *Product
	index, files          slot
	ID, Key, Engine, Name string
}

// Index names the package's index document.
func (p *Package) Index() *Slot { return &p.index }

// Files names the document of the package's files.
func (p *Package) Files() *Slot { return &p.files }

// catalog has every product and package of an account. It is read whole on
// first use and kept up by change notices, one record each.
type catalog struct {
	server  *Server
	account string
	names   atomic.Pointer[map[string]*Package] // byName for readers without a lock; immutable; nil: ask byName

	mu       sync.RWMutex
	loaded   bool
	gen      uint64 // counts change notices
	products map[string]*Product
	packages map[string]*Package // by id
	byName   map[string]*Package // by engine, slash, folded key
	byCode   map[string]*Product // by folded code
	byKey    map[string]*Package // by folded key
	gates    map[string]bool     // by engine; "" for files; absent: not known
	gateGen  uint64              // counts what may change a gate
	places   places
	changes  changes
}

func newCatalog(s *Server, account string) *catalog {
	c := &catalog{server: s, account: account}
	c.clear()
	return c
}

func (c *catalog) clear() {
	c.products, c.packages, c.byName = map[string]*Product{}, map[string]*Package{}, map[string]*Package{}
	c.byCode, c.byKey = map[string]*Product{}, map[string]*Package{}
	c.gates, c.loaded = map[string]bool{}, false
	c.names.Store(nil)
	c.changes.all()
}

// Package finds a package of an engine by its key, which is compared exactly;
// nil if there is none. name is "engine/key"; it is not kept.
func (c *catalog) Package(name []byte) (*Package, error) {
	if names := c.names.Load(); names != nil {
		return (*names)[string(name)], nil
	}
	if err := c.load(); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.loaded && len(c.byName) <= maxNames {
		names := maps.Clone(c.byName)
		c.names.Store(&names)
	}
	return c.byName[string(name)], nil
}

// maxNames bounds what is copied when a package comes or goes.
const maxNames = 20_000

// PackageByID finds a package by id; nil if there is none.
func (c *catalog) PackageByID(id string) (*Package, error) {
	if err := c.load(); err != nil {
		return nil, err
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.packages[id], nil
}

// ProductByID finds a product by id; nil if there is none.
func (c *catalog) ProductByID(id string) (*Product, error) {
	if err := c.load(); err != nil {
		return nil, err
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.products[id], nil
}

// Packages gives those of an engine, "" for all, in no order.
func (c *catalog) Packages(engine string) ([]*Package, error) {
	if err := c.load(); err != nil {
		return nil, err
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	var out []*Package
	for _, p := range c.packages {
		if engine == "" || p.Engine == engine {
			out = append(out, p)
		}
	}
	return out, nil
}

// Products gives all products, in no order.
func (c *catalog) Products() ([]*Product, error) {
	if err := c.load(); err != nil {
		return nil, err
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	out := make([]*Product, 0, len(c.products))
	for _, p := range c.products {
		out = append(out, p)
	}
	return out, nil
}

// load reads the catalog, if that was not done. A change that arrives while it
// is read makes it read again.
func (c *catalog) load() error {
	c.mu.RLock()
	loaded := c.loaded
	c.mu.RUnlock()
	if loaded {
		return nil
	}
	_, err, _ := c.server.flight.Do("catalog/"+c.account, func() (any, error) {
		for {
			again, err := c.read(background())
			if err != nil || !again {
				return nil, err
			}
		}
	})
	return err
}

func (c *catalog) read(ctx context.Context) (again bool, err error) {
	c.mu.RLock()
	gen := c.gen
	if c.loaded {
		c.mu.RUnlock()
		return false, nil
	}
	c.mu.RUnlock()
	var products, packages []schema.Record
	for _, x := range []struct {
		kind schema.Kind
		into *[]schema.Record
	}{{schema.Products, &products}, {schema.Packages, &packages}} {
		err := c.server.store.List(ctx, schema.Query{Account: c.account, Kind: x.kind, Ascending: true}, func(r schema.Record) bool {
			*x.into = append(*x.into, r)
			return true
		})
		if err != nil {
			return false, err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gen != gen {
		return true, nil
	}
	c.clear()
	for _, rec := range append(products, packages...) {
		if err := c.put(rec); err != nil {
			return false, err
		}
	}
	c.loaded = true
	return false, nil
}

// put takes a record in. The caller holds mu.
func (c *catalog) put(rec schema.Record) error {
	if rec.Kind == schema.Products {
		x, err := schema.Parse[schema.Product](rec)
		if err != nil {
			return err
		}
		p := c.products[x.ID]
		if p == nil {
			p = &Product{ID: unique.Make(x.ID).Value()} // the copy that grants have, too
			p.files.init(c, schema.FilesDoc(x.ID), prepareFiles)
			c.products[x.ID] = p
		}
		c.uncode(p)
		p.state.Store(&x)
		c.changes.all()
		if x.Code != "" {
			c.byCode[schema.Fold(x.Code)] = p
		}
		return nil
	}
	x, err := schema.Parse[schema.Package](rec)
	if err != nil {
		return err
	}
	product := c.products[x.Product]
	if product == nil {
		return nil // its product is being deleted
	}
	old := c.packages[x.ID]
	if old != nil && old.Key == x.Key && old.Engine == x.Engine && old.Name == x.Name {
		return nil
	}
	c.remove(x.ID)
	p := &Package{ID: x.ID, Key: x.Key, Engine: x.Engine, Name: x.Name, Product: product}
	var prepare func(*Doc) (any, error)
	if e := c.server.engines[x.Engine]; e != nil {
		prepare = e.Prepare
	}
	p.index.init(c, schema.EngineDoc(x.Engine, x.ID), prepare)
	p.files.init(c, schema.FilesDoc(x.ID), prepareFiles)
	c.packages[x.ID] = p
	c.byName[x.Engine+"/"+schema.Fold(x.Key)] = p
	c.byKey[schema.Fold(x.Key)] = p
	c.changes.note(p)
	return nil
}

// uncode forgets the code of a product.
func (c *catalog) uncode(p *Product) {
	if old := p.state.Load(); old != nil && c.byCode[schema.Fold(old.Code)] == p {
		delete(c.byCode, schema.Fold(old.Code))
	}
}

func (c *catalog) remove(id string) {
	if old := c.packages[id]; old != nil {
		c.changes.all()
		delete(c.packages, id)
		if name := old.Engine + "/" + schema.Fold(old.Key); c.byName[name] == old {
			delete(c.byName, name)
		}
		if key := schema.Fold(old.Key); c.byKey[key] == old {
			delete(c.byKey, key)
		}
	}
}

// change takes in that a product or package changed: its record is read, or it
// is gone.
func (c *catalog) change(ctx context.Context, key schema.RecordKey) {
	c.mu.Lock()
	c.gen++
	c.gateGen++
	loaded := c.loaded
	clear(c.gates)
	c.mu.Unlock()
	if !loaded {
		return
	}
	rec, err := c.server.store.Record(ctx, key.Account, key.Kind, key.ID)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.names.Store(nil)
	switch {
	case !errors.Is(err, schema.ErrNotFound):
		if err == nil {
			err = c.put(rec)
		}
		if err != nil {
			c.clear() // the next request reads it all
		}
	case key.Kind == schema.Products:
		if p := c.products[key.ID]; p != nil {
			c.uncode(p)
			delete(c.products, key.ID)
			c.changes.all()
		}
	default:
		c.remove(key.ID)
	}
}
