package schematest

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
)

// entry is one call of a walk.
type entry struct {
	table, key string
	value      []byte
}

// tables is the order of a walk.
var tables = []string{"record", "head", "rule", "body", "parked"}

// Walk implements schema.Walker, with the keys and values that every store has:
//
//	record  account/kind/id    schema.Record as JSON, Body in base64, never null
//	head    doc/from           to, a line feed, body
//	rule    doc/key/from       to, a line feed, rule
//	body    doc/key/serial     body
//	parked  log/serial         schema.Parked as JSON
//
// Serials have 20 digits, so that bytes sort as numbers do. Fn runs without a
// lock, on the content as it was when Walk began.
func (m *Memory) Walk(ctx context.Context, fn func(table, key string, value []byte) error) error {
	entries, err := m.entries()
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := fn(e.table, e.key, e.value); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (m *Memory) entries() ([]entry, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	var out []entry
	for g, records := range m.records {
		for id, rec := range records {
			value, err := json.Marshal(rec)
			if err != nil {
				return nil, err
			}
			out = append(out, entry{"record", g.account + "/" + string(g.kind) + "/" + id, value})
		}
	}
	for key, d := range m.docs {
		for fragment, rows := range d.rows {
			table, prefix := "rule", key+"/"+fragment
			if fragment == "" {
				table, prefix = "head", key
			}
			for _, r := range rows {
				out = append(out, entry{table, fmt.Sprintf("%s/%020d", prefix, r.from), fmt.Appendf(nil, "%020d\n%s", r.to, r.data)})
			}
		}
		for ref, data := range d.bodies {
			out = append(out, entry{"body", fmt.Sprintf("%s/%s/%020d", key, ref.Key, ref.Serial), cloneBytes(data)})
		}
	}
	for _, p := range m.parked {
		value, err := json.Marshal(p)
		if err != nil {
			return nil, err
		}
		out = append(out, entry{"parked", fmt.Sprintf("%s/%020d", p.Log, p.Serial), value})
	}
	slices.SortFunc(out, func(a, b entry) int {
		return cmp.Or(cmp.Compare(slices.Index(tables, a.table), slices.Index(tables, b.table)), cmp.Compare(a.key, b.key))
	})
	return out, nil
}
