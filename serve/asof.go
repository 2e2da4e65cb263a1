package serve

import (
	"context"
	"errors"
	"strconv"

	"offprint/schema"
)

// ErrCut says that an as-of cut is not one: in the future, or not a serial.
var ErrCut = errors.New("no such cut")

// maxPast bounds the old states kept of one document.
const maxPast = 8

// AsOf gives the document of a slot as it stood after the event with the serial
// in cut; nil if it did not exist then. ErrCut if the log has no such serial
// yet.
func (r *Request) AsOf(s *Slot, cut string) (*Doc, error) {
	at, err := strconv.ParseUint(cut, 10, 64)
	if err != nil || at == 0 || at > r.server.cfg.Applied() {
		return nil, ErrCut
	}
	s.mu.Lock()
	d := s.past[at]
	s.mu.Unlock()
	if d != nil {
		return d, nil
	}
	gen := s.gen.Load()
	now, err := s.Doc()
	if err != nil || now == nil {
		return nil, err // a package that is gone shows nothing of its past
	}
	if d, err = r.server.load(background(), s, at); err != nil || d == nil {
		return nil, err
	}
	d.admit = now.byKey()
	d.present = now
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gen.Load() == gen {
		if s.past == nil || len(s.past) >= maxPast {
			s.past = map[uint64]*Doc{}
		}
		s.past[at] = d
	}
	return d, nil
}

// byKey finds a document's present rules by fragment.
func (d *Doc) byKey() map[string]*schema.Rule {
	rules := make(map[string]*schema.Rule, len(d.Fragments))
	for i := range d.Fragments {
		rules[d.Fragments[i].Key] = &d.Fragments[i].Rule
	}
	return rules
}

// admits says whether the rule of today, too, lets the caller see a fragment of
// an old state: rights are those of now. The status is that of then.
func (d *Doc) admits(rights *schema.Rights, strategy string, now int64, fragment int) bool {
	if d.admit == nil || rights.Privileged(d.Head.Product) {
		return true
	}
	rule := d.admit[d.Fragments[fragment].Key]
	return rule != nil && rule.Date <= rights.Cut(d.Head.Product, strategy, rule.Constraints, now)
}

// SetAsOf says in the answer which state it shows.
func (r *Request) SetAsOf(cut string) { r.Response.Header.Set("X-Offprint-As-Of", cut) }

// Applied is the serial up to which documents are known.
func (r *Request) Applied() uint64 { return r.server.cfg.Applied() }

// Context is for reads of the store on behalf of a request.
func (r *Request) Context() context.Context { return background() }
