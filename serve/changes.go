package serve

import (
	"sync"
	"sync/atomic"
)

// changes numbers what changed in the index documents of an account, so that
// what is made of all of them can be kept up at the cost of the change. The zero
// value is ready.
type changes struct {
	serial atomic.Uint64 // of the last change

	mu    sync.Mutex
	first uint64     // serial before list[0]
	list  []*Package // one for each serial after first

	kept sync.Map // by engine: what it keeps of the account
}

// maxChanges bounds how many changes are remembered; whoever is further behind
// begins anew.
const maxChanges = 4096

// note says that the index document of a package changed.
func (c *changes) note(p *Package) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.list) >= maxChanges {
		c.list, c.first = nil, c.serial.Load()
	}
	c.list = append(c.list, p)
	c.serial.Add(1)
}

// all says that anything may have changed: packages or products.
func (c *changes) all() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list = nil
	c.first = c.serial.Add(1)
}

// Changes is a number that grows with every change of an index document, a
// package or a product of the account. It is read before the documents are.
func (c *catalog) Changes() uint64 { return c.changes.serial.Load() }

// ChangedSince gives the packages whose index documents changed after the
// serial until and with the serial to, each once; ok is false if that is not
// known, or if more than documents changed.
func (c *catalog) ChangedSince(serial, to uint64) (list []*Package, ok bool) {
	x := &c.changes
	x.mu.Lock()
	defer x.mu.Unlock()
	if serial < x.first || to > x.serial.Load() {
		return nil, false
	}
	seen := map[*Package]bool{}
	for _, p := range x.list[serial-x.first : to-x.first] {
		if !seen[p] {
			seen[p] = true
			list = append(list, p)
		}
	}
	return list, true
}

// Kept gives what an engine keeps of the account as a whole, made by fresh on
// first use. It must bound itself.
func (c *catalog) Kept(engine string, fresh func() any) any {
	if x, ok := c.changes.kept.Load(engine); ok {
		return x
	}
	x, _ := c.changes.kept.LoadOrStore(engine, fresh())
	return x
}

// PackagesWithFile gives the packages that have an artifact with this filename,
// whoever may see it, in no order.
func (c *catalog) PackagesWithFile(name string) ([]*Package, error) {
	ids, err := c.artifactsNamed(background(), name)
	if err != nil {
		return nil, err
	}
	var out []*Package
	for _, id := range ids {
		at, err := c.placeOf(background(), id)
		if err != nil {
			return nil, err
		}
		if at.pkg == "" {
			continue
		}
		p, err := c.PackageByID(at.pkg)
		if err != nil {
			return nil, err
		}
		if p != nil {
			out = append(out, p)
		}
	}
	return out, nil
}
