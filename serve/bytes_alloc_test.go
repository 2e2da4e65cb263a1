//go:build !race

package serve

import "testing"

// The race detector lets pools lose what they hold, so nothing here is counted
// under it.

// Ceilings of allocations: opening a file is all of the first.
const (
	fileAllocs   = 9
	notModAllocs = 0
)

func TestSendBytesAllocations(t *testing.T) {
	s, b := fileServer(t, "0123456789")
	ctx := requestOf("h", "/")
	r := requestTo(s, ctx)
	allocs := testing.AllocsPerRun(100, func() {
		ctx.Response.Reset()
		if refusal := r.SendBytes(b); refusal != nil {
			t.Fatal(refusal)
		}
		if err := ctx.Response.CloseBodyStream(); err != nil {
			t.Fatal(err)
		}
	})
	if allocs > fileAllocs {
		t.Errorf("a file: %v allocations", allocs)
	}
	ctx.Request.Header.Set("If-None-Match", "*")
	allocs = testing.AllocsPerRun(100, func() {
		ctx.Response.Reset()
		r.SendBytes(b)
	})
	if ctx.Response.StatusCode() != 304 || allocs > notModAllocs {
		t.Errorf("%d: %v allocations", ctx.Response.StatusCode(), allocs)
	}
}
