package folder

import (
	"testing"

	"offprint/schema/blobs"
	"offprint/schema/blobs/blobstest"
)

func TestHas(t *testing.T) {
	s := openFile(t, t.TempDir())
	content := blobstest.Some(1000)
	sum := blobstest.Digest(content)
	for _, tt := range []struct {
		put  bool
		size int64
		want bool
	}{{false, 1000, false}, {true, 1000, true}, {true, 999, false}} {
		if tt.put {
			blobstest.Put(t, s, content)
		}
		var did []string
		s.fault = func(step string) error { did = append(did, step); return nil }
		got, err := blobs.Has(t.Context(), s, sum, tt.size)
		if s.fault = nil; err != nil || got != tt.want || got && did[len(did)-1] != "sync folder" {
			t.Errorf("%+v: %v %v %q", tt, got, err, did)
		}
		if got, err := blobs.Has(t.Context(), struct{ blobs.Store }{s}, sum, tt.size); err != nil || got != tt.want {
			t.Errorf("without the power, %+v: %v %v", tt, got, err)
		}
	}
	if _, err := blobs.Has(t.Context(), s, "../x", 1); err == nil {
		t.Error("a path passes for a digest")
	}
}
