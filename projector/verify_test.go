package projector

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"offprint/events"
	"offprint/projector/logtest"
	"offprint/schema"
	"offprint/schema/blobs"
	"offprint/schema/schematest"
	"offprint/schema/sqlite"
)

var logs = []events.Log{events.Releases, events.Access}

// project applies both logs to s as far as they go.
func project(t testing.TB, log *logtest.Log, s Store) {
	t.Helper()
	for _, name := range logs {
		end, _ := log.End(t.Context(), name)
		if err := CatchUp(t.Context(), name, log, s, testEngines(), end, nil, nil); err != nil {
			t.Fatal(err)
		}
	}
}

func verify(t *testing.T, log *logtest.Log, s schema.Store) Report {
	t.Helper()
	v := Verifier{Source: log, Store: s, Scratch: schematest.NewMemory(), Engines: testEngines()}
	r, err := v.Verify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestVerifyOfWhatTheLogSays(t *testing.T) {
	log := history(t, 1, 600)
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "store.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	project(t, log, s)
	var last, total uint64
	v := Verifier{Source: log, Store: s, Scratch: schematest.NewMemory(), Engines: testEngines(),
		Progress: func(done, all uint64) { last, total = done, all }}
	r, err := v.Verify(t.Context())
	if err != nil || !r.Clean() {
		t.Fatal(r.Differences, err)
	}
	if last != total || total != r.Releases.End+r.Access.End || r.Rows < 300 || r.Releases.Applied != r.Releases.End {
		t.Errorf("%d of %d, %+v", last, total, r)
	}
}

// flipped is a store in which some row was changed or lost.
type flipped struct {
	schema.Store
	change func(table, key string, value []byte) (keep bool)
}

func (f flipped) Walk(ctx context.Context, fn func(table, key string, value []byte) error) error {
	return f.Store.Walk(ctx, func(table, key string, value []byte) error {
		if value = slices.Clone(value); !f.change(table, key, value) {
			return nil
		}
		return fn(table, key, value)
	})
}

// TestE23FlippedByte: one changed byte and a missing row in any table of
// documents are found, and named by key.
func TestE23FlippedByte(t *testing.T) {
	log := history(t, 2, 600)
	log.PutRaw(events.Releases, "releases.acct0._._.product.created", map[string][]string{"ce-type": {"offprint.product.created.v1"}}, []byte("{"))
	s := schematest.NewMemory()
	project(t, log, s)
	for _, table := range []string{"head", "rule", "body", "parked"} {
		for what, change := range map[string]func(value []byte) (keep bool){
			"differs at byte": func(value []byte) bool { value[len(value)-1] ^= 1; return true },
			"is missing":      func([]byte) bool { return false },
		} {
			t.Run(table+" "+what, func(t *testing.T) {
				var at string
				r := verify(t, log, flipped{s, func(tab, key string, value []byte) bool {
					if tab != table || at != "" {
						return true
					}
					at = key
					return change(value)
				}})
				if len(r.Differences) != 1 || r.Differences[0].Table != table || r.Differences[0].Key != at || !strings.Contains(r.Differences[0].What, what) {
					t.Errorf("changed %s, found %v", at, r.Differences)
				}
			})
		}
	}
	if r := verify(t, log, s); !r.Clean() || len(r.Parked) != 1 {
		t.Errorf("%+v", r)
	}
}

// tamper writes to a store behind the projector's back.
func tamper(t *testing.T, s schema.Store, b schema.Batch) {
	t.Helper()
	b.Cursor = "tamper"
	at, err := s.Cursor(t.Context(), b.Cursor)
	if err != nil {
		t.Fatal(err)
	}
	b.From, b.To = at, at+1
	if err := s.Commit(t.Context(), b); err != nil {
		t.Fatal(err)
	}
}

func firstRecord(t *testing.T, s schema.Store, kind schema.Kind) schema.Record {
	t.Helper()
	var found schema.Record
	err := s.List(t.Context(), schema.Query{Kind: schema.Accounts}, func(a schema.Record) bool {
		_ = s.List(t.Context(), schema.Query{Account: a.ID, Kind: kind}, func(r schema.Record) bool { found = r; return false })
		return found.ID == ""
	})
	if err != nil || found.ID == "" {
		t.Fatalf("no %s: %v", kind, err)
	}
	return found
}

func TestVerifyFindsRecordsAndRows(t *testing.T) {
	log := history(t, 3, 400)
	for name, c := range map[string]struct {
		change func(s schema.Store) schema.Batch
		want   string
	}{
		"changed": {func(s schema.Store) schema.Batch {
			r := firstRecord(t, s, schema.Licenses)
			r.Body[len(r.Body)-2] ^= 1
			return schema.Batch{Records: []schema.Record{r}}
		}, "licenses/ differs at byte"},
		"of the future": {func(s schema.Store) schema.Batch {
			r := firstRecord(t, s, schema.Releases)
			r.Serial = 1 << 40
			return schema.Batch{Records: []schema.Record{r}}
		}, "releases/ differs at byte"},
		"gone": {func(s schema.Store) schema.Batch {
			return schema.Batch{Deleted: []schema.RecordKey{firstRecord(t, s, schema.Artifacts).Key()}}
		}, "artifacts/ is missing"},
		"made up": {func(s schema.Store) schema.Batch {
			r := firstRecord(t, s, schema.Products)
			r.ID = "made-up"
			return schema.Batch{Records: []schema.Record{r}}
		}, "products/made-up is stored, and must not be there"},
		"made up rule": {func(schema.Store) schema.Batch {
			return schema.Batch{Rules: []schema.RuleRow{{Doc: "npm/x", Key: "y", From: 1, Rule: []byte("{}")}}}
		}, "npm/x/y/00000000000000000001 is stored, and must not be there"},
	} {
		t.Run(name, func(t *testing.T) {
			s := schematest.NewMemory()
			project(t, log, s)
			tamper(t, s, c.change(s))
			r := verify(t, log, s)
			if len(r.Differences) != 1 || r.Clean() {
				t.Fatalf("%v", r.Differences)
			}
			d := r.Differences[0]
			kind, what, _ := strings.Cut(c.want, " ")
			if !strings.Contains(d.Key, kind) || !strings.Contains(d.What, what) {
				t.Errorf("%s, want %s", d, c.want)
			}
			if strings.Contains(d.String(), "digest of") {
				t.Errorf("shows a digest: %s", d)
			}
		})
	}
}

// TestE24MissingBlob names digest and artifact.
func TestE24MissingBlob(t *testing.T) {
	log := history(t, 4, 400)
	s := schematest.NewMemory()
	project(t, log, s)
	var artifacts []schema.Artifact
	err := s.List(t.Context(), schema.Query{Kind: schema.Accounts}, func(acc schema.Record) bool {
		_ = s.List(t.Context(), schema.Query{Account: acc.ID, Kind: schema.Artifacts}, func(r schema.Record) bool {
			a, _ := schema.Parse[schema.Artifact](r)
			if a.Status == "UPLOADED" || a.Status == "PROCESSING" {
				artifacts = append(artifacts, a)
			}
			return true
		})
		return true
	})
	if err != nil || len(artifacts) < 3 {
		t.Fatal(len(artifacts), err)
	}
	missing, short := artifacts[0], artifacts[1]
	v := Verifier{Source: log, Store: s, Scratch: schematest.NewMemory(), Engines: testEngines(),
		Stat: func(_ context.Context, sha256 string) (int64, error) {
			switch sha256 {
			case missing.SHA256:
				return 0, fmt.Errorf("%s: %w", sha256, blobs.ErrNotFound)
			case short.SHA256:
				return 1, nil
			}
			i := slices.IndexFunc(artifacts, func(a schema.Artifact) bool { return a.SHA256 == sha256 })
			return artifacts[i].Size, nil
		}}
	r, err := v.Verify(t.Context())
	if err != nil || r.Blobs != len(artifacts) || len(r.Differences) != 2 {
		t.Fatalf("%d of %d looked for, %v, %v", r.Blobs, len(artifacts), r.Differences, err)
	}
	for _, a := range []schema.Artifact{missing, short} {
		if !slices.ContainsFunc(r.Differences, func(d Difference) bool {
			return d.Table == "blob" && d.Key == a.SHA256 && strings.Contains(d.What, a.ID) && strings.Contains(d.What, a.Filename)
		}) {
			t.Errorf("%s is not named in %v", a.SHA256, r.Differences)
		}
	}
	v.Scratch = schematest.NewMemory()
	v.Stat = func(context.Context, string) (int64, error) { return 0, errors.New("no network") }
	if _, err := v.Verify(t.Context()); err == nil {
		t.Error("a blob store that cannot be asked is no error")
	}
}

// TestVerifyBehindAndAhead: a store that has not applied all is good as far as
// it goes; one that is ahead of its log is not.
func TestVerifyBehindAndAhead(t *testing.T) {
	log := history(t, 5, 300)
	end, _ := log.End(t.Context(), events.Releases)
	s := schematest.NewMemory()
	if err := CatchUp(t.Context(), events.Releases, log, s, testEngines(), end/2, nil, nil); err != nil {
		t.Fatal(err)
	}
	if r := verify(t, log, s); !r.Clean() || r.Releases != (Reach{end / 2, end}) {
		t.Errorf("%+v", r)
	}
	short := logtest.NewLog()
	for _, m := range log.Stored(events.Releases)[:end/4] {
		short.PutRaw(m.Log, m.Subject, m.Header, m.Body)
	}
	r := verify(t, short, s)
	if r.Clean() || r.Differences[0].Table != "cursor" || r.Differences[0].Key != "releases" {
		t.Errorf("%v", r.Differences)
	}
}

// moving is a store that goes on while it is compared.
type moving struct {
	schema.Store
	step func()
}

func (m moving) Walk(ctx context.Context, fn func(table, key string, value []byte) error) error {
	m.step() // after the cursor was read, before the snapshot
	n := 0
	return m.Store.Walk(ctx, func(table, key string, value []byte) error {
		if n++; n%50 == 0 {
			m.step()
		}
		return fn(table, key, value)
	})
}

// TestVerifyWhileStoreMoves: nothing that later events changed is a difference,
// and what is wrong is found all the same.
func TestVerifyWhileStoreMoves(t *testing.T) {
	for seed := range uint64(8) {
		log := history(t, 10+seed, 500)
		for _, broken := range []bool{false, true} {
			s := schematest.NewMemory()
			var at [2]uint64
			step := func() {
				for i, name := range logs {
					end, _ := log.End(t.Context(), name)
					at[i] = min(end, at[i]+end/3)
					if err := CatchUp(t.Context(), name, log, s, testEngines(), at[i], nil, nil); err != nil {
						t.Fatal(err)
					}
				}
			}
			step()
			want := 0
			if broken {
				tamper(t, s, schema.Batch{Bodies: []schema.BodyRow{{Doc: "npm/x", Key: "y", Serial: 1}}})
				want = 1
			}
			if r := verify(t, log, moving{s, step}); len(r.Differences) != want {
				t.Errorf("seed %d: %v", seed, r.Differences)
			}
		}
	}
}
