package blobs_test

import (
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"testing"

	"offprint/schema/blobs"
	"offprint/schema/blobs/blobstest"
)

func TestPlace(t *testing.T) {
	sum := strings.Repeat("0a", 32)
	if at, err := blobs.Place(sum); at != "sha256/0a/"+sum || err != nil {
		t.Errorf("%q, %v", at, err)
	}
	for _, bad := range blobstest.BadDigests {
		if at, err := blobs.Place(bad); err == nil {
			t.Errorf("%.80q is at %q", bad, at)
		}
	}
}

func FuzzPlace(f *testing.F) {
	f.Add(strings.Repeat("0a", 32))
	for _, bad := range blobstest.BadDigests {
		f.Add(bad)
	}
	f.Fuzz(func(t *testing.T, sum string) {
		at, err := blobs.Place(sum)
		if raw, bad := hex.DecodeString(sum); (bad == nil && len(raw) == 32 && hex.EncodeToString(raw) == sum) != (err == nil) {
			t.Fatalf("%q: %q, %v", sum, at, err)
		}
		if err == nil && at != fmt.Sprintf("sha256/%s/%s", sum[:2], sum) {
			t.Errorf("%q is at %q", sum, at)
		}
	})
}

func TestSums(t *testing.T) {
	s := blobs.NewSums()
	for _, part := range []string{"off", "", "print\n"} {
		if n, err := io.WriteString(s, part); n != len(part) || err != nil {
			t.Fatal(n, err)
		}
	}
	for algorithm, want := range map[string]string{
		"md5":    "86da99f5f072bf38c6849035d6a6bf8d",
		"sha1":   "3e7adae905672d012d1109b847b8e83b2530122c",
		"sha256": "97931a21b9eed9f3a31c3630f39be8f90f90d0ac42f016e6f2d28b61d05e548e",
		"sha384": "2b300170016d1a2c2c88154d4332dbad7ce9efa13dd2bf47cf88ad20a32d1e9d18cae217e48179d4ea4aa263fec018d2",
		"sha512": "097e03b7972bb5781d929fb315237d669ddb30ca4a967bc8a618121b3dcec3f508af3576bf932964b0c5f08c184827708515a487068c27cf59998d23d277843e",
		"crc32":  "",
	} {
		if got := s.Hex(algorithm); got != want {
			t.Errorf("%s: %q, want %q", algorithm, got, want)
		}
	}
	if s.Size() != 9 {
		t.Errorf("size %d", s.Size())
	}
}
