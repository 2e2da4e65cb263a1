package schema

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// NPMBody is what the index keeps of a release's tarball, cut so that a
// document is put together without reading any JSON. A version object is
//
//	Open [Deprecated] Rest <registry prefix> Dist
//
// in the full or the abbreviated form. Where the package is deprecated by its
// own manifest, Open ends with `"deprecated":` and Deprecated is the value;
// elsewhere Open ends after the version's member and Deprecated is empty. A
// yanked release puts a value of its own there, with the member's name if need
// be. Rest ends with `"tarball":"`, and Dist begins with the path below the
// registry.
type NPMBody struct {
	Full, Abbreviated NPMObject
	Deprecated        []byte // a JSON string
	Dist              []byte
	Hoisted           [len(NPMHoisted)]NPMSpan // in Full, by place in NPMHoisted
}

// NPMObject is a version object without what is put in when it is served.
type NPMObject struct{ Open, Rest []byte }

// NPMSpan is the place of a value in the text Open+Rest of the full object. The
// zero value: the package has none.
type NPMSpan struct{ At, Len int }

// NPMHoisted are the members of the latest version that a full packument
// repeats: the first one early, the others after the versions.
var NPMHoisted = [...]string{"description", "author", "bugs", "contributors", "homepage", "keywords", "license", "maintainers", "repository"}

// Places in NPMHoisted.
const (
	hoistedDescription = 0
	hoistedBugs        = 2
	hoistedHomepage    = 4
	hoistedKeywords    = 5
	hoistedMaintainers = 7
	hoistedRepository  = 8
)

// A stored body is, with every number an unsigned varint:
//
//	1                         the layout
//	length of Full.Open, Full.Rest, Abbreviated.Open, Abbreviated.Rest, Deprecated, Dist
//	length of the spans
//	the six texts, in that order
//	spans: At and Len of each hoisted value
const npmLayout = 1

// errNPMBody is wrapped by every error about a stored body.
var errNPMBody = errors.New("npm body")

// Append writes the body as it is stored. Equal bodies give equal bytes.
func (b *NPMBody) Append(dst []byte) []byte {
	var spans []byte
	for _, s := range b.Hoisted {
		spans = binary.AppendUvarint(spans, uint64(s.At))
		spans = binary.AppendUvarint(spans, uint64(s.Len))
	}
	texts := [...][]byte{b.Full.Open, b.Full.Rest, b.Abbreviated.Open, b.Abbreviated.Rest, b.Deprecated, b.Dist, spans}
	dst = append(dst, npmLayout)
	for _, t := range texts {
		dst = binary.AppendUvarint(dst, uint64(len(t)))
	}
	for _, t := range texts {
		dst = append(dst, t...)
	}
	return dst
}

// ParseNPMBody reads a stored body. The result shares memory with src.
func ParseNPMBody(src []byte) (NPMBody, error) {
	b, spans, err := parseNPMBody(src)
	if err != nil {
		return NPMBody{}, err
	}
	b.Hoisted, err = parseSpans(spans, len(b.Full.Open), len(b.Full.Rest))
	return b, err
}

// parseNPMBody reads all but the spans, which few callers need.
func parseNPMBody(src []byte) (b NPMBody, spans []byte, err error) {
	if len(src) == 0 || src[0] != npmLayout {
		return b, nil, fmt.Errorf("%w: unknown layout", errNPMBody)
	}
	rest := src[1:]
	texts := [...]*[]byte{&b.Full.Open, &b.Full.Rest, &b.Abbreviated.Open, &b.Abbreviated.Rest, &b.Deprecated, &b.Dist, &spans}
	var lengths [len(texts)]int
	for i := range texts {
		n, size := binary.Uvarint(rest)
		if size <= 0 || n > uint64(len(src)) {
			return NPMBody{}, nil, fmt.Errorf("%w: bad length", errNPMBody)
		}
		lengths[i], rest = int(n), rest[size:]
	}
	for i, t := range texts {
		if lengths[i] > len(rest) {
			return NPMBody{}, nil, fmt.Errorf("%w: ends early", errNPMBody)
		}
		*t, rest = rest[:lengths[i]:lengths[i]], rest[lengths[i]:]
	}
	if len(rest) > 0 {
		return NPMBody{}, nil, fmt.Errorf("%w: has more after the end", errNPMBody)
	}
	return b, spans, nil
}

// parseSpans reads spans of a text of two parts; a value lies in one of them.
func parseSpans(src []byte, open, rest int) (spans [len(NPMHoisted)]NPMSpan, err error) {
	for i := range spans {
		at, n := binary.Uvarint(src)
		size, m := binary.Uvarint(src[max(n, 0):])
		if n <= 0 || m <= 0 || at > math.MaxInt32 || size > math.MaxInt32 {
			return spans, fmt.Errorf("%w: bad span", errNPMBody)
		}
		src = src[n+m:]
		s := NPMSpan{int(at), int(size)}
		if s.At+s.Len > open+rest || s.At < open && s.At+s.Len > open {
			return spans, fmt.Errorf("%w: span outside the text", errNPMBody)
		}
		spans[i] = s
	}
	if len(src) > 0 {
		return spans, fmt.Errorf("%w: too many spans", errNPMBody)
	}
	return spans, nil
}

// hoisted gives the value of NPMHoisted[i], nil if there is none.
func (b *NPMBody) hoisted(i int) []byte {
	s := b.Hoisted[i]
	switch {
	case s.Len == 0:
		return nil
	case s.At < len(b.Full.Open):
		return b.Full.Open[s.At : s.At+s.Len]
	}
	at := s.At - len(b.Full.Open)
	return b.Full.Rest[at : at+s.Len]
}
