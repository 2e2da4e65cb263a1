package ingest

import "testing"

// TestP48Paging: bounds of lists, with the parameter that is out of them.
func TestP48Paging(t *testing.T) {
	for _, tt := range []struct {
		raw, parameter string
		want           paging
	}{
		{"", "", paging{size: 10, number: 1}},
		{"limit=100&order=asc", "", paging{size: 100, number: 1, ascending: true}},
		{"limit=0", "limit", paging{}},
		{"limit=101", "limit", paging{}},
		{"limit=-1", "limit", paging{}},
		{"limit=", "limit", paging{}},
		{"limit=1&limit=2", "", paging{size: 2, number: 1}},
		{"page[size]=x", "page[size]", paging{}},
		{"page%5Bsize%5D=5&page%5Bnumber%5D=2", "", paging{mode: byNumber, size: 5, number: 2}},
		{"page[number]=101", "page[number]", paging{}},
		{"page[cursor]=&page[size]=3", "", paging{mode: byCursor, size: 3, number: 1}},
		{"page[cursor]=abc", "", paging{mode: byCursor, size: 10, number: 1, cursor: "abc"}},
		{"order=up", "order", paging{}},
		{"page=2", "page", paging{}},
	} {
		q, err := parseQuery(tt.raw)
		if err != nil {
			t.Fatal(tt.raw, err)
		}
		got, err := q.paging()
		if tt.parameter != "" {
			list, _ := asProblems(err)
			if err == nil || list[0].status != 400 || list[0].parameter != tt.parameter {
				t.Errorf("%s: %v", tt.raw, err)
			}
			continue
		}
		if err != nil || got != tt.want {
			t.Errorf("%s: %+v %v", tt.raw, got, err)
		}
	}
}

func TestLinksOmitCredentials(t *testing.T) {
	q, err := parseQuery("token=secret&product=a+b&auth=license:k&page[size]=3")
	if err != nil {
		t.Fatal(err)
	}
	if got := q.encode("token", "auth", "page[size]"); got != "product=a+b" {
		t.Fatal(got)
	}
}

// FuzzQuery: what is read, written and read again is the same.
func FuzzQuery(f *testing.F) {
	for _, s := range []string{"a=b&c", "page[size]=1", "a=%2B+x", "=&&=", "%"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		q, err := parseQuery(raw)
		if err != nil {
			return
		}
		_, _ = q.paging()
		again, err := parseQuery(q.encode())
		if err != nil || len(again) != len(q) {
			t.Fatalf("%q: %v %v %v", raw, q, again, err)
		}
		for i := range q {
			if q[i] != again[i] {
				t.Fatalf("%q: %v %v", raw, q[i], again[i])
			}
		}
	})
}
