package ingesttest

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"
)

// TestCheck: what is expected, and whether the answer meets it.
func TestCheck(t *testing.T) {
	refusal := []byte(`{"meta":{"id":"r"},"errors":[{"title":"T","detail":"d","code":"TAG_TAKEN","source":{"pointer":"/data"}}]}`)
	list := []byte(`{"data":[{"id":"a","n":null}]}`)
	for _, tt := range []struct {
		want   string
		status int
		body   []byte
		ok     bool
	}{
		{"422", 422, refusal, true}, {"422 TAG_TAKEN /data", 422, refusal, true}, {"422 TAG_TAKEN", 422, refusal, false}, {"400", 422, refusal, false},
		{"200", 200, refusal, false}, {"404", 404, list, false}, {"404", 404, nil, false}, {"204", 204, nil, true}, {"200", 200, list, true},
		{`data.0.id = "a"`, 200, list, true}, {`data.0.id = "b"`, 200, list, false}, {"data.0.n = null", 200, list, true}, {"data.0.m = null", 200, list, false},
		{"data.# = 1", 200, list, true}, {"data.# = 2", 200, list, false}, {"data.1 absent", 200, list, true}, {"data.0 absent", 200, list, false},
		{"header X = y", 200, list, true}, {"header X ~ ^z", 200, list, false}, {"empty", 200, list, false}, {"empty", 204, nil, true},
		{"keep a data.0.id", 200, list, true}, {"keep a data.0.n", 200, list, false},
	} {
		res := &http.Response{StatusCode: tt.status, Request: &http.Request{Method: "GET"}, Header: http.Header{"X": {"y"}, "Content-Type": {"application/vnd.api+json"}}}
		if err := check(tt.want, res, tt.body, map[string]string{}); (err == nil) != tt.ok {
			t.Errorf("%s of %d %s: %v", tt.want, tt.status, tt.body, err)
		}
	}
}

func TestReadRefusesWhatIsOutOfPlace(t *testing.T) {
	for text, want := range map[string]bool{
		"# a remark\n\n= t\n> GET /\n> A: b\n\nbody\n< 200\n\n= u\n> GET /\n< 204\n": true,
		"> GET /\n< 200\n":            false,
		"= t\n< 200\n":                false,
		"= t\n> GET /\n":              false,
		"= t\n> GET /\n< 200\nbody":   false,
		"= t\n> GET /\n< 200\n> A: b": false,
	} {
		path := filepath.Join(t.TempDir(), "x.txt")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if list, err := read(path); (err == nil) != want || want && (len(list) != 2 || len(list[0].body) != 2) {
			t.Errorf("%q: %+v %v", text, list, err)
		}
	}
}
