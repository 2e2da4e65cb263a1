package projector

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"offprint/events"
)

// fields says where each member of a `set` goes.
type fields map[string]any

// apply decodes the members of set into the places that f names; null clears.
// A member that f does not name was written by a newer server and is left
// alone (it means "unknown" here).
func (f fields) apply(set events.Set) error {
	for name, raw := range set {
		to, ok := f[name]
		if !ok {
			continue
		}
		if err := assign(to, raw); err != nil {
			return fmt.Errorf("set %s: %w", name, err)
		}
	}
	return nil
}

// millis is a time kept as Unix milliseconds, 0 for none.
type millis struct{ at *int64 }

func assign(to any, raw json.RawMessage) error {
	null := bytes.Equal(raw, []byte("null"))
	switch to := to.(type) {
	case *string:
		*to = ""
	case *int64:
		*to = 0
	case **int64:
		*to = nil
	case *[]string:
		*to = nil
	case *json.RawMessage:
		*to = nil
		if !null {
			*to = bytes.Clone(raw)
		}
		return nil
	case millis:
		*to.at = 0
		if null {
			return nil
		}
		var t time.Time
		if err := json.Unmarshal(raw, &t); err != nil {
			return err
		}
		*to.at = t.UnixMilli()
		return nil
	default:
		return fmt.Errorf("no way to set a %T", to)
	}
	if null {
		return nil
	}
	return json.Unmarshal(raw, to)
}
