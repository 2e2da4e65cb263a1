package serve

import (
	"offprint/schema"
)

// Gate says whether an anonymous caller must get 401 where it would get 404:
// the account has a package of the engine whose product is not OPEN. With the
// engine "", which stands for raw links and artifact URLs, it has any product
// that is not OPEN, or any published release with constraints.
func (c *catalog) Gate(engine string) (bool, error) {
	if err := c.load(); err != nil {
		return false, err
	}
	c.mu.RLock()
	gate, known := c.gates[engine]
	gen := c.gateGen
	c.mu.RUnlock()
	if known {
		return gate, nil
	}
	gate = c.guarded(engine)
	if engine == "" && !gate {
		var err error
		if gate, err = c.constrained(); err != nil {
			return false, err
		}
	}
	c.mu.Lock()
	if c.gateGen == gen {
		c.gates[engine] = gate
	}
	c.mu.Unlock()
	return gate, nil
}

func (c *catalog) guarded(engine string) bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if engine == "" {
		for _, p := range c.products {
			if p.Strategy() != "OPEN" {
				return true
			}
		}
		return false
	}
	for _, p := range c.packages {
		if p.Engine == engine && p.Product.Strategy() != "OPEN" {
			return true
		}
	}
	return false
}

// constrained looks for a published release with constraints. It reads records,
// but only for anonymous callers of an account that is all OPEN, and only after
// a release changed.
func (c *catalog) constrained() (found bool, err error) {
	var failed error
	err = c.server.store.List(background(), schema.Query{Account: c.account, Kind: schema.Releases}, func(rec schema.Record) bool {
		r, err := schema.Parse[schema.Release](rec)
		failed = err
		found = err == nil && r.Status == "PUBLISHED" && len(r.Constraints) > 0
		return err == nil && !found
	})
	if err == nil {
		err = failed
	}
	return found, err
}

// releaseChanged forgets what Gate("") found.
func (c *catalog) releaseChanged() {
	c.mu.Lock()
	c.gateGen++
	delete(c.gates, "")
	c.mu.Unlock()
}
