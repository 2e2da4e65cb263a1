package projector

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"offprint/events"
	"offprint/projector/logtest"
	"offprint/schema"
	"offprint/schema/schematest"
)

var update = flag.Bool("update", false, "rewrite golden files")

var start = time.UnixMilli(1_790_000_000_000).UTC()

// npmFile is a package with a release and its file, up to its acceptance.
const npmFile = `account.created {"account":"A","slug":"acme","name":"Acme"}
product.created {"product":"p1","name":"P","distributionStrategy":"OPEN"}
package.created {"product":"p1","package":"k1","key":"app","engine":"npm","name":"App"}
release.created {"product":"p1","package":"k1","release":"r1","version":"1.0.0","channel":"stable","status":"DRAFT"}
artifact.created {"release":"r1","artifact":"f1","filename":"app.tgz"}
artifact.stored {"artifact":"f1","size":3,"sha256":"s1","sha512":"t1","sha1":"u1","md5":"v1"}
artifact.processed {"artifact":"f1","facts":{"upload":{"sha256":"s1","size":3},"manifest":{"name":"app","version":"1.0.0"}}}
`

// script reads events, one a line: kind and data. The first is at start, each
// other a second later. Where a release or an artifact lies follows from what
// was said of it before. Lines that begin with # say something to the reader.
func script(t testing.TB, text string) *logtest.Log {
	t.Helper()
	log := logtest.NewLog()
	keys, homes := map[string]string{}, map[string]events.Base{}
	n := 0
	for line := range strings.Lines(text) {
		name, data, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok || name == "#" {
			continue
		}
		kind := events.Kind(name)
		var ids events.Base
		if err := json.Unmarshal([]byte(data), &ids); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if kind == events.PackageCreated {
			keys[ids.Package] = ids.Key
		}
		home := homes[ids.Release+ids.Artifact]
		if ids.Product == "" {
			ids.Product, ids.Package = home.Product, home.Package
		}
		if ids.Artifact != "" && ids.Release != "" {
			home = homes[ids.Release]
			homes[ids.Artifact], ids.Product, ids.Package = home, home.Product, home.Package
		} else if ids.Release != "" && home.Product == "" {
			homes[ids.Release] = ids
		}
		s := events.Subject{Log: kind.Log(), Account: "acme", Kind: kind, ID: "x", Product: ids.Product, Package: keys[ids.Package]}
		switch kind.Noun() {
		case "account", "product", "entitlement":
			s.Product, s.Package = "", ""
		}
		log.PutRaw(s.Log, s.String(), map[string][]string{"ce-id": {fmt.Sprint("e", n)}, "ce-source": {"/v1/accounts/A"}, "ce-type": {kind.Type()},
			"ce-subject": {kind.Noun() + "s/x"}, "ce-time": {start.Add(time.Duration(n) * time.Second).Format(events.TimeFormat)}}, []byte(data))
		n++
	}
	return log
}

// rows is what a store holds, as one reads it.
func rows(t testing.TB, s schema.Store) []byte {
	t.Helper()
	var b bytes.Buffer
	err := s.Walk(t.Context(), func(table, key string, value []byte) error {
		switch table {
		case "record":
			var rec schema.Record
			if err := json.Unmarshal(value, &rec); err != nil {
				return err
			}
			fmt.Fprintf(&b, "%s %s @%d", rec.Kind, rec.ID, rec.Serial)
			for _, f := range []struct{ name, value string }{{"name", rec.Name}, {"tag", rec.Tag}, {"parent", rec.Parent}} {
				if f.value != "" {
					fmt.Fprintf(&b, " %s=%s", f.name, f.value)
				}
			}
			fmt.Fprintf(&b, "\n  %s\n", rec.Body)
		case "head", "rule":
			from, to := keySerial(key), keySerial(string(value[:serialDigits]))
			fmt.Fprintf(&b, "%s %s [%d,%s)\n  %s\n", table, key[:len(key)-serialDigits-1], from, fmt.Sprint(to), value[serialDigits+1:])
		case "body":
			fmt.Fprintf(&b, "body %s @%d\n  %s\n", key[:len(key)-serialDigits-1], keySerial(key), value)
		default:
			fmt.Fprintf(&b, "%s %s\n  %s\n", table, key, value)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestLifecycle: events in, exactly these records and rows out, at once and one
// by one with a restart between each. A comment in an archive says what it
// shows; -update rewrites the rows, and the author reads the difference.
func TestLifecycle(t *testing.T) {
	files, err := filepath.Glob("testdata/lifecycle/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, path := range files {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			log := script(t, string(a.Files[0].Data))
			s := schematest.NewMemory()
			end, _ := log.End(t.Context(), events.Releases)
			p, _, err := run(t, log, s, testEngines(), nil)
			if err != nil {
				t.Fatal(err)
			}
			private, _ := log.End(t.Context(), events.Access)
			if err := CatchUp(t.Context(), events.Access, log, s, testEngines(), private, nil, nil); err != nil {
				t.Fatal(err)
			}
			got := append(fmt.Appendf(nil, "%d events, %d orphans, %d parked\n", end+private, p.Stats.Orphans.Load(), p.Stats.Parked.Load()), rows(t, s)...)
			if *update {
				a.Files = append(a.Files[:1], txtar.File{Name: "rows", Data: got})
				if err := os.WriteFile(path, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if len(a.Files) != 2 || !bytes.Equal(a.Files[1].Data, got) {
				t.Errorf("got\n%s", got)
			}
			check(t, s)
			replayed(t, log, func() schema.Store { return schematest.NewMemory() })
		})
	}
}
