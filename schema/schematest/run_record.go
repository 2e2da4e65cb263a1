package schematest

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"offprint/schema"
)

func testRecord(t *testing.T, s schema.Store) {
	ctx := t.Context()
	full := schema.Record{Account: "acme", Kind: schema.Licenses, ID: "l1", Product: "p", Package: "k", Release: "r", Parent: "users/u",
		Name: "n", Tag: "t", Created: -5, Serial: 1 << 60, Body: []byte(`{"a":1}`)}
	f := feed(t, s)
	f.commit(1, schema.Batch{Records: []schema.Record{full, release("l1", 1)}})
	if got, err := s.Record(ctx, "acme", schema.Licenses, "l1"); err != nil || !reflect.DeepEqual(got, full) {
		t.Errorf("got %+v, %v\nwant %+v", got, err, full)
	}
	for _, k := range []schema.RecordKey{{Account: "", Kind: schema.Licenses, ID: "l1"}, {Account: "acme", Kind: schema.Licenses, ID: "L1"},
		{Account: "acme", Kind: schema.Users, ID: "l1"}, {Account: "acme", Kind: schema.Licenses, ID: "l1\x00"}, {Account: "acme", Kind: schema.Licenses, ID: "l1\xff"}} {
		if _, err := s.Record(ctx, k.Account, k.Kind, k.ID); !errors.Is(err, schema.ErrNotFound) {
			t.Errorf("%q: %v", k, err)
		}
	}
	next := schema.Record{Account: "acme", Kind: schema.Licenses, ID: "l1", Created: 7, Serial: 2, Body: []byte{}}
	f.commit(2, schema.Batch{Records: []schema.Record{next}})
	if got, err := s.Record(ctx, "acme", schema.Licenses, "l1"); err != nil || !reflect.DeepEqual(got, next) {
		t.Errorf("replaced: got %+v, %v\nwant %+v", got, err, next)
	}
	if found, err := s.Find(ctx, "acme", schema.Licenses, "n"); len(found) != 0 || err != nil {
		t.Errorf("found by its old name: %v, %v", found, err)
	}
	f.commit(3, schema.Batch{Deleted: []schema.RecordKey{next.Key(), {Account: "acme", Kind: schema.Users, ID: "never"}}})
	if _, err := s.Record(ctx, "acme", schema.Licenses, "l1"); !errors.Is(err, schema.ErrNotFound) {
		t.Errorf("deleted: %v", err)
	}
	if got := ids(t, s, schema.Query{Account: "acme", Kind: schema.Licenses}); len(got) != 0 {
		t.Errorf("deleted, but listed: %v", got)
	}
	if _, err := s.Record(ctx, "acme", schema.Releases, "l1"); err != nil {
		t.Errorf("record of another kind: %v", err)
	}
}

func testFind(t *testing.T, s schema.Store) {
	record := func(account, id, name string, created int64) schema.Record {
		return schema.Record{Account: account, Kind: schema.Licenses, ID: id, Name: name, Created: created}
	}
	other := record("a", "x", "n", 0)
	other.Kind = schema.Users
	feed(t, s).commit(1, schema.Batch{Records: []schema.Record{
		record("b", "3", "n", 5), record("a", "2", "n", 9), record("a", "4", "n", 5), record("a", "1", "n", 9),
		record("c", "3", "n", 5), record("a", "5", "N", 1), record("a", "6", "", 1), other,
	}})
	for _, c := range []struct{ account, name, want string }{
		{"a", "n", "a4 a1 a2"},
		{"b", "n", "b3"},
		{"", "n", "b3 c3 a4 a1 a2"},
		{"", "N", "a5"},
		{"a", "", ""},
		{"", "", ""},
		{"a", "nn", ""},
		{"d", "n", ""},
		{"a\x00", "n", ""},
		{"a", "n\x00\xff", ""},
	} {
		found, err := s.Find(t.Context(), c.account, schema.Licenses, c.name)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range found {
			got = append(got, r.Account+r.ID)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("find %q %q: %v, want %q", c.account, c.name, got, c.want)
		}
	}
}

func testListFilters(t *testing.T, s schema.Store) {
	var b schema.Batch
	values := []string{"", "x", "y"}
	for i := range 3 * 3 * 3 * 3 * 3 {
		at := func(div int) string { return values[i/div%3] }
		b.Records = append(b.Records, schema.Record{Account: "acme", Kind: schema.Artifacts, ID: fmt.Sprintf("%03d", i), Created: 1,
			Product: at(1), Package: at(3), Release: at(9), Parent: at(27), Tag: at(81)})
	}
	b.Records = append(b.Records, schema.Record{Account: "other", Kind: schema.Artifacts, ID: "o", Product: "x"},
		schema.Record{Kind: schema.Accounts, ID: "acme"}, schema.Record{Kind: schema.Accounts, ID: "other"})
	m := NewMemory()
	feed(t, s, m).commit(1, b)
	choice := []*string{nil, &values[0], &values[1], new("z\x00")}
	for i := range 4 * 4 * 4 * 4 * 4 {
		at := func(div int) *string { return choice[i/div%4] }
		q := schema.Query{Account: "acme", Kind: schema.Artifacts, Product: at(1), Package: at(4), Release: at(16), Parent: at(64), Tag: at(256)}
		if got, want := ids(t, s, q), ids(t, m, q); !slices.Equal(got, want) {
			t.Fatalf("query %d: got %v, want %v", i, got, want)
		}
	}
	if got := ids(t, s, schema.Query{Kind: schema.Accounts, Ascending: true}); !slices.Equal(got, []string{"acme", "other"}) {
		t.Errorf("accounts: %v", got)
	}
}

func testListOrder(t *testing.T, s schema.Store) {
	const n = 1003
	var b schema.Batch
	var want []string
	for i := range n {
		id := fmt.Sprintf("%04d", i)
		want = append(want, id)
		b.Records = append(b.Records, release(id, int64(i/450)-1)) // few times: ids decide, across pages
	}
	slices.Reverse(b.Records)
	feed(t, s).commit(1, b)
	q := schema.Query{Account: "acme", Kind: schema.Releases, Ascending: true}
	if got := ids(t, s, q); !slices.Equal(got, want) {
		t.Errorf("ascending: %d of %d, or out of order", len(got), n)
	}
	q.Ascending = false
	slices.Reverse(want)
	if got := ids(t, s, q); !slices.Equal(got, want) {
		t.Errorf("descending: %d of %d, or out of order", len(got), n)
	}
	calls := 0
	err := s.List(t.Context(), q, func(schema.Record) bool { calls++; return calls < 250 })
	if calls != 250 || err != nil {
		t.Errorf("stopped at 250: %d calls, %v", calls, err)
	}
}

func testListReentry(t *testing.T, s schema.Store) {
	f := feed(t, s)
	var b schema.Batch
	for i := range 450 {
		b.Records = append(b.Records, release(fmt.Sprintf("%04d", i), int64(i)))
	}
	f.commit(1, b)
	pos, seen := uint64(1), 0
	q := schema.Query{Account: "acme", Kind: schema.Releases, Ascending: true}
	err := s.List(t.Context(), q, func(r schema.Record) bool {
		seen++
		if got, err := s.Record(t.Context(), r.Account, r.Kind, r.ID); err != nil || got.ID != r.ID {
			t.Errorf("record within yield: %v", err)
		}
		if seen%50 == 0 {
			pos++
			r.Serial = pos
			f.commit(pos, schema.Batch{Records: []schema.Record{r}})
			_ = s.List(t.Context(), q, func(schema.Record) bool { return false })
		}
		return true
	})
	if err != nil || seen != 450 {
		t.Errorf("%d records, %v", seen, err)
	}
}

func testNames(t *testing.T, s schema.Store) {
	m := NewMemory()
	f := feed(t, s, m)
	names := []string{"\u00fcber", "u\u0308ber", "\u65e5\u672c", "\U0001F600", "a'b\"c\\", "%_*", "a\x00b", "a\x00c", " x ", "x", "X",
		strings.Repeat("long", 5000), strings.Repeat("long", 5000) + "er"}
	var b schema.Batch
	for i, name := range names {
		b.Records = append(b.Records, schema.Record{Account: "acme", Kind: schema.Releases, ID: fmt.Sprint("r", i), Name: name, Tag: name, Created: 1})
	}
	f.commit(1, b)
	for i, name := range names {
		found, err := s.Find(t.Context(), "acme", schema.Releases, name)
		if err != nil || len(found) != 1 || found[0].ID != fmt.Sprint("r", i) || found[0].Name != name || found[0].Tag != name {
			t.Errorf("find %.20q: %d found, %v", name, len(found), err)
		}
		if got := ids(t, s, schema.Query{Account: "acme", Kind: schema.Releases, Tag: &name}); !slices.Equal(got, []string{fmt.Sprint("r", i)}) {
			t.Errorf("tag %.20q: %v", name, got)
		}
	}
	same(t, s, m)
}
