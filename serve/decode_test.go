package serve

import (
	"net/url"
	"testing"
)

func TestDecode(t *testing.T) {
	for raw, want := range map[string]string{"": "", "a": "a", "a%2Fb": "a/b", "a%2fb": "a/b", "%2561": "%61", "a+b": "a+b", "%C3%BC": "ü", "ü": "ü"} {
		if got, ok := Decode([]byte("x"), []byte(raw)); !ok || string(got) != "x"+want {
			t.Errorf("%s: %q %v", raw, got, ok)
		}
		if got, ok := DecodeText(raw); !ok || got != want {
			t.Errorf("text %s: %q %v", raw, got, ok)
		}
	}
	for _, raw := range []string{"%", "%2", "%zz", "a%", "%00", "\x00", "%ff", "\xff", "%C3", "%c3%28"} {
		if got, ok := Decode(nil, []byte(raw)); ok {
			t.Errorf("%q: %q", raw, got)
		}
		if got, ok := DecodeText(raw); ok {
			t.Errorf("text %q: %q", raw, got)
		}
	}
}

func TestParam(t *testing.T) {
	for query, want := range map[string]string{
		"auth=a": "a", "x=1&auth=a": "a", "auth=a&auth=b": "b", "auth=license%3AK": "license:K", "auth=a+b": "a+b", "%61uth=a": "a",
		"auth=a=b": "a=b", "auth=": "", "AUTH=a": "-", "xauth=a": "-", "auth": "-", "": "-", "auth=%zz": "-", "auth=%00": "-", "&&auth=a&": "a",
	} {
		got := param([]byte(query), "auth")
		if got == nil {
			got = []byte("-")
		}
		if string(got) != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, raw := range []string{"a%2Fb", "%zz", "%", "%00", "ü%ff"} {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		got, ok := Decode(nil, []byte(raw))
		if want, err := url.PathUnescape(raw); ok && (err != nil || string(got) != want) {
			t.Errorf("%q: %q, want %q %v", raw, got, want, err)
		}
		if again, ok2 := Decode(nil, AppendPath(nil, string(got))); ok && (!ok2 || string(again) != string(got)) {
			t.Errorf("%q: written and read again: %q", raw, again)
		}
	})
}
