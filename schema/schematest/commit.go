package schematest

import (
	"context"
	"fmt"
	"slices"

	"offprint/schema"
)

// Commit implements schema.Writer.
func (m *Memory) Commit(ctx context.Context, b schema.Batch) error {
	if m.Fault != nil {
		apply, err := m.Fault("commit")
		if !apply {
			return err
		}
		if err != nil {
			if own := m.commit(ctx, b); own != nil {
				return own
			}
			return err
		}
	}
	return m.commit(ctx, b)
}

func (m *Memory) commit(ctx context.Context, b schema.Batch) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if b.From == b.To && rowCount(b) == 0 {
		return nil
	}
	if b.From > b.To {
		return fmt.Errorf("batch of %s from %d to %d goes backwards", b.Cursor, b.From, b.To)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.cursors[b.Cursor] != b.From {
		return schema.ErrCursorMoved
	}
	if err := m.check(b); err != nil {
		return err
	}
	m.apply(b)
	return nil
}

func rowCount(b schema.Batch) int {
	return len(b.Records) + len(b.Deleted) + len(b.Heads) + len(b.Bodies) + len(b.Rules) + len(b.Closed) + len(b.Parked)
}

// rowKey names the rows of a fragment, or with key "" of the head.
type rowKey struct{ doc, key string }

// check refuses what a database refuses by its indexes, before anything is
// written. The caller holds the lock.
func (m *Memory) check(b schema.Batch) error {
	closed := map[rowKey]bool{}
	for _, c := range b.Closed {
		k := rowKey{c.Doc, c.Key}
		if closed[k] || !m.open(k) {
			return fmt.Errorf("close %s %q at %d: no open row", c.Doc, c.Key, c.To)
		}
		closed[k] = true
	}
	type started struct {
		rowKey
		from uint64
	}
	starts, opens := map[started]bool{}, map[rowKey]bool{}
	insert := func(k rowKey, from, to uint64) error {
		if starts[started{k, from}] || m.starts(k, from) {
			return fmt.Errorf("row %s %q from %d exists", k.doc, k.key, from)
		}
		starts[started{k, from}] = true
		if to == 0 && (opens[k] || m.open(k) && !closed[k]) {
			return fmt.Errorf("row %s %q from %d: another is open", k.doc, k.key, from)
		}
		opens[k] = opens[k] || to == 0
		return nil
	}
	for _, h := range b.Heads {
		if err := insert(rowKey{h.Doc, ""}, h.From, h.To); err != nil {
			return err
		}
	}
	for _, r := range b.Rules {
		if r.Key == "" {
			return fmt.Errorf("rule of %s from %d has no key", r.Doc, r.From)
		}
		if err := insert(rowKey{r.Doc, r.Key}, r.From, r.To); err != nil {
			return err
		}
	}
	return m.checkOnce(b)
}

// checkOnce refuses a body or a parked event that is there already.
func (m *Memory) checkOnce(b schema.Batch) error {
	type bodyKey struct {
		doc string
		ref schema.BodyRef
	}
	bodies := map[bodyKey]bool{}
	for _, r := range b.Bodies {
		k := bodyKey{r.Doc, schema.BodyRef{Key: r.Key, Serial: r.Serial}}
		exists := bodies[k]
		if d := m.docs[r.Doc]; d != nil {
			exists = exists || d.bodies[k.ref] != nil
		}
		if exists {
			return fmt.Errorf("body of %s %s at %d exists", r.Doc, r.Key, r.Serial)
		}
		bodies[k] = true
	}
	parked := map[parkedKey]bool{}
	for _, p := range b.Parked {
		k := parkedKey{p.Log, p.Serial}
		if _, exists := m.parked[k]; exists || parked[k] {
			return fmt.Errorf("parked event %s %d exists", p.Log, p.Serial)
		}
		parked[k] = true
	}
	return nil
}

func (m *Memory) rows(k rowKey) []row {
	if d := m.docs[k.doc]; d != nil {
		return d.rows[k.key]
	}
	return nil
}

func (m *Memory) open(k rowKey) bool {
	return slices.ContainsFunc(m.rows(k), func(r row) bool { return r.to == 0 })
}

func (m *Memory) starts(k rowKey, from uint64) bool {
	return slices.ContainsFunc(m.rows(k), func(r row) bool { return r.from == from })
}

// apply writes a checked batch. The caller holds the lock.
func (m *Memory) apply(b schema.Batch) {
	for _, k := range b.Deleted {
		delete(m.records[group{k.Account, k.Kind}], k.ID)
	}
	for _, rec := range b.Records {
		g := group{rec.Account, rec.Kind}
		if m.records[g] == nil {
			m.records[g] = map[string]schema.Record{}
		}
		m.records[g][rec.ID] = cloneRecord(rec)
	}
	for _, c := range b.Closed {
		rows := m.rows(rowKey{c.Doc, c.Key})
		i := slices.IndexFunc(rows, func(r row) bool { return r.to == 0 })
		rows[i].to = c.To
	}
	for _, h := range b.Heads {
		d := m.doc(h.Doc)
		d.rows[""] = append(d.rows[""], row{h.From, h.To, cloneBytes(h.Body)})
	}
	for _, r := range b.Rules {
		d := m.doc(r.Doc)
		d.rows[r.Key] = append(d.rows[r.Key], row{r.From, r.To, cloneBytes(r.Rule)})
	}
	for _, r := range b.Bodies {
		m.doc(r.Doc).bodies[schema.BodyRef{Key: r.Key, Serial: r.Serial}] = cloneBytes(r.Data)
	}
	for _, p := range b.Parked {
		m.parked[parkedKey{p.Log, p.Serial}] = p
	}
	m.cursors[b.Cursor] = b.To
}

func (m *Memory) doc(key string) *doc {
	d := m.docs[key]
	if d == nil {
		d = &doc{rows: map[string][]row{}, bodies: map[schema.BodyRef][]byte{}}
		m.docs[key] = d
	}
	return d
}
