package npm

import (
	"strconv"
	"strings"
	"testing"
)

func TestCompact(t *testing.T) {
	for in, want := range map[string]string{
		" { \"b\" : 1 ,\n\"a\":[ 1 , true,null ] } ": `{"b":1,"a":[1,true,null]}`,
		"\xef\xbb\xbf{}":      `{}`,
		`{"a":1,"b":2,"a":3}`: `{"a":3,"b":2}`,
		`{"a":{"x":1,"x":{"y":1,"y":2}},"a":{"x":1,"x":2}}`:                          `{"a":{"x":2}}`,
		`{"__proto__":{"x":1},"a":{"b":[{"__proto__":1,"c":2}]},"\u005f_proto__":2}`: `{"a":{"b":[{"c":2}]}}`,
		`{"a":1,"__proto__":1}`:                   `{"a":1}`,
		`[1.0,-0,1e5,1E+05,12345678901234567890]`: `[1.0,-0,1e5,1E+05,12345678901234567890]`,
		`"<>&\u2028\/\u00e9\ud83d\ude00"`:         "\"<>&\u2028/é😀\"",
		`"\u0000\u001F\b\f\n\r\t\"\\\u007f"`:      `"\u0000\u001f\b\f\n\r\t\"\\` + "\x7f\"",
		`{"":{"constructor":1}}`:                  `{"":{"constructor":1}}`,
	} {
		got, err := compact([]byte(in))
		if err != nil || string(got) != want {
			t.Errorf("%s\n got %s %v\nwant %s", in, got, err, want)
		}
	}
}

func TestCompactManyRepeats(t *testing.T) {
	var in, want strings.Builder
	for i := range 2000 {
		in.WriteString(`,"k` + strconv.Itoa(i%100) + `":` + strconv.Itoa(i))
		if i >= 1900 {
			want.WriteString(`,"k` + strconv.Itoa(i-1900) + `":` + strconv.Itoa(i))
		}
	}
	got, err := compact([]byte("{" + in.String()[1:] + "}"))
	if err != nil || string(got) != "{"+want.String()[1:]+"}" {
		t.Errorf("%s %v", got, err)
	}
}

func TestCompactRefuses(t *testing.T) {
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	if _, err := compact([]byte(deep(64))); err != nil {
		t.Error(err)
	}
	for in, words := range map[string]string{
		"":                         "ends early at line 1, column 1 (byte 0)",
		"{\n \"a\":\n}":            "is not JSON at line 3, column 1 (byte 8)",
		`{"a":1}x`:                 "has more after the end at line 1, column 8",
		`{"a":1,}`:                 "is not JSON at line 1, column 8",
		`[1,]`:                     "column 4",
		`[1 2]`:                    "column 4",
		`{"a" 1}`:                  "column 6",
		`{a:1}`:                    "column 2",
		`{"a`:                      "ends early",
		`{"a\`:                     "ends early",
		`"\u12`:                    "is not JSON",
		`"\x"`:                     "column 3",
		"\"a\nb\"":                 "column 3",
		"\"\x00\"":                 "column 2",
		"\x00":                     "column 1",
		`01`:                       "more after",
		`-`:                        "ends early",
		`1.`:                       "ends early",
		`.5`:                       "column 1",
		`1e`:                       "ends early",
		`nul`:                      "column 1",
		"{\"a\":\"\xff\"}":         "is not UTF-8 at line 1, column 7 (byte 6)",
		"\xff\xfe{\x00}\x00":       "is not UTF-8 at line 1, column 1",
		"\"\xed\xa0\x80\"":         "is not UTF-8",
		`{"a":"\ud800"}`:           "half a surrogate pair at line 1, column 7",
		`"\udc00\ud800"`:           "half a surrogate pair",
		`"\ud800\ud800"`:           "half a surrogate pair",
		`"\ud800x"`:                "half a surrogate pair",
		deep(65):                   "deeper than 64",
		deep(200):                  "deeper than 64 levels at line 1, column 65",
		strings.Repeat("[", 1<<20): "deeper than 64",
	} {
		_, err := compact([]byte(in))
		wantFailure(t, err, codeManifest, words)
	}
}
