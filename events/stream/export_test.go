package stream

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"offprint/events"
)

// history appends n products, a package and a license, and returns the export.
func history(t *testing.T, l *Log, n int) []byte {
	t.Helper()
	put := func(last uint64, e events.Event) {
		t.Helper()
		e.AccountID, e.Time = "acc", time.UnixMilli(1700000000123).UTC()
		if _, err := l.Append(t.Context(), e, last); err != nil {
			t.Fatal(err)
		}
	}
	root := events.Subject{Log: events.Releases, Account: "acme", Kind: events.AccountCreated}
	put(0, events.Event{ID: "a", Kind: events.AccountCreated, Resource: "accounts/acc", Subject: root,
		Data: &events.AccountData{Account: "acc", Slug: "acme", Name: "A<b>&"}})
	for i := range n {
		put(uint64(i+1), product(fmt.Sprintf("p%d", i), fmt.Sprintf("n%d", i)))
	}
	put(0, events.Event{ID: "k", Kind: events.PackageCreated, Resource: "packages/k1",
		Subject: events.Subject{Log: events.Releases, Account: "acme", Product: "p0", Package: "@acme/app", Kind: events.PackageCreated},
		Data:    &events.PackageData{Base: events.Base{Product: "p0", Package: "k1", Key: "@acme/app"}, Name: "App"}})
	for i := range 2 {
		id := fmt.Sprintf("l%d", i)
		put(0, events.Event{ID: id, Kind: events.LicenseCreated, Resource: "licenses/" + id,
			Subject: events.Subject{Log: events.Access, Account: "acme", ID: id, Kind: events.LicenseCreated},
			Data:    &events.LicenseData{License: id, Policy: "y", Product: "p0", KeyDigest: "d"}})
	}
	return export(t, l)
}

func export(t *testing.T, l *Log, logs ...events.Log) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := l.Export(t.Context(), &b, logs...); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func lines(text []byte) []string { return strings.SplitAfter(string(text), "\n") }

// TestE25ExportOfImport: equal files, for many batches, with events that do not
// decode among them.
func TestE25ExportOfImport(t *testing.T) {
	one := open(t)
	history(t, one, 1200)
	poison(t, one)
	file := export(t, one)
	two := open(t)
	var steps []uint64
	got, err := two.Import(t.Context(), bytes.NewReader(file), ImportOptions{Progress: func(done, _ uint64) { steps = append(steps, done) }})
	if err != nil {
		t.Fatal(err)
	}
	if want := (Imported{Releases: 1208, Access: 2}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if fmt.Sprint(steps) != "[500 1000 1208 1210]" {
		t.Errorf("batches end at %v", steps)
	}
	if again := export(t, two); !bytes.Equal(again, file) {
		t.Errorf("export of the import differs:\n%s\n%s", again, file)
	}
	if got, err := two.Import(t.Context(), bytes.NewReader(file), ImportOptions{}); err != nil || got.Present != 1210 {
		t.Errorf("a second import: %+v, %v", got, err)
	}
}

// poison stores what does not decode: cut data, data with white space, a
// structured event, a structured body that is none, an unknown attribute, no
// attributes at all.
func poison(t *testing.T, l *Log) {
	t.Helper()
	const where = "releases.acme._._.product.created"
	attributes := map[string]string{"ce-specversion": "1.0", "ce-type": "offprint.product.created.v1", "ce-source": "/v1/accounts/acc",
		"ce-time": "2026-11-22T18:00:00Z", "ce-future": "yes"}
	for i, c := range []struct {
		header map[string]string
		body   string
	}{
		{attributes, `{"product":"p`},
		{attributes, `{ "product": "p" }`},
		{map[string]string{"Content-Type": "application/cloudevents+json"},
			`{"specversion":"1.0","id":"s","source":"/v1/accounts/acc","type":"offprint.product.created.v1","time":"2026-11-22T18:00:00.000Z","data":{"product":"p","name":"n"}}`},
		{map[string]string{"Content-Type": "application/cloudevents+json"}, `{`},
		{attributes, ""},
		{nil, `{"name":"n"}`},
	} {
		msg := &nats.Msg{Subject: where, Header: nats.Header{}, Data: []byte(c.body)}
		for name, v := range c.header {
			msg.Header.Set(name, v)
		}
		if _, err := l.js.PublishMsg(t.Context(), msg, jetstream.WithMsgID(fmt.Sprint("poison", i))); err != nil {
			t.Fatal(err)
		}
	}
}

// TestExportOfReleasesAlone has nothing private, and imports.
func TestExportOfReleasesAlone(t *testing.T) {
	l := open(t)
	history(t, l, 2)
	file := export(t, l, events.Releases)
	if strings.Contains(string(file), `"log":"access"`) || !strings.Contains(string(file), `"data":{"releases":4,"access":0,`) {
		t.Errorf("%s", file)
	}
	two := open(t)
	if got, err := two.Import(t.Context(), bytes.NewReader(file), ImportOptions{}); err != nil || got.Releases != 4 {
		t.Fatal(got, err)
	}
}

func TestExportIsPlainLines(t *testing.T) {
	l := open(t)
	text := string(history(t, l, 1))
	for _, want := range []string{
		`{"specversion":"1.0","id":"a","source":"/v1/accounts/acc","type":"offprint.account.created.v1","subject":"accounts/acc",` +
			`"time":"2023-11-14T22:13:20.123Z","datacontenttype":"application/json","sequence":"00000000000000000001","log":"releases",` +
			`"natssubject":"releases.acme._._.account.created","data":{"account":"acc","slug":"acme","name":"A<b>&"}}` + "\n",
		`"sequence":"00000000000000000002","log":"access","natssubject":"access.acme.license.l1.created","data":{`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
}

// TestE26RefusedImports: nothing is appended in any.
func TestE26RefusedImports(t *testing.T) {
	source := open(t)
	file := history(t, source, 3)
	l := lines(file) // account, 3 products, package, 2 licenses, end
	cut := func(n int) string { return strings.Join(l[:n], "") }
	edit := func(line int, old, new string) string {
		out := append([]string(nil), l...)
		if out[line] = strings.Replace(out[line], old, new, 1); out[line] == l[line] {
			t.Fatalf("nothing to edit in %s", out[line])
		}
		return strings.Join(out, "")
	}
	two := open(t)
	for name, c := range map[string]struct{ text, want string }{
		"empty":                  {"", "it ends after line 0"},
		"without its end":        {cut(7), "it ends after line 7 without offprint.export.finished.v1"},
		"cut in a line":          {cut(3) + l[3][:40], "line 4: not an event: unexpected end"},
		"broken JSON":            {edit(2, `"id":`, `"id`), "line 3: "},
		"no JSON":                {edit(5, l[5], "hello\n"), "line 6: not an event"},
		"an edited name":         {edit(2, `"n1"`, `"n9"`), "a line was changed"},
		"an edited number":       {edit(4, `"name":"App"`, `"name":7`), "line 5 does not decode"},
		"a line left out":        {cut(2) + strings.Join(l[3:], ""), "line 3 does not follow"},
		"lines exchanged":        {l[0] + l[2] + l[1] + strings.Join(l[3:], ""), "line 3: sequence 2 after 3"},
		"access first":           {l[5] + l[0], "line 2: an event of releases after"},
		"no log":                 {edit(0, `"log":"releases",`, ""), "line 1: no log"},
		"another log":            {edit(0, `"log":"releases"`, `"log":"usage"`), `line 1: not an event: log: "usage"`},
		"a subject of the other": {edit(0, `"natssubject":"releases.`, `"natssubject":"access.`), `line 1: natssubject "access.`},
		"a wildcard":             {edit(0, `acme._._.`, `*._._.`), `line 1: natssubject`},
		"text after the end":     {string(file) + "x\n", "line 9: 1 bytes after"},
		"a line without end":     {strings.Repeat("x", maxLine+1), "line 1: longer than"},
		"another specversion":    {edit(1, `"1.0"`, `"2.0"`), `line 2: not an event: specversion "2.0"`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := two.Import(t.Context(), io.MultiReader(strings.NewReader(c.text)), ImportOptions{Spool: t.TempDir()})
			if !errors.Is(err, ErrFile) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
			if end, err := two.End(t.Context(), events.Releases); end != 0 || err != nil {
				t.Errorf("%d events appended, %v", end, err)
			}
		})
	}
}

func TestE26ForeignLog(t *testing.T) {
	source := open(t)
	file := history(t, source, 3)
	longer := open(t)
	history(t, longer, 4)
	for name, prepare := range map[string]func(l *Log) error{
		"another first event": func(l *Log) error { _, err := l.Append(t.Context(), product("x", "x"), 0); return err },
		"more events": func(l *Log) error {
			_, err := l.Import(t.Context(), bytes.NewReader(export(t, longer)), ImportOptions{})
			return err
		},
		"another access event": func(l *Log) error {
			e := product("x", "x")
			e.Kind, e.Subject = events.UserCreated, events.Subject{Log: events.Access, Account: "acme", ID: "x", Kind: events.UserCreated}
			e.Data = &events.UserData{User: "x", Role: "admin"}
			_, err := l.Append(t.Context(), e, 0)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := open(t)
			if err := prepare(l); err != nil {
				t.Fatal(err)
			}
			before := export(t, l)
			_, err := l.Import(t.Context(), bytes.NewReader(file), ImportOptions{Partial: true})
			if !errors.Is(err, ErrForeign) {
				t.Errorf("error %v", err)
			}
			if !bytes.Equal(export(t, l), before) {
				t.Error("something was appended")
			}
		})
	}
}

// TestE27ImportGoesOn: an import that was killed after any number of events is
// completed by the next.
func TestE27ImportGoesOn(t *testing.T) {
	source := open(t)
	file := history(t, source, 3)
	l := lines(file)
	for n := range len(l) - 1 {
		two := open(t)
		if _, err := two.Import(t.Context(), strings.NewReader(strings.Join(l[:n], "")), ImportOptions{Partial: true}); err != nil {
			t.Fatal(n, err)
		}
		got, err := two.Import(t.Context(), bytes.NewReader(file), ImportOptions{})
		if err != nil || got.Present != uint64(min(n, 7)) {
			t.Fatal(n, got, err)
		}
		if !bytes.Equal(export(t, two), file) {
			t.Errorf("after %d lines and the rest the export differs", n)
		}
	}
}

func TestPartialTakesWhatIsThere(t *testing.T) {
	source := open(t)
	l := lines(history(t, source, 3))
	two := open(t)
	got, err := two.Import(t.Context(), strings.NewReader(l[0]+l[1]+l[3]+l[4][:20]), ImportOptions{Partial: true})
	if err != nil || got != (Imported{Releases: 3, Renumbered: true}) {
		t.Fatalf("%+v, %v", got, err)
	}
}

// TestImportWithoutSubjects: lines that do not say where they lie are placed
// by what they say.
func TestImportWithoutSubjects(t *testing.T) {
	const file = `{"specversion":"1.0","id":"1","source":"/v1/accounts/A","type":"offprint.account.created.v1","subject":"accounts/A","time":"2026-11-22T18:00:00.000Z","log":"releases","data":{"account":"A","slug":"Acme","name":"x"}}
{"specversion":"1.0","id":"2","source":"/v1/accounts/A","type":"offprint.product.created.v1","subject":"products/P","time":"2026-11-22T18:00:00.000Z","log":"releases","data":{"product":"P","name":"x"}}
{"specversion":"1.0","id":"3","source":"/v1/accounts/A","type":"offprint.package.created.v1","subject":"packages/K","time":"2026-11-22T18:00:00.000Z","log":"releases","data":{"product":"P","package":"K","key":"@Acme/app","name":"x"}}
{"specversion":"1.0","id":"4","source":"/v1/accounts/A","type":"offprint.release.created.v1","subject":"releases/R","time":"2026-11-22T18:00:00.000Z","log":"releases","data":{"product":"P","package":"K","release":"R","version":"1.0.0","channel":"stable","status":"DRAFT"}}
{"specversion":"1.0","id":"5","source":"/v1/accounts/A","type":"offprint.artifact.created.v1","subject":"artifacts/F","time":"2026-11-22T18:00:00.000Z","log":"releases","data":{"release":"R","artifact":"F","filename":"f"}}
{"specversion":"1.0","id":"6","source":"/v1/accounts/A","type":"offprint.artifact.deleted.v1","subject":"artifacts/F","time":"2026-11-22T18:00:00.000Z","log":"releases","data":{"artifact":"F"}}
{"specversion":"1.0","id":"7","source":"/v1/accounts/A","type":"offprint.release.created.v1","subject":"releases/S","time":"2026-11-22T18:00:00.000Z","log":"releases","data":{"product":"P","release":"S","version":"1","channel":"stable","status":"DRAFT"}}
{"specversion":"1.0","id":"8","source":"/v1/accounts/A","type":"offprint.release.deleted.v1","subject":"releases/S","time":"2026-11-22T18:00:00.000Z","log":"releases","data":{"release":"S"}}
{"specversion":"1.0","id":"9","source":"/v1/accounts/A","type":"offprint.token.revoked.v1","subject":"tokens/T","time":"2026-11-22T18:00:00.000Z","log":"access","data":{"token":"T"}}
`
	l := open(t)
	if _, err := l.Import(t.Context(), strings.NewReader(file), ImportOptions{Partial: true}); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, log := range []events.Log{events.Releases, events.Access} {
		end, err := l.End(t.Context(), log)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Read(t.Context(), log, 0, end, func(m Message) error { got = append(got, m.Subject); return m.Err }); err != nil {
			t.Fatal(err)
		}
	}
	want := `releases.acme._._.account.created
releases.acme._._.product.created
releases.acme.P.%40acme%2Fapp.package.created
releases.acme.P.%40acme%2Fapp.release.created
releases.acme.P.%40acme%2Fapp.artifact.created
releases.acme.P.%40acme%2Fapp.artifact.deleted
releases.acme.P._.release.created
releases.acme.P._.release.deleted
access.acme.token.T.revoked`
	if strings.Join(got, "\n") != want {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
	second := lines([]byte(file))[1]
	_, err := open(t).Import(t.Context(), strings.NewReader(second), ImportOptions{Partial: true})
	if !errors.Is(err, ErrFile) || !strings.Contains(err.Error(), `no natssubject, and account "A" is not created before`) {
		t.Errorf("an account that nobody created: %v", err)
	}
}

// TestImportLeavesNoCopy: a pipe is spooled to a private file, which goes.
func TestImportLeavesNoCopy(t *testing.T) {
	source := open(t)
	file := history(t, source, 3)
	dir := t.TempDir()
	r, w := io.Pipe()
	go func() {
		w.Write(file)
		w.Close()
	}()
	if _, err := open(t).Import(t.Context(), r, ImportOptions{Spool: dir}); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(dir); len(left) != 0 || err != nil {
		t.Errorf("left behind: %v, %v", left, err)
	}
	path := dir + "/log.jsonl"
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got, err := open(t).Import(t.Context(), f, ImportOptions{Spool: "/nowhere"}); err != nil || got.Access != 2 {
		t.Errorf("from a file: %+v, %v", got, err)
	}
}
