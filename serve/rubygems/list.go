package rubygems

import (
	"cmp"
	"crypto/md5"
	"crypto/sha256"
	"hash"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"offprint/serve"
)

// list is what one view shows of all gems of an account: the histories of those
// that it shows, or showed, merged into /versions. Its documents are made on
// first use. The rest is immutable.
type list struct {
	id     uint64     // its own in this process, not 0
	gems   []*history // by name
	serial uint64     // of the newest event that the view notices
	last   uint64     // of the newest line
	body   []byte     // /versions without the lines for drafts
	md5    hash.Hash  // of body
	sha    hash.Hash
	grown  atomic.Bool // a later list has taken the room behind body

	mu        sync.Mutex // of who makes older indexes
	text      atomic.Pointer[serve.Text]
	nameText  atomic.Pointer[serve.Text]
	specFiles [3]atomic.Pointer[serve.Variant]
}

// newList merges histories of gems, which are ordered by name.
func newList(gems []*history, created int64) *list {
	l := &list{id: histories.Add(1), gems: gems, md5: md5.New(), sha: sha256.New()}
	head := "created_at: " + time.UnixMilli(created).UTC().Format("2006-01-02T15:04:05Z") + "\n---\n"
	size := len(head)
	for _, h := range gems {
		size += len(h.text)
	}
	l.body = append(make([]byte, 0, size+size/8+4096), head...)
	l.write(0, newLines(gems, nil))
	return l
}

// lineOf is a line of /versions: turn of gem.
type lineOf struct {
	serial uint64
	gem    *history
	turn   int32
}

// newLines gives the lines that gems have more than those that they continue, in
// the order of /versions. A nil list continues nothing.
func newLines(gems, old []*history) []lineOf {
	n := 0
	for _, h := range gems {
		n += len(h.turns)
	}
	lines := make([]lineOf, 0, n)
	for i, h := range gems {
		from := 0
		if old != nil && old[i] != nil {
			from = len(old[i].turns)
		}
		for t := from; t < len(h.turns); t++ {
			lines = append(lines, lineOf{h.turns[t].serial, h, int32(t)})
		}
	}
	slices.SortFunc(lines, func(a, b lineOf) int {
		if a.serial != b.serial {
			return cmp.Compare(a.serial, b.serial)
		}
		return strings.Compare(a.gem.name, b.gem.name)
	})
	return lines
}

// write appends lines to the body, whose digests hold up to done.
func (l *list) write(done int, lines []lineOf) {
	for _, x := range lines {
		l.body = append(l.body, x.gem.line(int(x.turn))...)
		l.last = x.serial
	}
	l.md5.Write(l.body[done:])
	l.sha.Write(l.body[done:])
	for _, h := range l.gems {
		l.serial = max(l.serial, h.serial)
	}
}

// change is one gem's history before and after; nil: none.
type change struct{ old, new *history }

// follow gives the list after changes of some gems' histories, at the cost of
// the change if /versions only grows by it. created is that of newList.
func (l *list) follow(changes []change, created int64) *list {
	gems := slices.Clone(l.gems)
	grows := true
	var olds, news []*history
	for _, c := range changes {
		name := cmp.Or(c.new, c.old).name
		at, found := slices.BinarySearchFunc(gems, name, func(h *history, name string) int { return strings.Compare(h.name, name) })
		switch {
		case c.new == nil:
			grows = false
			gems = slices.Delete(gems, at, at+1)
			continue
		case !found:
			grows = grows && (len(c.new.turns) == 0 || c.new.turns[0].serial > l.last)
			gems = slices.Insert(gems, at, c.new)
		default:
			grows = grows && c.new.continues(c.old, l.last)
			gems[at] = c.new
		}
		olds, news = append(olds, c.old), append(news, c.new)
	}
	if !grows {
		return newList(gems, created)
	}
	n := &list{id: histories.Add(1), gems: gems, last: l.last, body: l.body, md5: clone(l.md5), sha: clone(l.sha)}
	if !l.grown.CompareAndSwap(false, true) {
		n.body = slices.Clip(n.body) // the room behind it is somebody else's
	}
	n.write(len(l.body), newLines(news, olds))
	return n
}

// shares says that the body of l is the beginning of that of o, in one memory.
func (l *list) shares(o *list) bool { return &l.body[0] == &o.body[0] }

func clone(h hash.Hash) hash.Hash {
	c, err := h.(hash.Cloner).Clone()
	if err != nil {
		panic(err) // those of the standard library always can
	}
	return c
}

// versions is /versions. The lines for drafts come last.
func (l *list) versions() *serve.Text {
	if x := l.text.Load(); x != nil {
		return x
	}
	body, m, s := l.body, clone(l.md5), clone(l.sha)
	for _, h := range l.gems {
		if h.closing == nil {
			continue
		}
		body = append(slices.Clip(body), h.closing...)
		m.Write(h.closing)
		s.Write(h.closing)
	}
	x := serve.TextOf(textMedia, body, [md5.Size]byte(m.Sum(nil)), [sha256.Size]byte(s.Sum(nil)), l.serial)
	l.text.Store(x)
	return x
}

// names is /names: the gems that have something listed.
func (l *list) names() *serve.Text {
	if x := l.nameText.Load(); x != nil {
		return x
	}
	body := []byte("---\n")
	for _, h := range l.gems {
		if len(h.listed)+len(h.drafts) > 0 {
			body = append(append(body, h.name...), '\n')
		}
	}
	if len(body) == len("---\n") {
		body = append(body, '\n')
	}
	x := serve.NewText(textMedia, body, l.serial)
	l.nameText.Store(x)
	return x
}

// specs is one of the older indexes.
func (l *list) specs(which specList) (*serve.Variant, error) {
	at := &l.specFiles[which]
	if x := at.Load(); x != nil {
		return x, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if x := at.Load(); x != nil {
		return x, nil
	}
	body, err := specsOf(l.gems, which)
	if err != nil {
		return nil, err
	}
	x := serve.Whole(bytesMedia, body, l.serial)
	at.Store(x)
	return x, nil
}
