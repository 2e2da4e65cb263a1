package npm

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"offprint/projector"
	"offprint/schema"
)

func fileFor(b []byte) projector.File {
	return projector.File{Package: schema.Package{Key: "@acme/x"}, Release: schema.Release{Version: "1.0.0"}, Artifact: schema.Artifact{Size: int64(len(b))}}
}

func TestEngineFacts(t *testing.T) {
	const manifest = `{"name":"@acme/x","version":"1.0.0","description":"<&` + "\u2028" + `>"}`
	b := tgz(t, with(strings.Replace(manifest, "<", `\u003c`, 1))...)
	got, err := Engine().Validate(context.Background(), bytes.NewReader(b), fileFor(b))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"name":"@acme/x","version":"1.0.0","manifest":` + manifest + `,"fileCount":1,"unpackedSize":64}`
	if string(got) != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

func TestN22FailureIsTheProjectors(t *testing.T) {
	b := tgz(t, with(`[]`)...)
	_, err := Engine().Validate(context.Background(), bytes.NewReader(b), fileFor(b))
	var failure *projector.Failure
	if !errors.As(err, &failure) || failure.Code != "NPM_MANIFEST_INVALID" || !strings.Contains(failure.Reason, "an array") {
		t.Errorf("%T %v", err, err)
	}
	trouble := errors.New("disk on fire")
	if _, err := Engine().Validate(context.Background(), errReader(b[:20], trouble), fileFor(b)); err != trouble {
		t.Error(err)
	}
}

func TestFactsLimit(t *testing.T) {
	b := tgz(t, with(head+`,"description":"`+strings.Repeat("x", maxFacts)+`"}`)...)
	_, err := Engine().Validate(context.Background(), bytes.NewReader(b), fileFor(b))
	var failure *projector.Failure
	if !errors.As(err, &failure) || failure.Code != "NPM_LIMIT" {
		t.Fatal(err)
	}
	b = tgz(t, with(head+`,"description":"`+strings.Repeat("x", maxFacts-200)+`"}`)...)
	if _, err := Engine().Validate(context.Background(), bytes.NewReader(b), fileFor(b)); err != nil {
		t.Error(err)
	}
}

func rendered(t *testing.T, r schema.Release, a schema.Artifact) schema.NPMAttr {
	t.Helper()
	_, attr, ok, err := Render(schema.Package{Key: "@acme/x"}, r, a)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	return attr.(schema.NPMAttr)
}

func accepted(manifest string) schema.Artifact {
	return schema.Artifact{Base: schema.Base{ID: "a"}, Filename: "x.tgz", SHA1: strings.Repeat("0a", 20), SHA256: "s", SHA512: strings.Repeat("0b", 64), Size: 7,
		Processed: 3000, Facts: json.RawMessage(`{"manifest":` + manifest + `}`)}
}

func TestRenderAttributes(t *testing.T) {
	r := schema.Release{Base: schema.Base{ID: "r", Created: 1000}, Version: "1.0.0+5", Tag: "next", Published: 2000}
	want := schema.NPMAttr{Release: "r", Version: "1.0.0+5", Tag: "next", Available: 3000, Artifact: "a", Filename: "x.tgz", SHA256: "s", Size: 7}
	if got := rendered(t, r, accepted(manifest)); got != want {
		t.Errorf("%+v", got)
	}
	r.Published, r.Tag = 4000, "1.x"
	want.Available, want.Tag = 4000, ""
	if got := rendered(t, r, accepted(manifest)); got != want {
		t.Errorf("N16: %+v", got)
	}
	r.Published, r.Backdated = 0, 10
	if got := rendered(t, r, accepted(manifest)).Available; got != 1000 {
		t.Errorf("draft: available at %d", got)
	}
}

func TestRenderRefuses(t *testing.T) {
	good := accepted(manifest)
	render := func(change func(*schema.Artifact)) (bool, error) {
		a := good
		change(&a)
		_, _, ok, err := Render(schema.Package{Key: "@acme/x"}, schema.Release{Version: "1.0.0"}, a)
		return ok, err
	}
	for name, change := range map[string]func(*schema.Artifact){
		"N25 other file":  func(a *schema.Artifact) { a.Filename = "x.zip" },
		"no facts":        func(a *schema.Artifact) { a.Facts = nil },
		"facts of a file": func(a *schema.Artifact) { a.Facts = json.RawMessage(`{"contentType":"application/gzip"}`) },
	} {
		if ok, err := render(change); ok || err != nil {
			t.Errorf("%s: %v %v", name, ok, err)
		}
	}
	for name, change := range map[string]func(*schema.Artifact){
		"facts":    func(a *schema.Artifact) { a.Facts = json.RawMessage(`[]`) },
		"manifest": func(a *schema.Artifact) { a.Facts = json.RawMessage(`{"manifest":[]}`) },
		"sha512":   func(a *schema.Artifact) { a.SHA512 = "zz" },
		"sha1":     func(a *schema.Artifact) { a.SHA1 = `"` + a.SHA1[1:] },
	} {
		if ok, err := render(change); ok || err == nil {
			t.Errorf("%s: %v %v", name, ok, err)
		}
	}
}

// TestFactsEscapedOnTheWay: stores may write < as \u003c; documents have it
// plain.
func TestFactsEscapedOnTheWay(t *testing.T) {
	const m = `{"name":"@acme/x","version":"1.0.0","description":"<a & b>` + "\u2028" + `é","n":1.0}`
	escaped, err := json.Marshal(json.RawMessage(m))
	if err != nil || string(escaped) == m {
		t.Fatal(string(escaped), err)
	}
	var bodies [][]byte
	for _, text := range []string{m, string(escaped)} {
		body, _, _, err := Render(schema.Package{Key: "@acme/x"}, schema.Release{Version: "1.0.0"}, accepted(text))
		if err != nil {
			t.Fatal(err)
		}
		bodies = append(bodies, body)
	}
	if !bytes.Equal(bodies[0], bodies[1]) || !bytes.Contains(bodies[0], []byte("<a & b>\u2028é")) {
		t.Errorf("%q\n%q", bodies[0], bodies[1])
	}
}

// FuzzRender: whatever a manifest holds, documents are JSON without a repeated
// key, and what is hoisted is what the version says.
func FuzzRender(f *testing.F) {
	for _, s := range []string{manifest, `{}`, `{"deprecated":"d"}`, `{"deprecated":"d","name":1,"version":null,"dist":{},"_id":"x"}`, `{"version":"1","license":"a","license":{"b":[]}}`,
		`{"keywords":null,"author":"<\u2028","hasInstallScript":1,"bin":{"a":"b"},"maintainers":[]}`, `{"version":"2.0.0","deprecated":false,"description":""}`} {
		f.Add([]byte(s), true)
	}
	f.Fuzz(func(t *testing.T, src []byte, yanked bool) {
		m, err := readObject(src)
		if err != nil || m.normalise("@acme/x", nil, false) != nil {
			return
		}
		body, attr, ok, err := Render(schema.Package{Key: "@acme/x"}, schema.Release{Version: "1.0.0"}, accepted(string(m.append(nil))))
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		rule := schema.Rule{Status: schema.Published}
		if yanked {
			rule.Status = schema.Yanked
		}
		list := []schema.NPMRelease{{Rule: &rule, Attr: attr.(schema.NPMAttr), Body: body}}
		full := wellFormed(t, schema.NPMPackument(nil, schema.Head{Key: "@acme/x"}, list, 0, prefix))
		wellFormed(t, schema.NPMAbbreviated(nil, schema.Head{Key: "@acme/x"}, list, 0, prefix))
		wellFormed(t, schema.NPMSearchEntry(nil, schema.Head{Key: "@acme/x"}, list[0], ""))
		versions, _ := full.object("versions")
		version, _ := versions.object("1.0.0")
		for _, name := range schema.NPMHoisted {
			if !bytes.Equal(full.get(name), version.get(name)) {
				t.Fatalf("%s is %s, of the version %s", name, full.get(name), version.get(name))
			}
		}
		if d, ok := version.str("deprecated"); yanked && d != "This version was yanked." || !yanked && ok && d == "" {
			t.Fatalf("deprecated is %q", d)
		}
		if string(version.get("version")) != `"1.0.0"` || string(version.get("_id")) != `"@acme/x@1.0.0"` {
			t.Fatalf("%s", version.append(nil))
		}
	})
}

// wellFormed reads a document; compacting must change nothing, so no key comes
// twice.
func wellFormed(t *testing.T, doc []byte) object {
	if !json.Valid(doc) {
		t.Fatalf("%s", doc)
	}
	p := &parser{src: doc}
	if err := p.value(-10); err != nil || !bytes.Equal(p.out, doc) {
		t.Fatalf("%v\n%s\n%s", err, p.out, doc)
	}
	return split(doc)
}
