package serve

import (
	"cmp"
	"strings"

	"github.com/Masterminds/semver/v3"

	"offprint/schema"
)

// ProductNamed finds a product by id or code, in any case; nil if there is none.
func (c *catalog) ProductNamed(word string) (*Product, error) {
	if err := c.load(); err != nil {
		return nil, err
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	if id := UUID([]byte(word)); id != "" && c.products[id] != nil {
		return c.products[id], nil
	}
	return c.byCode[schema.Fold(word)], nil
}

// PackageNamed finds a package of any engine by id or key, in any case; nil if
// there is none.
func (c *catalog) PackageNamed(word string) (*Package, error) {
	if err := c.load(); err != nil {
		return nil, err
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	if id := UUID([]byte(word)); id != "" && c.packages[id] != nil {
		return c.packages[id], nil
	}
	return c.byKey[schema.Fold(word)], nil
}

// compareVersions orders versions by semver precedence
// (https://semver.org/#spec-item-11), then by build metadata. What is no version
// comes first.
func compareVersions(a, b string) int {
	x, errX := semver.StrictNewVersion(a)
	y, errY := semver.StrictNewVersion(b)
	switch {
	case errX != nil && errY != nil:
		return strings.Compare(a, b)
	case errX != nil:
		return -1
	case errY != nil:
		return 1
	}
	return cmp.Or(x.Compare(y), strings.Compare(x.Metadata(), y.Metadata()))
}
