package ingest

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"

	"offprint/schema"
)

// TestP31P32Checksums: text, algorithm; "" is not recognised.
func TestP31P32Checksums(t *testing.T) {
	raw := make([]byte, 64)
	for i := range raw {
		raw[i] = byte(0xf8 + i) // so that base64 has '+' and '/'
	}
	for _, tt := range []struct{ text, algorithm string }{
		{hex.EncodeToString(raw[:16]), "md5"}, {hex.EncodeToString(raw[:20]), "sha1"}, {strings.ToUpper(hex.EncodeToString(raw[:32])), "sha256"},
		{hex.EncodeToString(raw[:48]), "sha384"}, {hex.EncodeToString(raw), "sha512"},
		{base64.StdEncoding.EncodeToString(raw[:16]), "md5"}, {base64.RawStdEncoding.EncodeToString(raw[:20]), "sha1"},
		{base64.URLEncoding.EncodeToString(raw[:32]), "sha256"}, {base64.RawURLEncoding.EncodeToString(raw), "sha512"},
		{"", ""}, {"AAAA", ""}, {hex.EncodeToString(raw[:33]), ""}, {"sha256:" + hex.EncodeToString(raw[:32]), ""}, {strings.Repeat("é", 32), ""},
		{base64.StdEncoding.EncodeToString(raw)[:40] + "\n" + base64.StdEncoding.EncodeToString(raw)[40:], ""},
	} {
		algorithm, digest, ok := parseChecksum(tt.text)
		if algorithm != tt.algorithm || ok != (tt.algorithm != "") || ok && digest != hex.EncodeToString(raw[:len(digest)/2]) {
			t.Errorf("%q: %q %q", tt.text, algorithm, digest)
		}
	}
}

// TestChecksumOfStoredBytes: what can be declared once they are there.
func TestChecksumOfStoredBytes(t *testing.T) {
	a := &schema.Artifact{SHA256: strings.Repeat("ab", 32), MD5: strings.Repeat("cd", 16)}
	for text, want := range map[string]bool{"": true, "AAAA": true, a.SHA256: true, a.MD5: true, strings.Repeat("00", 32): false, strings.Repeat("00", 48): false} {
		if agrees(text, a) != want {
			t.Error(text, !want)
		}
	}
}

// FuzzChecksum: a checksum that is read has the length of its algorithm, and is
// read again from its digest.
func FuzzChecksum(f *testing.F) {
	for _, s := range []string{"AAAA", strings.Repeat("a", 64), strings.Repeat("-_", 43), strings.Repeat("A", 86) + "==", "====", "zz"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		algorithm, digest, ok := parseChecksum(text)
		if !ok {
			return
		}
		if raw, err := hex.DecodeString(digest); err != nil || algorithms[len(raw)] != algorithm {
			t.Fatalf("%q: %s %s", text, algorithm, digest)
		}
		if a, d, ok := parseChecksum(digest); !ok || a != algorithm || d != digest {
			t.Fatalf("%q: %s is read as %s %s", text, digest, a, d)
		}
	})
}
