package projector

import (
	"cmp"
	"slices"

	"offprint/schema"
)

// maxNoticeKeys is how many changed keys a notice lists; more say "all".
const maxNoticeKeys = 500

// batch gathers what was applied since the last commit, in an order that
// depends on the events alone.
func (p *Projector) batch() (schema.Batch, schema.Notice) {
	b := schema.Batch{Cursor: string(p.log), From: p.from, To: p.at,
		Heads: p.docs.heads, Bodies: p.docs.bodies, Rules: p.docs.rules, Closed: p.docs.closed, Parked: p.parked}
	n := schema.Notice{Log: string(p.log), From: p.from, To: p.at}
	for key, serial := range p.state.dirty {
		n.Records = append(n.Records, key)
		if r := p.state.cache[key]; r != nil {
			rec := r.Record()
			rec.Serial = serial
			b.Records = append(b.Records, rec)
		} else {
			b.Deleted = append(b.Deleted, key)
		}
	}
	slices.SortFunc(n.Records, byKey)
	slices.SortFunc(b.Deleted, byKey)
	slices.SortFunc(b.Records, func(x, y schema.Record) int { return byKey(x.Key(), y.Key()) })
	for doc := range p.docs.touched {
		n.Docs = append(n.Docs, doc)
	}
	slices.Sort(n.Docs)
	if len(n.Docs)+len(n.Records) > maxNoticeKeys {
		n.Docs, n.Records, n.All = nil, nil, true
	}
	return b, n
}

func byKey(a, b schema.RecordKey) int {
	return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID))
}
