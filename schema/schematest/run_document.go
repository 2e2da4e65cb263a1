package schematest

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"testing"

	"offprint/schema"
)

const gone = "not found"

func testIntervals(t *testing.T, s schema.Store) {
	f := feed(t, s)
	f.commit(2, schema.Batch{Heads: []schema.HeadRow{head("npm/p", 2, 0), head("npm/p2", 2, 0)}, Rules: []schema.RuleRow{rule("npm/p2", "a", 2, 0)}})
	f.commit(3, schema.Batch{Rules: []schema.RuleRow{rule("npm/p", "b", 3, 0)}})
	f.commit(7, schema.Batch{
		Rules:  []schema.RuleRow{rule("npm/p", "b", 5, 0), rule("npm/p", "a", 6, 0)},
		Heads:  []schema.HeadRow{head("npm/p", 7, 0)},
		Closed: []schema.ClosedRow{{Doc: "npm/p", Key: "b", To: 5}, {Doc: "npm/p", To: 7}},
	})
	f.commit(9, schema.Batch{Closed: []schema.ClosedRow{{Doc: "npm/p", Key: "a", To: 9}}})
	for at, want := range []string{
		0: `{"changed":7}@7 b@5`,
		1: gone,
		2: `{"changed":2}@2`,
		3: `{"changed":2}@2 b@3`,
		4: `{"changed":2}@2 b@3`,
		5: `{"changed":2}@2 b@5`,
		6: `{"changed":2}@2 a@6 b@5`,
		7: `{"changed":7}@7 a@6 b@5`,
		8: `{"changed":7}@7 a@6 b@5`,
		9: `{"changed":7}@7 b@5`,
		// beyond the cursor
		10: `{"changed":7}@7 b@5`,
	} {
		if got := shape(t, s, "npm/p", uint64(at)); got != want {
			t.Errorf("at %d: %s, want %s", at, got, want)
		}
	}
	if got := shape(t, s, "npm/p2", 0); got != `{"changed":2}@2 a@2` {
		t.Errorf("the neighbour: %s", got)
	}
	for _, key := range []string{"npm/", "npm/p\x00", "npm/p\xff", ""} {
		if got := shape(t, s, key, 0); got != gone {
			t.Errorf("%q: %s", key, got)
		}
	}
}

func testOpenedAndClosed(t *testing.T, s schema.Store) {
	feed(t, s).commit(9, schema.Batch{
		Heads: []schema.HeadRow{head("npm/p", 1, 4), head("npm/p", 4, 0)},
		Rules: []schema.RuleRow{rule("npm/p", "a", 2, 3), rule("npm/p", "a", 3, 5), rule("npm/p", "a", 7, 0), rule("npm/p", "b", 2, 3)},
	})
	for at, want := range []string{
		0: `{"changed":4}@4 a@7`,
		1: `{"changed":1}@1`,
		2: `{"changed":1}@1 a@2 b@2`,
		3: `{"changed":1}@1 a@3`,
		4: `{"changed":4}@4 a@3`,
		5: `{"changed":4}@4`,
		6: `{"changed":4}@4`,
		7: `{"changed":4}@4 a@7`,
	} {
		if got := shape(t, s, "npm/p", uint64(at)); got != want {
			t.Errorf("at %d: %s, want %s", at, got, want)
		}
	}
}

func testDeletedDocument(t *testing.T, s schema.Store) {
	f := feed(t, s)
	f.commit(1, schema.Batch{Heads: []schema.HeadRow{head("npm/p", 1, 0)}, Rules: []schema.RuleRow{rule("npm/p", "a", 1, 0)}})
	f.commit(3, schema.Batch{Closed: []schema.ClosedRow{{Doc: "npm/p", To: 3}}})
	for at, want := range []string{0: gone, 1: `{"changed":1}@1 a@1`, 2: `{"changed":1}@1 a@1`, 3: gone, 4: gone} {
		if got := shape(t, s, "npm/p", uint64(at)); got != want {
			t.Errorf("at %d: %s, want %s", at, got, want)
		}
	}
	f.commit(5, schema.Batch{Heads: []schema.HeadRow{head("npm/p", 5, 0)}})
	if got := shape(t, s, "npm/p", 0); got != `{"changed":5}@5 a@1` {
		t.Errorf("made again: %s", got)
	}
}

func testFragmentOrder(t *testing.T, s schema.Store) {
	keys := []string{"a-b", "B", "a", "\u00e9", "aa", "Z", "_", "a b", "10", "9", "e"}
	b := schema.Batch{Heads: []schema.HeadRow{head("npm/p", 1, 0)}}
	for _, k := range keys {
		b.Rules = append(b.Rules, rule("npm/p", k, 1, 0))
	}
	feed(t, s).commit(1, b)
	slices.Sort(keys)
	for _, at := range []uint64{0, 1} {
		d, err := s.Document(t.Context(), "npm/p", at)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range d.Fragments {
			got = append(got, f.Key)
		}
		if !slices.Equal(got, keys) {
			t.Errorf("at %d: %q, want %q", at, got, keys)
		}
	}
}

func testRule(t *testing.T, s schema.Store) {
	want := schema.Rule{Status: schema.Yanked, Public: true, Constraints: []string{"e1", "e2"}, Date: -1, Changed: 1 << 53, ChangedAt: 5,
		Was: []schema.Epoch{{Constraints: []string{"e1"}, Date: 3, Changed: 4, ChangedAt: 5}}, Body: 9, Attr: json.RawMessage(`{"x":"\u0000<&"}`)}
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	f := feed(t, s)
	f.commit(1, schema.Batch{Heads: []schema.HeadRow{head("npm/p", 1, 0)}, Rules: []schema.RuleRow{{Doc: "npm/p", Key: "a", From: 1, Rule: text}}})
	d, err := s.Document(t.Context(), "npm/p", 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &want); err != nil { // Attr as written
		t.Fatal(err)
	}
	if d.Key != "npm/p" || len(d.Fragments) != 1 || !reflect.DeepEqual(d.Fragments[0].Rule, want) {
		t.Errorf("got %+v\nwant %+v", d, want)
	}
	f.commit(2, schema.Batch{Rules: []schema.RuleRow{{Doc: "npm/p", Key: "b", From: 2, Rule: []byte("{")}}})
	if _, err := s.Document(t.Context(), "npm/p", 0); err == nil || errors.Is(err, schema.ErrNotFound) {
		t.Errorf("a rule that is no JSON: %v", err)
	}
}

func testBodies(t *testing.T, s schema.Store) {
	row := func(doc, key string, serial uint64, data string) schema.BodyRow {
		return schema.BodyRow{Doc: doc, Key: key, Serial: serial, Data: []byte(data)}
	}
	feed(t, s).commit(9, schema.Batch{Bodies: []schema.BodyRow{
		row("npm/p", "a", 1, "a1"), row("npm/p", "a", 2, "a2"), row("npm/p", "b", 1, ""), row("npm/q", "a", 1, "q"), row("npm/p", "\u00e9", 1<<60, "e"),
	}})
	refs := []schema.BodyRef{{Key: "\u00e9", Serial: 1 << 60}, {Key: "b", Serial: 1}, {Key: "a", Serial: 2}, {Key: "a", Serial: 1}, {Key: "a", Serial: 2}}
	got, err := s.Bodies(t.Context(), "npm/p", refs)
	if err != nil || string(bytes.Join(got, []byte(","))) != "e,,a2,a1,a2" {
		t.Errorf("got %q, %v", got, err)
	}
	if got, err := s.Bodies(t.Context(), "npm/p", nil); len(got) != 0 || err != nil {
		t.Errorf("no refs: %q, %v", got, err)
	}
	for _, missing := range []schema.BodyRef{{Key: "a", Serial: 3}, {Key: "c", Serial: 1}, {Key: "a"}, {Key: "a\x00", Serial: 1}} {
		if got, err := s.Bodies(t.Context(), "npm/p", append(refs[:2:2], missing)); !errors.Is(err, schema.ErrNotFound) {
			t.Errorf("%v: %q, %v", missing, got, err)
		}
	}
	if _, err := s.Bodies(t.Context(), "npm/none", refs[:1]); !errors.Is(err, schema.ErrNotFound) {
		t.Errorf("no such document: %v", err)
	}
}

func testBinary(t *testing.T, s schema.Store) {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	text := append([]byte("{\"a\":\"\x00\xff\xfe\"}"), all...)
	rec := release("r1", 1)
	rec.Body = text
	m := NewMemory()
	feed(t, s, m).commit(1, schema.Batch{
		Records: []schema.Record{rec}, Heads: []schema.HeadRow{{Doc: "npm/p", From: 1, Body: text}},
		Bodies: []schema.BodyRow{{Doc: "npm/p", Key: "a", Serial: 1, Data: text}, {Doc: "npm/p", Key: "b", Serial: 1}},
	})
	if got, err := s.Record(t.Context(), "acme", schema.Releases, "r1"); err != nil || !bytes.Equal(got.Body, text) {
		t.Errorf("record %q, %v", got.Body, err)
	}
	if d, err := s.Document(t.Context(), "npm/p", 0); err != nil || !bytes.Equal(d.Head, text) {
		t.Errorf("head %q, %v", d.Head, err)
	}
	if got, err := s.Bodies(t.Context(), "npm/p", []schema.BodyRef{{Key: "a", Serial: 1}}); err != nil || !bytes.Equal(got[0], text) {
		t.Errorf("body %q, %v", got, err)
	}
	same(t, s, m)
}

func testLargeBody(t *testing.T, s schema.Store) {
	large := bytes.Repeat([]byte("0123456789abcde\n"), 5<<20/16)
	b := schema.Batch{}
	for i := range uint64(4) {
		b.Bodies = append(b.Bodies, schema.BodyRow{Doc: "npm/p", Key: "a", Serial: i, Data: large[i:]})
	}
	feed(t, s).commit(1, b)
	got, err := s.Bodies(t.Context(), "npm/p", []schema.BodyRef{{Key: "a", Serial: 3}, {Key: "a", Serial: 0}})
	if err != nil || !bytes.Equal(got[0], large[3:]) || !bytes.Equal(got[1], large) {
		t.Errorf("%d bodies, %v", len(got), err)
	}
}
