package ingest

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

// TestP44P45BodyIsStrictJSON: publishing-api.md section 3 and rows P44, P45.
func TestP44P45BodyIsStrictJSON(t *testing.T) {
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	for _, tt := range []struct{ name, in, code string }{
		{"object", `{"a":[1,-0.5e+3,"x",true,false,null]}`, ""},
		{"space around", " \r\n\t{} \n", ""},
		{"32 levels", deep(32), ""},
		{"33 levels", deep(33), "JSON_INVALID"},
		{"33 levels of objects", strings.Repeat(`{"a":`, 33) + "1" + strings.Repeat("}", 33), "JSON_INVALID"},
		{"empty", "", "JSON_INVALID"},
		{"duplicate member", `{"a":1,"b":{"c":1,"c":2}}`, "JSON_INVALID"},
		{"duplicate by escape", `{"a":1,"\u0061":2}`, "JSON_INVALID"},
		{"byte order mark", "\xef\xbb\xbf{}", "JSON_INVALID"},
		{"trailing garbage", `{} x`, "JSON_INVALID"},
		{"second value", `{}{}`, "JSON_INVALID"},
		{"trailing comma", `[1,]`, "JSON_INVALID"},
		{"trailing comma in object", `{"a":1,}`, "JSON_INVALID"},
		{"leading comma", `[,1]`, "JSON_INVALID"},
		{"leading zero", `01`, "JSON_INVALID"},
		{"plus", `+1`, "JSON_INVALID"},
		{"bare point", `1.`, "JSON_INVALID"},
		{"control character", "\"\n\"", "JSON_INVALID"},
		{"NUL", `"a\u0000b"`, "ENCODING_INVALID"},
		{"high surrogate alone", `"\ud800"`, "ENCODING_INVALID"},
		{"high surrogate and text", `"\ud800x"`, "ENCODING_INVALID"},
		{"two high surrogates", `"\ud800\ud800"`, "ENCODING_INVALID"},
		{"low surrogate alone", `"\udc00"`, "ENCODING_INVALID"},
		{"surrogate pair", `"\ud83d\ude00"`, ""},
		{"not UTF-8", "\"\xff\"", "ENCODING_INVALID"},
		{"unended string", `"abc`, "JSON_INVALID"},
		{"cut escape", `"\u12`, "JSON_INVALID"},
		{"unknown escape", `"\x"`, "JSON_INVALID"},
		{"word", `nul`, "JSON_INVALID"},
		{"unended object", `{"a":1`, "JSON_INVALID"},
		{"unended array", `[1`, "JSON_INVALID"},
	} {
		_, err := parseJSON([]byte(tt.in))
		if got := codeOf(err); got != tt.code {
			t.Errorf("%s: %q, want %q (%v)", tt.name, got, tt.code, err)
		}
	}
}

// codeOf is the first code of an error, "" for nil.
func codeOf(err error) string {
	if err == nil {
		return ""
	}
	list, _ := asProblems(err)
	return list[0].code
}

// FuzzJSON: what is accepted is JSON to encoding/json too and reads the same;
// what is refused for its form is refused there, or holds what the contract
// refuses beyond JSON.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{`{"a":[1,"x"]}`, `"\ud83d\ude00"`, `{"a":1,"a":2}`, `[[[]]]`, `-0.0e-1`, "\xff", `"\u0000"`, ` null `} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := parseJSON(b)
		if err != nil {
			if codeOf(err) == "JSON_INVALID" && json.Valid(b) && !strings.Contains(err.Error(), "twice") && !strings.Contains(err.Error(), "deeply") {
				t.Fatalf("refused valid JSON %q: %v", b, err)
			}
			return
		}
		if !json.Valid(b) {
			t.Fatalf("accepted %q", b)
		}
		var out bytes.Buffer
		plainValue(&out, v)
		if have, want := canonical(t, out.Bytes()), canonical(t, b); have != want {
			t.Fatalf("read %q as %s, want %s", b, have, want)
		}
	})
}

// plainValue writes v as it was read.
func plainValue(b *bytes.Buffer, v value) {
	switch v.kind {
	case isObject:
		b.WriteByte('{')
		for i, m := range v.members {
			if i > 0 {
				b.WriteByte(',')
			}
			b.Write(encode(m.name))
			b.WriteByte(':')
			plainValue(b, m.value)
		}
		b.WriteByte('}')
	case isList:
		b.WriteByte('[')
		for i, x := range v.list {
			if i > 0 {
				b.WriteByte(',')
			}
			plainValue(b, x)
		}
		b.WriteByte(']')
	default:
		writeValue(b, v)
	}
}

func canonical(t *testing.T, b []byte) string {
	var v any
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%q: %v", b, err)
	}
	return string(encode(v))
}
