package serve

import (
	"fmt"
	"strings"
	"testing"
)

// ranged is a verdict as text: "first-last", "whole", "416".
func ranged(h string, size int64) string {
	e, verdict := parseRange([]byte(h), size)
	switch verdict {
	case noSuchRange:
		return "416"
	case partOfFile:
		return fmt.Sprintf("%d-%d", e.start, e.start+e.length-1)
	}
	if e != (extent{0, size}) {
		return fmt.Sprint(e)
	}
	return "whole"
}

// TestRange is the table of raw-and-engines.md 5.5, and what lies around it.
func TestRange(t *testing.T) {
	for h, want := range map[string]string{
		"bytes=0-0": "0-0", "bytes=2-4": "2-4", "bytes=5-": "5-8", "bytes=5-99": "5-8", "bytes=8-8": "8-8", "bytes=0-": "0-8",
		"bytes=-4": "5-8", "bytes=-99": "0-8", "bytes=-9": "0-8",
		"bytes=9-": "416", "bytes=9-12": "416", "bytes=-0": "416", "bytes=-00": "416",
		"bytes=4-2": "whole", "bytes=a-b": "whole", "items=0-1": "whole", "bytes=0-0,4-5": "whole", "bytes=0-0,": "whole",
		"bytes=": "whole", "bytes=-": "whole", "bytes": "whole", "": "whole", "bytes=1": "whole", "bytes=--1": "whole", "bytes=1--2": "whole",
		"bytes=+1-2": "whole", "bytes=1-2x": "whole", "bytes=1 - 2": "whole", "bytes=0x1-2": "whole",
		"Bytes=2-4": "2-4", "bytes= 2-4 ": "2-4", "bytes=02-004": "2-4",
		"bytes=99999999999999999999999-":             "416",
		"bytes=9223372036854775808-":                 "416",
		"bytes=2-99999999999999999999999999":         "2-8",
		"bytes=-99999999999999999999999999":          "0-8",
		"bytes=" + strings.Repeat("0", 4000) + "2-4": "2-4",
	} {
		if got := ranged(h, 9); got != want {
			t.Errorf("%.60s: %s, want %s", h, got, want)
		}
	}
	for _, h := range []string{"bytes=0-0", "bytes=-1", "bytes=5-", "bytes=-0"} {
		if got := ranged(h, 0); got != "whole" {
			t.Errorf("%s of an empty file: %s", h, got)
		}
	}
}

func FuzzRange(f *testing.F) {
	for _, h := range []string{"bytes=0-0", "bytes=-4", "bytes=5-", "bytes=9-", "bytes=0-0,4-5", "bytes=99999999999999999999-1", "items=1-2"} {
		f.Add(h, int64(9))
	}
	f.Fuzz(func(t *testing.T, h string, size int64) {
		if size < 0 {
			return
		}
		e, verdict := parseRange([]byte(h), size)
		switch {
		case e.start < 0 || e.length < 0 || e.start > size || e.length > size-e.start:
			t.Errorf("%q of %d: %+v lies outside", h, size, e)
		case verdict == partOfFile && e.length == 0:
			t.Errorf("%q of %d: an empty part", h, size)
		case verdict != partOfFile && e != extent{0, size}:
			t.Errorf("%q of %d: %+v", h, size, e)
		}
	})
}
