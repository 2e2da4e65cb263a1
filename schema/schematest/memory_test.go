package schematest

import (
	"errors"
	"testing"

	"offprint/schema"
)

func TestMemory(t *testing.T) {
	Run(t, func(t *testing.T) schema.Store { return NewMemory() })
}

func TestMemoryCopies(t *testing.T) {
	m := NewMemory()
	rec := release("r1", 1)
	feed(t, m).commit(1, schema.Batch{Records: []schema.Record{rec}})
	rec.Body[0] = 'x'
	got, err := m.Record(t.Context(), "acme", schema.Releases, "r1")
	if err != nil || got.Body[0] != '{' {
		t.Fatalf("%q, %v", got.Body, err)
	}
	got.Body[0] = 'y'
	if again, _ := m.Record(t.Context(), "acme", schema.Releases, "r1"); again.Body[0] != '{' {
		t.Errorf("%q", again.Body)
	}
}

func TestFault(t *testing.T) {
	lost := errors.New("connection lost")
	for _, c := range []struct {
		apply bool
		err   error
		after uint64
	}{{true, nil, 1}, {true, lost, 1}, {false, lost, 0}, {false, nil, 0}} {
		m := NewMemory()
		m.Fault = func(op string) (bool, error) {
			if op != "commit" {
				t.Errorf("op %q", op)
			}
			return c.apply, c.err
		}
		err := m.Commit(t.Context(), schema.Batch{Cursor: "releases", To: 1})
		if err != c.err {
			t.Errorf("%+v: %v", c, err)
		}
		if pos, _ := m.Cursor(t.Context(), "releases"); pos != c.after {
			t.Errorf("%+v: cursor %d", c, pos)
		}
	}
}
