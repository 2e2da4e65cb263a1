package serve

import "bytes"

// extent is which bytes of a file are wanted.
type extent struct{ start, length int64 }

// Verdicts about a Range header.
type rangeVerdict byte

const (
	wholeFile   rangeVerdict = iota // no range, or one that is to be ignored
	partOfFile                      // one range with at least one byte
	noSuchRange                     // 416
)

// parseRange reads a Range header for a file of size bytes (RFC 9110 section
// 14.2). What does not parse, another unit, several ranges, and any range of an
// empty file ask for the whole.
func parseRange(h []byte, size int64) (extent, rangeVerdict) {
	whole := extent{0, size}
	unit, spec, found := bytes.Cut(h, []byte("="))
	if !found || size == 0 || !bytes.EqualFold(unit, []byte("bytes")) {
		return whole, wholeFile
	}
	first, last, found := bytes.Cut(bytes.Trim(spec, " \t"), []byte("-"))
	if !found {
		return whole, wholeFile
	}
	from, okFrom := offset(first)
	to, okTo := offset(last)
	switch {
	case len(first) == 0 && okTo: // the last bytes
		if to == 0 {
			return whole, noSuchRange
		}
		to = min(to, size)
		return extent{size - to, to}, partOfFile
	case !okFrom || !okTo && len(last) > 0, okTo && to < from:
		return whole, wholeFile
	case from >= size:
		return whole, noSuchRange
	case len(last) == 0:
		to = size - 1
	}
	to = min(to, size-1)
	return extent{from, to - from + 1}, partOfFile
}

// offset reads a number; one that is too large is larger than any file.
func offset(digits []byte) (int64, bool) {
	const most = 1 << 62
	n := int64(0)
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = min(n, most/10-1)*10 + int64(c-'0')
	}
	return n, len(digits) > 0
}
