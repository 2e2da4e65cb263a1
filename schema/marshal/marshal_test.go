package marshal

import (
	"encoding/hex"
	"strings"
	"testing"
	"time"
)

// TestStream: the bytes of the contract's examples.
func TestStream(t *testing.T) {
	for _, tt := range []struct {
		name  string
		write func(*Writer)
		want  string
	}{
		{"0", func(w *Writer) { w.Int(0) }, "69 00"},
		{"122", func(w *Writer) { w.Int(122) }, "69 7f"},
		{"123", func(w *Writer) { w.Int(123) }, "69 01 7b"},
		{"256", func(w *Writer) { w.Int(256) }, "69 02 00 01"},
		{"65536", func(w *Writer) { w.Int(65536) }, "69 03 00 00 01"},
		{"-1", func(w *Writer) { w.Int(-1) }, "69 fa"},
		{"-123", func(w *Writer) { w.Int(-123) }, "69 80"},
		{"-124", func(w *Writer) { w.Int(-124) }, "69 ff 84"},
		{"-256", func(w *Writer) { w.Int(-256) }, "69 ff 00"},
		{"-257", func(w *Writer) { w.Int(-257) }, "69 fe ff fe"},
		{"nil, true, false", func(w *Writer) { w.Nil(); w.Bool(true); w.Bool(false) }, "30 54 46"},
		{"empty", func(w *Writer) { w.Array(0) }, "5b 00"},
		{"hash", func(w *Writer) { w.Hash(1); w.Symbol("a"); w.Symbol("a") }, "7b 06 3a 06 61 3b 00"},
		{"specs", func(w *Writer) { w.Array(1); w.Array(3); w.String("acme"); w.Version("1.2.0"); w.String("ruby") },
			"5b 06 5b 08 49 22 09 61 63 6d 65 06 3a 06 45 54 55 3a 11 47 65 6d 3a 3a 56 65 72 73 69 6f 6e 5b 06 49 22 0a 31 2e 32 2e 30 06 3b 00 54 49 22 09 72 75 62 79 06 3b 00 54"},
		{"time", func(w *Writer) { w.Time(time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)) },
			"49 75 3a 09 54 69 6d 65 0d c0 aa 1f c0 00 00 00 00 06 3a 09 7a 6f 6e 65 49 22 08 55 54 43 06 3a 06 45 46"},
	} {
		w := New(nil)
		tt.write(w)
		want := "0408" + strings.ReplaceAll(tt.want, " ", "")
		if got := hex.EncodeToString(w.Bytes()); got != want {
			t.Errorf("%s: %s, want %s", tt.name, got, want)
		}
	}
}
