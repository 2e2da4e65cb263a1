package projector

import (
	"bytes"

	"offprint/events"
	"offprint/schema"
)

// docs collects what a batch writes to documents. Intervals are resolved here,
// in memory: a row that is opened and closed within the batch is inserted once,
// closed. It belongs to the goroutine of one Projector.
type docs struct {
	engines Engines
	live    map[rowKey]liveRow // what is known of open rows
	opened  map[rowKey]int     // rows opened in this batch -> index into heads or rules
	heads   []schema.HeadRow
	rules   []schema.RuleRow
	bodies  []schema.BodyRow
	closed  []schema.ClosedRow
	touched map[string]bool
	staged  []headChange // of the present event
	limit   int          // cacheLimit
}

// rowKey is a fragment, or with an empty key the head, of a document.
type rowKey struct{ doc, key string }

// liveRow is the present rule of a fragment; a nil rule: there is none.
type liveRow struct {
	rule []byte
	body uint64
}

// headChange opens (body) or closes (nil body) the head of a document.
type headChange struct {
	doc  string
	body []byte
}

func newDocs(engines Engines) *docs {
	d := &docs{engines: engines, limit: cacheLimit}
	d.reset()
	return d
}

func (d *docs) reset() {
	d.live = map[rowKey]liveRow{}
	d.committed()
}

// committed empties the batch.
func (d *docs) committed() {
	d.opened = map[rowKey]int{}
	d.touched = map[string]bool{}
	d.heads, d.rules, d.bodies, d.closed, d.staged = nil, nil, nil, nil, nil
	if len(d.live) > d.limit {
		clear(d.live)
	}
}

func (d *docs) openProduct(e *events.Event, x *schema.Product) {
	d.stageHead(schema.FilesDoc(x.ID), schema.Head{Account: x.Account, Product: x.ID, Created: x.Created, Changed: e.Serial})
}

func (d *docs) closeProduct(_ *events.Event, id string) {
	d.staged = append(d.staged, headChange{doc: schema.FilesDoc(id)})
}

func (d *docs) openPackage(e *events.Event, x *schema.Package) {
	h := schema.Head{Account: x.Account, Product: x.Product, Package: x.ID, Key: x.Key, Name: x.Name, Engine: x.Engine,
		Created: x.Created, Changed: e.Serial}
	for _, doc := range d.of(x) {
		d.stageHead(doc, h)
	}
}

func (d *docs) closePackage(_ *events.Event, x *schema.Package) {
	for _, doc := range d.of(x) {
		d.staged = append(d.staged, headChange{doc: doc})
	}
}

// of names the documents of a package.
func (d *docs) of(x *schema.Package) []string {
	list := []string{schema.FilesDoc(x.ID)}
	if d.engines[x.Engine].indexed() {
		list = append(list, schema.EngineDoc(x.Engine, x.ID))
	}
	return list
}

func (d *docs) stageHead(doc string, h schema.Head) {
	d.staged = append(d.staged, headChange{doc, encode(h)})
}

// acceptHeads makes the staged heads part of the batch. A fold closes a head
// before it opens the next one.
func (d *docs) acceptHeads(serial uint64) {
	for _, c := range d.staged {
		k := rowKey{doc: c.doc}
		if c.body == nil {
			d.end(k, serial)
		} else {
			d.opened[k] = len(d.heads)
			d.heads = append(d.heads, schema.HeadRow{Doc: c.doc, From: serial, Body: c.body})
		}
		d.touched[c.doc] = true
	}
	d.staged = d.staged[:0]
}

// end closes the open row, whether it is in the store or in this batch.
func (d *docs) end(k rowKey, serial uint64) {
	i, inBatch := d.opened[k]
	switch {
	case !inBatch:
		d.closed = append(d.closed, schema.ClosedRow{Doc: k.doc, Key: k.key, To: serial})
	case k.key == "":
		d.heads[i].To = serial
	default:
		d.rules[i].To = serial
	}
	delete(d.opened, k)
}

// replace gives a fragment its new rule, if it differs from the old one.
func (d *docs) replace(k rowKey, old liveRow, next *fragment, serial uint64) {
	if bytes.Equal(old.rule, next.rule) {
		d.live[k] = liveRow{next.rule, next.body}
		return
	}
	if old.rule != nil {
		d.end(k, serial)
	}
	d.opened[k] = len(d.rules)
	d.rules = append(d.rules, schema.RuleRow{Doc: k.doc, Key: k.key, From: serial, Rule: next.rule})
	if next.body != 0 && next.body != old.body {
		d.bodies = append(d.bodies, schema.BodyRow{Doc: k.doc, Key: k.key, Serial: next.body, Data: next.data})
	}
	d.live[k] = liveRow{next.rule, next.body}
	d.touched[k.doc] = true
}
