package ingest

import (
	"bytes"

	"offprint/events"
	"offprint/schema/jsonapi"
)

// Bounds of metadata.
const (
	maxMetadataKeys  = 64
	maxMetadataDepth = 2
	maxMetadataBytes = 16 << 10
)

// metadata gives the attribute as it is stored: keys in snake_case, compact;
// nil if it is absent.
func metadata(in *input) (events.Metadata, problems) {
	v, found := in.attributes["metadata"]
	if !found || v.kind == isNull {
		return nil, nil
	}
	if !metadataFits(v, 1) {
		return nil, problems{unprocessable("metadata", "METADATA_INVALID", "must hold at most 64 keys in at most two levels")}
	}
	var b bytes.Buffer
	writeValue(&b, v)
	if b.Len() > maxMetadataBytes {
		return nil, problems{unprocessable("metadata", "METADATA_TOO_LONG", "is too long (maximum is 16 KiB)")}
	}
	return b.Bytes(), nil
}

func metadataFits(v value, depth int) bool {
	if v.kind != isObject && v.kind != isList {
		return true
	}
	names := map[string]bool{}
	for _, m := range v.members {
		names[jsonapi.Snake(m.name)] = true
		if !metadataFits(m.value, depth+1) {
			return false
		}
	}
	for _, x := range v.list {
		if !metadataFits(x, depth+1) {
			return false
		}
	}
	// Two keys that differ only in style would be one when they are shown.
	return depth <= maxMetadataDepth && len(v.members) <= maxMetadataKeys && len(names) == len(v.members)
}

// writeValue writes v compactly, object keys in snake_case.
func writeValue(b *bytes.Buffer, v value) {
	switch v.kind {
	case isNull:
		b.WriteString("null")
	case isBool:
		if v.flag {
			b.WriteString("true")
		} else {
			b.WriteString("false")
		}
	case isNumber:
		b.WriteString(v.text)
	case isString:
		b.Write(encode(v.text))
	case isList:
		b.WriteByte('[')
		for i, x := range v.list {
			if i > 0 {
				b.WriteByte(',')
			}
			writeValue(b, x)
		}
		b.WriteByte(']')
	case isObject:
		b.WriteByte('{')
		for i, m := range v.members {
			if i > 0 {
				b.WriteByte(',')
			}
			b.Write(encode(jsonapi.Snake(m.name)))
			b.WriteByte(':')
			writeValue(b, m.value)
		}
		b.WriteByte('}')
	}
}
