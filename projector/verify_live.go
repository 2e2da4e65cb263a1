package projector

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"offprint/events"
	"offprint/schema"
)

// settleRounds is how often records that keep changing are compared.
const settleRounds = 10

// serialDigits is the width of serials in keys and values of a walk.
const serialDigits = 20

// asOfCut gives a stored entry as it was at the cut; ok is false if it came to
// be later. Of a record that was changed later nothing older is known.
func (v *verification) asOfCut(x entry) (entry, bool) {
	switch x.table {
	case "record":
		var rec struct{ Serial uint64 }
		if json.Unmarshal(x.value, &rec) != nil {
			return x, true // not equal to anything
		}
		return x, rec.Serial <= v.cut[string(recordKey(x).log())]
	case "parked":
		log, _, _ := strings.Cut(x.key, "/")
		return x, keySerial(x.key) <= v.cut[log]
	}
	cut := v.cut[string(events.Releases)]
	if keySerial(x.key) > cut {
		return x, false
	}
	if x.table != "body" && len(x.value) >= serialDigits {
		if to, err := strconv.ParseUint(string(x.value[:serialDigits]), 10, 64); err == nil && to > cut {
			x.value = append(bytes.Repeat([]byte{'0'}, serialDigits), x.value[serialDigits:]...)
		}
	}
	return x, true
}

// keySerial is the serial at the end of a key.
func keySerial(key string) uint64 {
	n, err := strconv.ParseUint(key[max(0, len(key)-serialDigits):], 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// walkKey is the key of a record, "account/kind/id".
type walkKey schema.RecordKey

func recordKey(x entry) walkKey {
	account, rest, _ := strings.Cut(x.key, "/")
	kind, id, _ := strings.Cut(rest, "/")
	return walkKey{Account: account, Kind: schema.Kind(kind), ID: id}
}

// log is the one whose events change records of the kind.
func (k walkKey) log() events.Log {
	switch k.Kind {
	case schema.Policies, schema.Licenses, schema.Users, schema.Tokens:
		return events.Access
	}
	return events.Releases
}

// postpone compares a record again at the end; what is the difference now.
func (v *verification) postpone(x entry, what string) {
	if len(v.later) >= maxLater {
		v.add(x.table, x.key, what)
		return
	}
	v.later[schema.RecordKey(recordKey(x))] = struct{}{}
}

// settle compares the records that were changed or deleted during the walk, at
// a time at which the store stood still.
func (v *verification) settle(ctx context.Context) error {
	for round := 0; len(v.later) > 0; round++ {
		if err := v.replay(ctx, false); err != nil {
			return err
		}
		differ := map[schema.RecordKey]string{}
		for key := range v.later {
			what, err := v.record(ctx, key)
			if err != nil {
				return err
			}
			if what == "" {
				delete(v.later, key)
			} else {
				differ[key] = what
			}
		}
		still, err := v.still(ctx)
		if err != nil {
			return err
		}
		if !still && round < settleRounds {
			continue
		}
		for _, key := range slices.SortedFunc(maps.Keys(differ), byKey) {
			v.add("record", key.Account+"/"+string(key.Kind)+"/"+key.ID, differ[key])
		}
		return nil
	}
	return nil
}

// still says that no event was applied to the store since replay.
func (v *verification) still(ctx context.Context) (bool, error) {
	for log, cut := range v.cut {
		at, err := v.Store.Cursor(ctx, log)
		if err != nil {
			return false, fmt.Errorf("cursor %s: %w", log, err)
		}
		if at > cut {
			return false, nil
		}
	}
	return true, nil
}

// record compares one record; empty if both are equal.
func (v *verification) record(ctx context.Context, key schema.RecordKey) (what string, err error) {
	read := func(s schema.Records) []byte {
		rec, rerr := s.Record(ctx, key.Account, key.Kind, key.ID)
		if rerr == nil {
			var value []byte
			if value, rerr = json.Marshal(rec); rerr == nil {
				return value
			}
		}
		if !errors.Is(rerr, schema.ErrNotFound) {
			err = errors.Join(err, rerr)
		}
		return nil
	}
	have, want := read(v.Store), read(v.Scratch)
	switch {
	case err != nil || bytes.Equal(have, want):
		return "", err
	case want == nil:
		return "is stored, and must not be there", nil
	case have == nil:
		return "is missing", nil
	}
	return firstDifference("record", have, want), nil
}
