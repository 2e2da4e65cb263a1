package events

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write golden files of kinds that have none yet")

const (
	accountID = "5b1c2a74-0000-7000-8000-000000000001"
	productID = "8c5e6f0a-0000-7000-8000-000000000002"
	packageID = "77aa0000-0000-7000-8000-000000000003"
	otherID   = "1f0c0000-0000-7000-8000-000000000004"
)

var someTime = time.Date(2026, 11, 22, 18, 0, 0, 123_000_000, time.UTC)

// full gives a payload of a kind in which every member is set.
func full(kind Kind) Payload {
	p := reflect.New(payloadTypes[kind])
	fill(p.Elem())
	return p.Interface().(Payload)
}

// fill sets every field to something that is not zero; text has what an escape
// for HTML would change.
func fill(v reflect.Value) {
	switch v.Interface().(type) {
	case Time:
		v.Set(reflect.ValueOf(At(someTime)))
		return
	case json.RawMessage:
		v.SetBytes([]byte(`{"z":1.50,"a":"<&>\u00e9"}`))
		return
	case Set:
		v.Set(reflect.ValueOf(Set{"name": json.RawMessage(`"<b>"`), "metadata": json.RawMessage("null")}))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	case reflect.String:
		v.SetString("<é&>")
	case reflect.Int64:
		v.SetInt(1 << 40)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0))
		fill(v.Index(1))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	default:
		panic("a payload has a " + v.Type().String())
	}
}

// place is where an event of a kind lies.
func place(kind Kind) Subject {
	s := Subject{Log: kind.Log(), Account: "acme", Kind: kind}
	switch kind.Noun() {
	case "account", "product", "entitlement":
	case "package", "release", "artifact":
		s.Product, s.Package = productID, "@acme/app"
	default:
		s.ID = otherID
	}
	return s
}

func example(kind Kind) Event {
	plural := strings.Replace(kind.Noun()+"s", "policys", "policies", 1)
	e := Event{ID: "01a2046a-397b-7c3d-8e4f-5a6b7c8d9e0f", AccountID: accountID, Kind: kind, Resource: plural + "/" + otherID,
		Time: someTime, Actor: "products/" + productID, RequestID: "r-1", TraceParent: "00-1-2-01", Subject: place(kind), Data: full(kind), Serial: 4711}
	if b, ok := e.Data.(interface{ base() *Base }); ok {
		*b.base() = Base{Product: productID, Package: packageID, Key: "@acme/app", Engine: "npm", Release: otherID, Version: "1.2.0",
			Artifact: otherID, Filename: "app-1.2.0.tgz"}
	}
	return e
}

func golden(kind Kind) string { return filepath.Join("testdata", string(kind)+".v1.golden") }

// TestGolden: every kind in every major that was ever released is written as it
// was then, byte for byte, and is read for ever. -update adds files of new
// kinds; one that is there is never rewritten: a change of it breaks every log.
func TestGolden(t *testing.T) {
	for _, kind := range Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			e := example(kind)
			line := append(Line(e, kind.Log()), '\n')
			want, err := os.ReadFile(golden(kind))
			if os.IsNotExist(err) && *update {
				want, err = line, os.WriteFile(golden(kind), line, 0o644)
			}
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(line, want) {
				t.Errorf("got  %s\nwant %s", line, want)
			}
		})
	}
}

// TestGoldenFilesDecode reads all files, those of majors that nobody writes any
// more too.
func TestGoldenFilesDecode(t *testing.T) {
	files, err := filepath.Glob("testdata/*.golden")
	if err != nil || len(files) < len(Kinds()) {
		t.Fatalf("%d files for %d kinds, %v", len(files), len(Kinds()), err)
	}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text = bytes.TrimSuffix(text, []byte("\n"))
		kind := Kind(strings.Split(filepath.Base(path), ".v")[0])
		e, err := DecodeStructured(text)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		want := example(kind)
		want.Raw = e.Raw
		if !reflect.DeepEqual(e, want) {
			t.Errorf("%s decodes to\n%+v\n%+v", path, e, want)
		}
		s, err := ParseLine(text)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if got := s.Line(); !bytes.Equal(got, text) {
			t.Errorf("%s is exported as\n%s", path, got)
		}
		checkBinary(t, s, want)
	}
}

// checkBinary reads an event as NATS holds it.
func checkBinary(t *testing.T, s Stored, want Event) {
	t.Helper()
	header, body := Encode(want)
	if !reflect.DeepEqual(s.Header, header) || !bytes.Equal(s.Body, body) {
		t.Errorf("binary mode of %s:\n%v %s\n%v %s", want.Kind, s.Header, s.Body, header, body)
	}
	e, err := Decode(want.Subject.String(), header, body, want.Serial)
	if err != nil || !reflect.DeepEqual(e, want) {
		t.Errorf("%v\n%+v\n%+v", err, e, want)
	}
}

// TestAbsentMembersAreLeftOut: no null, no empty text.
func TestAbsentMembersAreLeftOut(t *testing.T) {
	base := Base{Product: "p", Package: "k", Key: "app"}
	for want, p := range map[string]Payload{
		`{"account":"a","slug":"s","name":"n"}`:                                    &AccountData{Account: "a", Slug: "s", Name: "n"},
		`{"product":"p","package":"k","key":"app","name":"A"}`:                     &PackageData{Base: base, Name: "A"},
		`{"product":"p","package":"k","key":"app"}`:                                &ReleaseGone{Base: base},
		`{"product":"p","package":"k","key":"app","channel":"c","status":"DRAFT"}`: &ReleaseData{Base: base, Channel: "c", Status: "DRAFT"},
		`{"artifact":"f"}`:                         &ArtifactData{Base: Base{Artifact: "f"}},
		`{"artifact":"f","filesize":0}`:            &ArtifactData{Base: Base{Artifact: "f"}, Filesize: new(int64)},
		`{"license":"l"}`:                          &LicenseChange{License: "l"},
		`{"user":"u","role":"admin"}`:              &UserData{User: "u", Role: "admin"},
		`{"release":"r","set":{"a":null,"b":"<"}}`: &ReleaseSet{Base: Base{Release: "r"}, Set: Set{"b": json.RawMessage(`"<"`), "a": json.RawMessage("null")}},
	} {
		if got := string(EncodeData(Event{Data: p})); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// TestE28NoSecretMembers: what is private is there as a digest, a hash or a
// prefix, under a name that says so.
func TestE28NoSecretMembers(t *testing.T) {
	for kind, typ := range payloadTypes {
		for i := range typ.NumField() {
			name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
			low := strings.ToLower(name)
			for _, secret := range []string{"key", "password", "secret", "token"} {
				if !strings.Contains(low, secret) || name == "key" && kind.Log() == Releases || name == "token" {
					continue // "token" is an id
				}
				if !strings.HasSuffix(name, "Digest") && !strings.HasSuffix(name, "Hash") && !strings.HasSuffix(name, "Prefix") {
					t.Errorf("%s has a member %s", kind, name)
				}
			}
		}
	}
}
