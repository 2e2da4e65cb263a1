package serve

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// TestBestCoding: RFC 9110 section 12.5.3; ties go zstd, br, gzip, identity.
func TestBestCoding(t *testing.T) {
	for h, want := range map[string]coding{
		"gzip": gzipCoding, "br": brotliCoding, "zstd": zstdCoding, "identity": identity, "GZIP": gzipCoding, "x-gzip": gzipCoding,
		"gzip, deflate": gzipCoding, "gzip, deflate, br": brotliCoding, "gzip, deflate, br, zstd": zstdCoding, "deflate": identity,
		"gzip;q=1.0, br;q=0.5": gzipCoding, "gzip;q=0.5, br;q=0.5": brotliCoding, "zstd;q=0.001, gzip;q=0.002": gzipCoding,
		"*": zstdCoding, "*;q=0": identity, "gzip, *;q=0": gzipCoding, "*, zstd;q=0": brotliCoding, "*;q=0.5, gzip;q=0.6": gzipCoding,
		"gzip;q=0": identity, "gzip;q=0.0": identity, "identity;q=0": identity, "identity;q=0, gzip": gzipCoding,
		"identity, gzip": gzipCoding, "identity;q=1, gzip;q=0.9": identity, "identity;q=0.5, gzip;q=0.5": gzipCoding,
		"gzip ; q=0.8 , br ; q=0.9": brotliCoding, "gzip;a=b;q=0.1, br;Q=0.2": brotliCoding,
		"gzip;q=2": identity, "gzip;q=0.1234": identity, "gzip;q=": identity, "gzip;q=.5": identity, "gzip;q=1.": gzipCoding, "gzip;q=1.5": gzipCoding,
		"": identity, ",": identity, ";q=1": identity, "gzipx": identity,
	} {
		if got := bestCoding([]byte(h)); got != want {
			t.Errorf("%q: %s, want %s", h, codingNames[got], codingNames[want])
		}
	}
}

func FuzzBestCoding(f *testing.F) {
	for _, h := range []string{"gzip;q=0.5, br", "*;q=0", "zstd;q=1.000", ";;q=,"} {
		f.Add(h)
	}
	f.Fuzz(func(t *testing.T, h string) {
		got := bestCoding([]byte(h))
		if got != identity && !strings.Contains(strings.ToLower(h), string(codingNames[got])) && !strings.Contains(h, "*") {
			t.Errorf("%q: %s, which it does not name", h, codingNames[got])
		}
	})
}

// TestCodingsAreInverse: what is sent decompresses to the body, and equal bodies
// give equal bytes.
func TestCodingsAreInverse(t *testing.T) {
	body := []byte(strings.Repeat("offprint, ", 10_000))
	readers := map[coding]func(io.Reader) (io.Reader, error){
		gzipCoding:   func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
		brotliCoding: func(r io.Reader) (io.Reader, error) { return brotli.NewReader(r), nil },
		zstdCoding:   func(r io.Reader) (io.Reader, error) { return zstd.NewReader(r) },
	}
	for c, open := range readers {
		coded := compress(body, c)
		if again := compress(body, c); !bytes.Equal(coded, again) || len(coded) > len(body)/10 {
			t.Errorf("%s: %d and %d bytes", codingNames[c], len(coded), len(again))
		}
		r, err := open(bytes.NewReader(coded))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, body) {
			t.Errorf("%s: %d bytes, %v", codingNames[c], len(got), err)
		}
	}
}
