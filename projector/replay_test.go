package projector

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"offprint/events"
	"offprint/events/stream"
	"offprint/projector/logtest"
	"offprint/schema"
	"offprint/schema/schematest"
	"offprint/schema/sqlite"
)

// dump is everything that a store holds, one line a row.
func dump(t rapid.TB, s schema.Walker) []string {
	t.Helper()
	var out []string
	err := s.Walk(context.Background(), func(table, key string, value []byte) error {
		out = append(out, fmt.Sprintf("%s %s %q", table, key, value))
		return nil
	})
	if err != nil {
		t.Fatalf("%v", err)
	}
	return out
}

// same compares two dumps.
func same(t rapid.TB, what string, have, want []string) {
	t.Helper()
	for i := range max(len(have), len(want)) {
		if i >= len(have) || i >= len(want) || have[i] != want[i] {
			t.Fatalf("%s: row %d of %d and %d\nis   %s\nwant %s", what, i, len(have), len(want), at(have, i), at(want, i))
		}
	}
}

func at(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return "(none)"
}

// steps applies both logs by the serials given: a restart at each.
func steps(t rapid.TB, log *logtest.Log, s Store, source History, cuts map[events.Log][]uint64) {
	t.Helper()
	for _, name := range logs {
		end, _ := log.End(context.Background(), name)
		for _, to := range append(cuts[name], end) {
			if err := CatchUp(context.Background(), name, source, s, testEngines(), to, nil, nil); err != nil {
				t.Fatalf("%v", err)
			}
		}
	}
}

// stutter delivers messages again now and then: the one before, or all so far.
type stutter struct {
	*logtest.Log
	pick logtest.Pick
}

func (d stutter) Read(ctx context.Context, log events.Log, after, to uint64, fn func(stream.Message) error) error {
	var seen []stream.Message
	return d.Log.Read(ctx, log, after, to, func(m stream.Message) error {
		again := seen
		switch d.pick(4) {
		case 0:
			again = seen[max(0, len(seen)-1):]
		case 1, 2:
			again = nil
		}
		for _, m := range again {
			if err := fn(m); err != nil {
				return err
			}
		}
		seen = append(seen[max(0, len(seen)-5):], m)
		return fn(m)
	})
}

// TestReplay: any prefix and then the rest, everything at once, one by one with
// restarts, with duplicates: byte-equal stores.
func TestReplay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		log := logtest.NewLog()
		logtest.NewWorld(log, func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "pick") }).Steps(rapid.IntRange(1, 60).Draw(t, "events"))
		replayed(t, log, func() schema.Store { return schematest.NewMemory() })
	})
}

// TestReplayLong is TestReplay for long histories, whose choices need not
// shrink.
func TestReplayLong(t *testing.T) {
	for seed := range uint64(5) {
		replayed(t, history(t, 100+seed, 500), func() schema.Store { return schematest.NewMemory() })
	}
}

func TestReplayOnSQLite(t *testing.T) {
	dir, n := t.TempDir(), 0
	for seed := range uint64(1) {
		replayed(t, history(t, 200+seed, 200), func() schema.Store {
			n++
			s, err := sqlite.Open(t.Context(), filepath.Join(dir, fmt.Sprint(n, ".db")))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { s.Close() })
			return s
		})
	}
}

func replayed(t rapid.TB, log *logtest.Log, open func() schema.Store) {
	t.Helper()
	all := map[events.Log][]uint64{}
	cut := map[events.Log][]uint64{}
	few := map[events.Log][]uint64{}
	for _, name := range logs {
		end, _ := log.End(context.Background(), name)
		for i := uint64(1); i < end; i++ {
			all[name] = append(all[name], i)
			if i%7 == 3 {
				few[name] = append(few[name], i)
			}
		}
		cut[name] = []uint64{end / 2}
	}
	r := rand.New(rand.NewPCG(1, uint64(len(all[events.Releases]))))
	s := open()
	steps(t, log, s, log, nil)
	want := dump(t, s)
	for name, c := range map[string]struct {
		cuts   map[events.Log][]uint64
		source History
	}{
		"half and half":    {cut, log},
		"seven at a time":  {few, log},
		"one by one":       {all, log},
		"with duplicates":  {few, stutter{log, r.IntN}},
		"at once, stutter": {nil, stutter{log, r.IntN}},
	} {
		s := open()
		steps(t, log, s, c.source, c.cuts)
		same(t, name, dump(t, s), want)
	}
	check(t, s)
}

// TestReplayInOneProjector: a projector that never restarts, whatever it
// commits at once and however little it remembers, ends with the same store.
func TestReplayInOneProjector(t *testing.T) {
	for seed := range uint64(6) {
		log := history(t, 300+seed, 400)
		want := schematest.NewMemory()
		steps(t, log, want, log, nil)
		got := schematest.NewMemory()
		r := rand.New(rand.NewPCG(seed, 2))
		for _, name := range logs {
			p := New(name, nil, got, testEngines(), quiet(), nil)
			p.state.limit, p.docs.limit = int(seed%3)*20, int(seed%3)*20
			p.begin(t.Context(), 0)
			for _, s := range log.Stored(name) {
				m := logtest.Message(s, 0)
				if err := p.take(&m); err != nil {
					t.Fatal(err)
				}
				if r.IntN(4) == 0 {
					if err := p.commit(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
			}
			if err := p.commit(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		same(t, fmt.Sprint("seed ", seed), dump(t, got), dump(t, want))
	}
}

// check proves what must hold in any store: rows of a key follow each other
// without overlap, every live fragment's body is there, every document of a
// live package has a head and a dead one none.
func check(t rapid.TB, s schema.Store) {
	t.Helper()
	ctx := context.Background()
	var last, lastTo string
	bodies := map[string]bool{}
	type need struct{ rule, body string }
	var needs []need
	heads := map[string]bool{}
	err := s.Walk(ctx, func(table, key string, value []byte) error {
		switch table {
		case "head", "rule":
			row, from := key[:len(key)-serialDigits], key[len(key)-serialDigits:]
			to := string(value[:serialDigits])
			open := strings.Trim(to, "0") == ""
			if row == last && (lastTo == "" || from < lastTo) || !open && to <= from {
				return fmt.Errorf("%s %s to %s overlaps the row before, which ends at %s", table, key, to, lastTo)
			}
			last, lastTo = row, to
			if open {
				lastTo = ""
			}
			if table == "head" {
				heads[strings.TrimSuffix(row, "/")] = open
			} else if open {
				f, err := ruleOf(value[serialDigits+1:])
				if err != nil {
					return err
				}
				if f.Body != 0 {
					needs = append(needs, need{key, fmt.Sprintf("%s%020d", row, f.Body)})
				}
			}
		case "body":
			bodies[key] = true
		case "record":
			last = ""
		}
		return nil
	})
	if err != nil {
		t.Fatalf("%v", err)
	}
	for _, n := range needs {
		if !bodies[n.body] {
			t.Fatalf("rule %s has no body %s", n.rule, n.body)
		}
	}
	for doc, open := range heads {
		key, err := schema.ParseDocKey(doc)
		if err != nil {
			t.Fatalf("%v", err)
		}
		if live := alive(t, s, key.ID); live != open && key.Family == "files" {
			t.Fatalf("head of %s open: %v, its owner there: %v", doc, open, live)
		}
	}
}

func ruleOf(b []byte) (r schema.Rule, err error) {
	err = json.Unmarshal(b, &r)
	return r, err
}

// alive says whether there is a product or a package of this id.
func alive(t rapid.TB, s schema.Store, id string) bool {
	t.Helper()
	found := false
	err := s.List(context.Background(), schema.Query{Kind: schema.Accounts}, func(a schema.Record) bool {
		for _, kind := range []schema.Kind{schema.Products, schema.Packages} {
			if _, err := s.Record(context.Background(), a.ID, kind, id); err == nil {
				found = true
			}
		}
		return !found
	})
	if err != nil {
		t.Fatalf("%v", err)
	}
	return found
}

// TestRandomHistoriesHaveEverything, or the tests above prove little.
func TestRandomHistoriesHaveEverything(t *testing.T) {
	tables := map[string]int{}
	var statuses []string
	for seed := range uint64(6) {
		s := schematest.NewMemory()
		log := history(t, 100+seed, 500)
		steps(t, log, s, log, nil)
		for _, row := range dump(t, s) {
			table, _, _ := strings.Cut(row, " ")
			tables[table]++
			for _, status := range []string{"draft", "published", "yanked", "gone"} {
				if strings.Contains(row, `{\"s\":\"`+status) && strings.HasPrefix(row, "rule npm/") && !slices.Contains(statuses, status) {
					statuses = append(statuses, status)
				}
			}
		}
	}
	if tables["record"] == 0 || tables["head"] == 0 || tables["rule"] < 500 || tables["body"] < 30 || tables["parked"] != 0 || len(statuses) != 4 {
		t.Errorf("%v, statuses of npm rules %v", tables, statuses)
	}
}
