package serve

import "testing"

func TestStrongMatch(t *testing.T) {
	for h, want := range map[string]bool{
		`"a"`: true, `*`: true, `"b", "a"`: true, `"b","a"`: true, ` , "a"`: true, `W/"a"`: false, `W/"a", "a"`: true,
		`"b"`: false, ``: false, `a`: false, `"a`: false, `"b" x "a"`: false, `"a,b", "a"`: true, `w/"a"`: false,
	} {
		if got := strongMatch([]byte(h), []byte(`"a"`)); got != want {
			t.Errorf("%s: %v", h, got)
		}
	}
}

func TestHTTPDate(t *testing.T) {
	for text, want := range map[string]int64{
		"Sun, 06 Nov 1994 08:49:37 GMT": 784111777, "Sunday, 06-Nov-94 08:49:37 GMT": 784111777, "Sun Nov  6 08:49:37 1994": 784111777,
		"": -1, "yesterday": -1, "Sun, 06 Nov 1994 08:49:37": -1, `"a"`: -1, "Sun, 32 Nov 1994 08:49:37 GMT": -1,
	} {
		got, ok := httpDate([]byte(text))
		if ok != (want >= 0) || ok && got != want {
			t.Errorf("%q: %d %v", text, got, ok)
		}
	}
}
