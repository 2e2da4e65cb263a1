package schema

import (
	"encoding/binary"
	"slices"
	"sort"
)

// Ruleset is the part of a document that decides what a caller may see of it,
// prepared once: the distinct constraint sets of its fragments, each with the
// dates of its releases in order. It is immutable.
type Ruleset struct {
	Product string
	sets    []ruleGroup
	place   []int // fragment index -> index into sets, -1 if it is nobody's
}

type ruleGroup struct {
	set   []string
	dates []int64 // ascending, distinct
}

// NewRuleset prepares fragments of a document of product. Traces (Gone) take
// part through their epochs, because they move serials.
func NewRuleset(product string, fragments []Fragment) *Ruleset {
	r := &Ruleset{Product: intern(product), place: make([]int, len(fragments))}
	index := map[string]int{}
	add := func(set []string, date int64) int {
		k := setKey(set)
		i, ok := index[k]
		if !ok {
			i = len(r.sets)
			index[k] = i
			r.sets = append(r.sets, ruleGroup{set: internSet(k, set)})
		}
		r.sets[i].dates = append(r.sets[i].dates, date)
		return i
	}
	for i := range fragments {
		rule := &fragments[i].Rule
		for _, w := range rule.Was {
			add(w.Constraints, w.Date)
		}
		r.place[i] = add(rule.Constraints, rule.Date)
	}
	for i := range r.sets {
		slices.Sort(r.sets[i].dates)
		r.sets[i].dates = slices.Compact(r.sets[i].dates)
	}
	return r
}

func setKey(set []string) string {
	n := 0
	for _, s := range set {
		n += len(s) + 1
	}
	b := make([]byte, 0, n)
	for _, s := range set {
		b = append(append(b, s...), 0)
	}
	return string(b)
}

// ViewKey appends the name of the caller's view of this document to dst: equal
// keys see exactly the same. A privileged caller's view is one byte. It
// allocates nothing if dst has room (4 bytes for each set).
func (r *Ruleset) ViewKey(dst []byte, rights *Rights, strategy string, now int64) []byte {
	if rights.Privileged(r.Product) {
		return append(dst, 'A')
	}
	dst = append(dst, 'V')
	for i := range r.sets {
		cut := rights.Cut(r.Product, strategy, r.sets[i].set, now)
		dst = binary.AppendUvarint(dst, uint64(position(r.sets[i].dates, cut)))
	}
	return dst
}

// position is the number of dates at or before cut.
func position(dates []int64, cut int64) int {
	switch cut {
	case Forever:
		return len(dates)
	case Never:
		return 0
	}
	return sort.Search(len(dates), func(i int) bool { return dates[i] > cut })
}

// Selection is what a view shows of a document.
type Selection struct {
	All     bool  // a privileged view: drafts and yanked releases included
	Visible []int // indexes of fragments, in stored order
	// Past are the fragments that the rules admit and that were public, but are
	// no longer shown: an index may say that they are gone.
	Past []int
	// Serial and ChangedAt belong to the newest event that changed this view:
	// of a fragment it shows, or showed before, or of the head. They never go
	// back while the caller's rights stay the same.
	Serial    uint64
	ChangedAt int64 // Unix milliseconds; 0 if no fragment ever was in the view
}

// Select applies the rules: which fragments a caller with rights sees now.
// yanked says that the engine shows yanked releases to consumers (PyPI).
func (r *Ruleset) Select(fragments []Fragment, rights *Rights, strategy string, now int64, yanked bool) Selection {
	s := Selection{All: rights.Privileged(r.Product)}
	for i := range fragments {
		rule := &fragments[i].Rule
		admitted := s.All
		if !s.All {
			admitted = rule.Date <= rights.Cut(r.Product, strategy, rule.Constraints, now)
		}
		switch {
		case admitted && shown(rule, s.All, yanked):
			s.Visible = append(s.Visible, i)
		case admitted && (rule.Public || s.All):
			s.Past = append(s.Past, i)
		}
		if s.All {
			s.note(rule.Changed, rule.ChangedAt)
			continue
		}
		seen := admitted && rule.Public
		if seen {
			s.note(rule.Changed, rule.ChangedAt)
		}
		for j := len(rule.Was) - 1; j >= 0; j-- { // only who gained or lost it by a change of the rule notices that change
			was := &rule.Was[j]
			before := was.Date <= rights.Cut(r.Product, strategy, was.Constraints, now)
			if before != seen {
				s.note(was.Changed, was.ChangedAt)
			}
			seen = before
		}
	}
	return s
}

func (s *Selection) note(serial uint64, at int64) {
	s.Serial = max(s.Serial, serial)
	s.ChangedAt = max(s.ChangedAt, at)
}

func shown(rule *Rule, all, yanked bool) bool {
	switch rule.Status {
	case Gone:
		return false
	case Published:
		return true
	case Yanked:
		return all || yanked && rule.Public
	}
	return all
}
