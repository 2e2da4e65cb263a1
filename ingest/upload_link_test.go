package ingest

import (
	"strings"
	"testing"

	"offprint/schema"
)

// linker is an API that can do nothing but seal.
func linker(t testing.TB) *API {
	sealer, err := schema.NewSealer(make([]byte, schema.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	return &API{sealer: sealer}
}

var someLink = uploadLink{acme, adminID, 3, 1_700_000_000_000}

// TestP34EveryCharacterCounts: an upload URL cannot be altered anywhere.
func TestP34EveryCharacterCounts(t *testing.T) {
	a := linker(t)
	sealed := a.uploadLink(someLink)
	if got, ok := a.openLink(sealed); !ok || got != someLink {
		t.Fatal(got, ok)
	}
	for i := range sealed {
		for _, c := range "AQgw-_" {
			altered := sealed[:i] + string(c) + sealed[i+1:]
			if _, ok := a.openLink(altered); ok != (altered == sealed) {
				t.Errorf("character %d can be %c", i, c)
			}
		}
	}
}

// FuzzUploadLink: no text opens anything but what was sealed.
func FuzzUploadLink(f *testing.F) {
	a := linker(f)
	sealed := a.uploadLink(someLink)
	for _, s := range []string{sealed, sealed[1:], sealed + "A", strings.Repeat("A", len(sealed)), "", "é"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got, ok := a.openLink(text); ok != (text == sealed) || ok && got != someLink {
			t.Fatalf("%q: %+v %v", text, got, ok)
		}
	})
}
