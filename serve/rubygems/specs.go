package rubygems

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"errors"
	"slices"

	"offprint/schema"
	"offprint/schema/marshal"
)

// errGone says that a gem left its view between two looks at it, which is
// immutable.
var errGone = errors.New("the gem is not in this view")

// specList is one of the older indexes.
type specList uint8

const (
	releasedSpecs   specList = iota // versions without a letter
	latestSpecs                     // of those the highest for each platform
	prereleaseSpecs                 // versions with a letter
)

// specsOf writes one of the older indexes: gzip of Marshal of
// [[name, Gem::Version, platform], …], by name, version and platform.
func specsOf(gems []*history, which specList) ([]byte, error) {
	w := marshal.New(nil)
	var members [][]*gem
	n := 0
	for _, h := range gems {
		list := slices.Concat(h.listed, h.drafts)
		list = slices.DeleteFunc(list, func(g *gem) bool { return schema.GemPrerelease(g.Version) != (which == prereleaseSpecs) })
		slices.SortFunc(list, compareGems)
		if which == latestSpecs {
			list = latest(list)
		}
		members = append(members, list)
		n += len(list)
	}
	w.Array(n)
	for i, h := range gems {
		for _, g := range members[i] {
			w.Array(3)
			w.String(h.name)
			w.Version(g.Version)
			w.String(cmp.Or(g.Platform, "ruby"))
		}
	}
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.DefaultCompression)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(w.Bytes()); err != nil {
		return nil, err
	}
	err = z.Close()
	return out.Bytes(), err
}

// latest keeps the last gem of each platform of a list in the order of versions.
func latest(list []*gem) []*gem {
	last := map[string]*gem{}
	for _, g := range list {
		last[g.Platform] = g
	}
	return slices.DeleteFunc(list, func(g *gem) bool { return last[g.Platform] != g })
}
