package projector

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"offprint/schema"
)

// entry is one call of a walk over a store.
type entry struct {
	table, key string
	value      []byte
}

// tables is the order of a walk.
var tables = []string{"record", "head", "rule", "body", "parked"}

func (e entry) compare(o entry) int {
	return cmp.Or(cmp.Compare(slices.Index(tables, e.table), slices.Index(tables, o.table)), cmp.Compare(e.key, o.key))
}

// walk is a walk that is asked for its entries one by one.
type walk struct {
	next func() (entry, bool)
	stop func()
	err  error // of the walk, once next has said that there is no more
}

// errStop ends a walk that nobody reads on.
var errStop = errors.New("stop")

// newWalk begins a walk over s. An entry is good until the next one is asked
// for. The caller calls stop.
func newWalk(ctx context.Context, s schema.Walker) *walk {
	w := &walk{}
	var seq iter.Seq[entry] = func(yield func(entry) bool) {
		w.err = s.Walk(ctx, func(table, key string, value []byte) error {
			if !yield(entry{table, key, value}) {
				return errStop
			}
			return nil
		})
	}
	w.next, w.stop = iter.Pull(seq)
	return w
}

// compareWalks calls both with entries of equal key, and only with the others.
// Memory does not grow with the stores.
func compareWalks(ctx context.Context, a, b schema.Walker, both func(x, y entry) error, only func(first bool, x entry) error) error {
	left, right := newWalk(ctx, a), newWalk(ctx, b)
	defer left.stop()
	defer right.stop()
	x, okx := left.next()
	y, oky := right.next()
	for okx || oky {
		if err := cmp.Or(left.err, right.err); err != nil {
			return err
		}
		var err error
		order := 0
		switch {
		case !oky:
			order = -1
		case !okx:
			order = 1
		default:
			order = x.compare(y)
		}
		switch {
		case order < 0:
			err = only(true, x)
		case order > 0:
			err = only(false, y)
		default:
			err = both(x, y)
		}
		if err != nil {
			return err
		}
		if order <= 0 {
			x, okx = left.next()
		}
		if order >= 0 {
			y, oky = right.next()
		}
	}
	return cmp.Or(left.err, right.err)
}

// firstDifference says where two values begin to differ. It shows them only if
// they are parts of documents: records may hold digests.
func firstDifference(table string, have, want []byte) string {
	n := 0
	for n < len(have) && n < len(want) && have[n] == want[n] {
		n++
	}
	text := fmt.Sprintf("differs at byte %d of %d", n, len(want))
	if table == "record" {
		return text
	}
	around := func(b []byte) []byte { return b[min(len(b), max(0, n-16)):min(len(b), n+24)] }
	return fmt.Sprintf("%s: stored %q, replayed %q", text, around(have), around(want))
}
