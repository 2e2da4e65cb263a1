package schema

import (
	"bytes"
	"errors"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func drawBytes(t *rapid.T, name string) []byte {
	return rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, name)
}

// drawBody draws a body whose spans lie in its text.
func drawBody(t *rapid.T) NPMBody {
	b := NPMBody{Full: NPMObject{drawBytes(t, "open"), drawBytes(t, "rest")}, Abbreviated: NPMObject{drawBytes(t, "aopen"), drawBytes(t, "arest")},
		Deprecated: drawBytes(t, "deprecated"), Dist: drawBytes(t, "dist")}
	open, all := len(b.Full.Open), len(b.Full.Open)+len(b.Full.Rest)
	for i := range b.Hoisted {
		at := rapid.IntRange(0, all).Draw(t, "at")
		end := all
		if at < open {
			end = open
		}
		b.Hoisted[i] = NPMSpan{at, rapid.IntRange(0, end-at).Draw(t, "len")}
	}
	return b
}

func TestBodyThereAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := drawBody(t)
		stored := b.Append(nil)
		got, err := ParseNPMBody(stored)
		if err != nil {
			t.Fatal(err)
		}
		text := slices.Concat(b.Full.Open, b.Full.Rest)
		for i, s := range b.Hoisted {
			if !bytes.Equal(got.hoisted(i), text[s.At:s.At+s.Len]) {
				t.Fatalf("%s is %q", NPMHoisted[i], got.hoisted(i))
			}
		}
		if again := got.Append(nil); !bytes.Equal(again, stored) {
			t.Fatalf("stored again\n%q\nwant\n%q", again, stored)
		}
		if short, err := ParseNPMBody(stored[:rapid.IntRange(0, len(stored)-1).Draw(t, "cut")]); err == nil {
			t.Fatalf("a cut body is read as %+v", short)
		}
		if _, err := ParseNPMBody(append(stored, 0)); !errors.Is(err, errNPMBody) {
			t.Fatal("a longer body:", err)
		}
	})
}

// FuzzNPMBody: garbage never makes a reader panic or an assembly fail, and what
// is read is written and read again as the same.
func FuzzNPMBody(f *testing.F) {
	b := NPMBody{Full: NPMObject{[]byte(`{"name":"x","version":"1.0.0"`), []byte(`,"license":"MIT","dist":{"tarball":"`)},
		Abbreviated: NPMObject{[]byte(`{"name":"x","version":"1.0.0"`), []byte(`,"dist":{"tarball":"`)}, Dist: []byte(`/x/-/x-1.0.0.tgz"}}`)}
	b.Hoisted[6] = NPMSpan{len(b.Full.Open) + len(`,"license":`), len(`"MIT"`)}
	f.Add(b.Append(nil))
	f.Add([]byte{})
	f.Add([]byte{npmLayout, 0, 0, 0, 0, 0, 0, 0})
	f.Add([]byte{npmLayout, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01})
	f.Add(slices.Concat([]byte{npmLayout, 1, 1, 0, 0, 0, 0, 18, 'a', 'b'}, bytes.Repeat([]byte{0, 2}, 9)))
	f.Fuzz(func(t *testing.T, src []byte) {
		list := []NPMRelease{{Rule: &Rule{Status: Yanked}, Attr: NPMAttr{Version: "1.0.0"}, Body: src}}
		for _, doc := range [][]byte{NPMPackument(nil, Head{}, list, 0, ""), NPMAbbreviated(nil, Head{}, list, 0, ""), NPMVersionDocument(nil, Head{}, list[0], ""),
			NPMSearchEntry(nil, Head{}, list[0], "")} {
			if len(doc) > 2*len(src)+1000 {
				t.Fatalf("%d bytes of %d", len(doc), len(src))
			}
		}
		b, err := ParseNPMBody(src)
		if err != nil {
			return
		}
		back, err := ParseNPMBody(b.Append(nil))
		if err != nil || !reflect.DeepEqual(b, back) {
			t.Fatalf("%+v is read again as %+v, %v", b, back, err)
		}
	})
}
