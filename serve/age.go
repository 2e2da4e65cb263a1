package serve

import (
	"bytes"
	"strconv"
	"time"

	"github.com/google/uuid"

	"offprint/schema"
)

// ParseAge reads a release-age gate: a number followed by s, m, h or d. It is
// bounded to a hundred years.
func ParseAge(text []byte) (time.Duration, bool) {
	if len(text) < 2 {
		return 0, false
	}
	unit := map[byte]int64{'s': 1, 'm': 60, 'h': 3600, 'd': 86400}[text[len(text)-1]]
	n, err := strconv.ParseUint(string(text[:len(text)-1]), 10, 62)
	if unit == 0 || err != nil || bytes.IndexByte([]byte("+-"), text[0]) >= 0 {
		return 0, false
	}
	if n > uint64(maxAge/1000/unit) {
		return time.Duration(maxAge) * time.Millisecond, true
	}
	return time.Duration(n) * time.Duration(unit) * time.Second, true
}

// UUID normalises an id in any case, with or without hyphens; "" if text is
// none.
func UUID(text []byte) string {
	if len(text) != 36 && len(text) != 32 {
		return ""
	}
	id, err := uuid.ParseBytes(text)
	if err != nil {
		return ""
	}
	return id.String()
}

// Staff says that the caller is staff or a product's own token: what is gated
// by age for consumers is not for them.
func (r *Request) Staff() bool {
	return r.Rights.Kind == schema.StaffCaller || r.Rights.Kind == schema.ProductCaller
}
