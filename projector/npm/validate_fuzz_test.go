package npm

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"testing"
)

func FuzzValidate(f *testing.F) {
	f.Add([]byte{}, false)
	f.Add(tgz(f, pkg(entry{name: "package/binding.gyp"})...), true)
	f.Add(tarOf(f, pkg(entry{name: "package/l", kind: '2', link: "x"}, entry{name: "../x"})...), false)
	f.Add(tarOf(f, entry{name: "g", kind: 'g', pax: map[string]string{"comment": "c"}}, entry{name: "r/package.json", body: manifest, pax: map[string]string{"A.b": "c"}}), false)
	f.Add(tarOf(f, pkg(pkg()...)...), false)
	lim := lower(func(l *limits) { l.inflated, l.entries, l.names = 8<<20, 1000, 4<<10 })
	f.Fuzz(func(t *testing.T, b []byte, zipped bool) {
		if !zipped {
			b = zip(t, b) // so that the fuzzer reaches the tar
		}
		facts, err := check(b, lim)
		again, err2 := check(b, lim)
		if !reflect.DeepEqual(facts, again) || (err == nil) != (err2 == nil) || err != nil && err.Error() != err2.Error() {
			t.Fatalf("not the same twice: %v %v", err, err2)
		}
		var failure *Failure
		if err != nil && !errors.As(err, &failure) {
			t.Fatalf("trouble without a reader's trouble: %v", err)
		}
		if err == nil && (facts.Name != "@acme/x" || facts.FileCount < 1 || !json.Valid(facts.Manifest)) {
			t.Fatalf("%+v", facts)
		}
	})
}

func FuzzManifest(f *testing.F) {
	for _, s := range []string{manifest, `{"bin":"x","os":"a","bundledDependencies":true,"dependencies":{"b":1}}`, `{"a":1,"__proto__":{},"a":[1.0,"\ud83d\ude00"]}`, `{"directories":{"bin":"b"},"scripts":1}`, "\xef\xbb\xbf{}"} {
		f.Add([]byte(s), true)
	}
	f.Fuzz(func(t *testing.T, src []byte, gyp bool) {
		o, err := readObject(src)
		bare := bytes.TrimPrefix(src, []byte("\xef\xbb\xbf"))
		if err != nil {
			return
		}
		if !json.Valid(bare) {
			t.Fatalf("accepted what encoding/json refuses: %q", src)
		}
		plain := o.append(nil)
		sameValue(t, bare, plain)
		if err := o.normalise("@acme/x", []string{"b/y"}, gyp); err != nil {
			t.Fatal(err)
		}
		once := o.append(nil)
		o, err = readObject(once)
		if err != nil {
			t.Fatalf("%s: %v", once, err)
		}
		if err := o.normalise("@acme/x", []string{"b/y"}, gyp); err != nil {
			t.Fatal(err)
		}
		if twice := o.append(nil); !bytes.Equal(once, twice) {
			t.Fatalf("twice is not once:\n%s\n%s", once, twice)
		}
	})
}

// sameValue compares with encoding/json, but for __proto__.
func sameValue(t *testing.T, a, b []byte) {
	if bytes.Contains(a, []byte("proto__")) || bytes.Contains(a, []byte(`\u`)) {
		return
	}
	read := func(b []byte) (v any) {
		d := json.NewDecoder(bytes.NewReader(b))
		d.UseNumber()
		if err := d.Decode(&v); err != nil {
			t.Fatalf("%q: %v", b, err)
		}
		return v
	}
	if x, y := read(a), read(b); !reflect.DeepEqual(x, y) {
		t.Fatalf("%v is not %v", x, y)
	}
}

func TestSameBytesSameFacts(t *testing.T) {
	b := tgz(t, with(head+`,"directories":{"bin":"b"},"a":{"c":1,"b":2}}`)...)
	want, err := json.Marshal(accept(t, b))
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		facts, err := Validate(context.Background(), bytes.NewReader(b), input(b))
		got, _ := json.Marshal(facts)
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%v\n%s\n%s", err, got, want)
		}
	}
	const members = `{"name":"@acme/x","version":"1.0.0","manifest":` + head + `,"directories":{"bin":"b"},"a":{"c":1,"b":2}},"fileCount":1,"unpackedSize":80}`
	if string(want) != members {
		t.Errorf("%s", want)
	}
}
