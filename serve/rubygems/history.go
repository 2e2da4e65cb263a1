package rubygems

import (
	"bytes"
	"cmp"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"slices"
	"sync/atomic"

	"offprint/schema"
	"offprint/serve"
)

// gem is one gem file.
type gem struct {
	schema.GemAttr
	number string // version[-platform]
	line   []byte // of /info, with its end
}

// index is what an index document is looked up by.
type index struct {
	gems     []gem   // by fragment
	instants []int64 // since which the gems are available, ascending
}

// prepare implements serve.Engine.
func prepare(d *serve.Doc) (any, error) {
	x := &index{gems: make([]gem, len(d.Fragments))}
	for i := range d.Fragments {
		attr := d.Fragments[i].Rule.Attr
		if len(attr) == 0 {
			continue
		}
		g := &x.gems[i]
		if err := json.Unmarshal(attr, &g.GemAttr); err != nil {
			return nil, fmt.Errorf("attributes of %s: %w", d.Fragments[i].Key, err)
		}
		g.number, g.line = g.Number(), []byte(g.Line+"\n")
		x.instants = append(x.instants, g.Available)
	}
	slices.Sort(x.instants)
	return x, nil
}

// turn is what one event changed in what is listed of a gem: one line of
// /versions.
type turn struct {
	serial uint64
	end    int // of the line in history.text
}

// history is what one view shows of a gem, from the first event on. It is
// immutable.
type history struct {
	id      uint64 // its own in this process, not 0
	name    string
	turns   []turn
	text    []byte // the lines of /versions, one for each turn
	closing []byte // the line for drafts, which comes last; nil: there are none
	listed  []*gem // in the order of /info
	drafts  []*gem // likewise, after them
	serial  uint64 // of the newest event that the view notices
}

// histories counts those ever made, and lists of them.
var histories atomic.Uint64

// empty says that the view shows nothing of the gem and never did.
func (h *history) empty() bool { return len(h.turns) == 0 && h.closing == nil }

// line is the line of turn i.
func (h *history) line(i int) []byte {
	begin := 0
	if i > 0 {
		begin = h.turns[i-1].end
	}
	return h.text[begin:h.turns[i].end]
}

// equal says that two histories of one gem show the same.
func (h *history) equal(o *history) bool {
	return h.serial == o.serial && slices.Equal(h.turns, o.turns) && bytes.Equal(h.text, o.text) && bytes.Equal(h.closing, o.closing)
}

// continues says that h begins as o and goes on after the serial.
func (h *history) continues(o *history, serial uint64) bool {
	n := len(o.turns)
	return len(h.turns) >= n && bytes.HasPrefix(h.text, o.text) && slices.Equal(h.turns[:n], o.turns) &&
		(len(h.turns) == n || h.turns[n].serial > serial)
}

// historyOf prepares a view once.
func historyOf(v *serve.View) *history {
	return v.Prepared(func(v *serve.View) any { return newHistory(v) }).(*history)
}

// event is a listing or delisting.
type event struct {
	serial uint64
	off    bool
	gem    *gem
}

// order is that of lines and entries: by serial, removals first, then as /info.
func order(a, b event) int {
	if a.serial != b.serial {
		return cmp.Compare(a.serial, b.serial)
	}
	if a.off != b.off {
		if a.off {
			return -1
		}
		return 1
	}
	return compareGems(a.gem, b.gem)
}

// compareGems orders gems of one name: by version, platform (ruby first), id.
func compareGems(a, b *gem) int {
	return cmp.Or(schema.CompareGemVersions(a.Version, b.Version), schema.ComparePlatforms(a.Platform, b.Platform), cmp.Compare(a.Artifact, b.Artifact))
}

func newHistory(v *serve.View) *history {
	x := v.Doc.Index.(*index)
	h := &history{id: histories.Add(1), name: v.Doc.Head.Key, serial: v.Serial}
	list := make([]event, 0, len(v.Visible)+len(v.Past))
	for _, fragments := range [...][]int32{v.Visible, v.Past} {
		for _, f := range fragments {
			g := &x.gems[f]
			for i, serial := range g.Turns {
				list = append(list, event{serial, i%2 == 1, g})
			}
			if v.Doc.Fragments[f].Rule.Status == schema.Draft && len(g.line) > 0 {
				h.drafts = append(h.drafts, g)
			}
		}
	}
	slices.SortFunc(list, order)
	h.replay(list)
	return h
}

// replay writes a line for each event, with the digest that /info had right
// after it, which is kept up with what is appended.
func (h *history) replay(list []event) {
	running := md5.New()
	restart(running)
	h.turns = make([]turn, 0, len(list))
	h.text = make([]byte, 0, len(list)*(len(h.name)+50))
	h.listed = make([]*gem, 0, len(list))
	for len(list) > 0 {
		serial := list[0].serial
		h.text = append(append(h.text, h.name...), ' ')
		removed := false
		for i := 0; len(list) > 0 && list[0].serial == serial; i++ {
			e := list[0]
			list = list[1:]
			h.text = appendEntry(h.text, i, e.off, e.gem.number)
			if e.off {
				removed = true
				h.listed = slices.DeleteFunc(h.listed, func(g *gem) bool { return g == e.gem })
				continue
			}
			h.listed = append(h.listed, e.gem)
			if !removed {
				running.Write(e.gem.line)
			}
		}
		if removed {
			restart(running, h.listed...)
		}
		h.text = appendSum(h.text, running)
		h.turns = append(h.turns, turn{serial, len(h.text)})
	}
	h.close(running)
}

// close writes the line for drafts.
func (h *history) close(running hash.Hash) {
	if len(h.drafts) == 0 {
		return
	}
	slices.SortFunc(h.drafts, func(a, b *gem) int { return cmp.Or(cmp.Compare(a.Stored, b.Stored), compareGems(a, b)) })
	h.closing = append([]byte(h.name), ' ')
	for i, g := range h.drafts {
		running.Write(g.line)
		h.closing = appendEntry(h.closing, i, false, g.number)
	}
	h.closing = appendSum(h.closing, running)
}

var infoHead = []byte("---\n")

// restart begins the digest of a /info that has these gems.
func restart(running hash.Hash, gems ...*gem) {
	running.Reset()
	running.Write(infoHead)
	for _, g := range gems {
		running.Write(g.line)
	}
}

func appendEntry(dst []byte, i int, off bool, number string) []byte {
	if i > 0 {
		dst = append(dst, ',')
	}
	if off {
		dst = append(dst, '-')
	}
	return append(dst, number...)
}

func appendSum(dst []byte, running hash.Hash) []byte {
	var sum [md5.Size]byte
	dst = hex.AppendEncode(append(dst, ' '), running.Sum(sum[:0]))
	return append(dst, '\n')
}

// info writes /info.
func (h *history) info() []byte {
	out := slices.Clone(infoHead)
	for _, gems := range [...][]*gem{h.listed, h.drafts} {
		for _, g := range gems {
			out = append(out, g.line...)
		}
	}
	return out
}
