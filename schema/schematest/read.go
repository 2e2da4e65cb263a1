package schematest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"offprint/schema"
)

// Record implements schema.Records.
func (m *Memory) Record(ctx context.Context, account string, kind schema.Kind, id string) (schema.Record, error) {
	if err := ctx.Err(); err != nil {
		return schema.Record{}, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	rec, ok := m.records[group{account, kind}][id]
	if !ok {
		return schema.Record{}, schema.ErrNotFound
	}
	return cloneRecord(rec), nil
}

// Find implements schema.Records.
func (m *Memory) Find(ctx context.Context, account string, kind schema.Kind, name string) ([]schema.Record, error) {
	if name == "" {
		return nil, ctx.Err()
	}
	found := m.selectRecords(func(g group) bool {
		return g.kind == kind && (account == "" || g.account == account)
	}, func(rec schema.Record) bool { return rec.Name == name })
	slices.SortFunc(found, older)
	return found, ctx.Err()
}

// List implements schema.Records. The lock is not held during yield.
func (m *Memory) List(ctx context.Context, q schema.Query, yield func(schema.Record) bool) error {
	found := m.selectRecords(func(g group) bool {
		return g == group{q.Account, q.Kind}
	}, func(rec schema.Record) bool {
		return match(q.Product, rec.Product) && match(q.Package, rec.Package) && match(q.Release, rec.Release) &&
			match(q.Parent, rec.Parent) && match(q.Tag, rec.Tag)
	})
	slices.SortFunc(found, older)
	if !q.Ascending {
		slices.Reverse(found)
	}
	for _, rec := range found {
		if err := ctx.Err(); err != nil {
			return err
		}
		if !yield(rec) {
			return nil
		}
	}
	return ctx.Err()
}

func (m *Memory) selectRecords(inGroup func(group) bool, wanted func(schema.Record) bool) []schema.Record {
	m.mu.RLock()
	defer m.mu.RUnlock()
	var found []schema.Record
	for g, records := range m.records {
		if !inGroup(g) {
			continue
		}
		for _, rec := range records {
			if wanted(rec) {
				found = append(found, cloneRecord(rec))
			}
		}
	}
	return found
}

func match(filter *string, value string) bool { return filter == nil || *filter == value }

// older is the order of creation: time, id, and between accounts the account.
func older(a, b schema.Record) int {
	return cmp.Or(cmp.Compare(a.Created, b.Created), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Account, b.Account))
}

func cloneRecord(rec schema.Record) schema.Record {
	rec.Body = cloneBytes(rec.Body)
	return rec
}

// cloneBytes never gives nil: stores do not tell nil from empty.
func cloneBytes(b []byte) []byte { return append(make([]byte, 0, len(b)), b...) }

// Document implements schema.Documents.
func (m *Memory) Document(ctx context.Context, key string, at uint64) (schema.Document, error) {
	if err := ctx.Err(); err != nil {
		return schema.Document{}, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	d := schema.Document{Key: key}
	stored, ok := m.docs[key]
	if !ok {
		return d, schema.ErrNotFound
	}
	headless := true
	for fragment, rows := range stored.rows {
		i := slices.IndexFunc(rows, func(r row) bool { return r.holds(at) })
		if i < 0 {
			continue
		}
		if fragment == "" {
			d.HeadSerial, d.Head, headless = rows[i].from, cloneBytes(rows[i].data), false
			continue
		}
		f := schema.Fragment{Key: fragment, From: rows[i].from}
		if err := json.Unmarshal(rows[i].data, &f.Rule); err != nil {
			return d, fmt.Errorf("rule of %s %s: %w", key, fragment, err)
		}
		d.Fragments = append(d.Fragments, f)
	}
	if headless {
		return schema.Document{}, schema.ErrNotFound
	}
	slices.SortFunc(d.Fragments, func(a, b schema.Fragment) int { return strings.Compare(a.Key, b.Key) })
	return d, nil
}

// Bodies implements schema.Documents.
func (m *Memory) Bodies(ctx context.Context, key string, refs []schema.BodyRef) ([][]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	out := make([][]byte, len(refs))
	for i, ref := range refs {
		var body []byte
		if d := m.docs[key]; d != nil {
			body = d.bodies[ref]
		}
		if body == nil {
			return nil, fmt.Errorf("body of %s %s at %d: %w", key, ref.Key, ref.Serial, schema.ErrNotFound)
		}
		out[i] = bytes.Clone(body)
	}
	return out, nil
}

// Cursor implements schema.Writer.
func (m *Memory) Cursor(ctx context.Context, name string) (uint64, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.cursors[name], ctx.Err()
}

// Parked implements schema.Store.
func (m *Memory) Parked(ctx context.Context) ([]schema.Parked, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	var out []schema.Parked
	for _, p := range m.parked {
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b schema.Parked) int {
		return cmp.Or(cmp.Compare(a.Log, b.Log), cmp.Compare(a.Serial, b.Serial))
	})
	return out, ctx.Err()
}
