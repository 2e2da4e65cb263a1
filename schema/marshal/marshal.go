// Package marshal writes Ruby's Marshal format, version 4.8: the part of it that
// RubyGems' indexes consist of, which is also all that the safe loader of newer
// clients accepts.
//
// https://docs.ruby-lang.org/en/3.3/marshal_rdoc.html
package marshal

import "time"

// Writer appends values to a stream. Links to earlier objects are never written,
// links to symbols always. The zero value is not ready; see New.
type Writer struct {
	out     []byte
	symbols map[string]int
}

// New begins a stream in dst's room.
func New(dst []byte) *Writer {
	return &Writer{out: append(dst, 4, 8), symbols: map[string]int{}}
}

// Bytes is the stream so far.
func (w *Writer) Bytes() []byte { return w.out }

// number writes a count or the digits of an integer.
func (w *Writer) number(n int) {
	switch {
	case n == 0:
		w.out = append(w.out, 0)
	case n > 0 && n <= 122:
		w.out = append(w.out, byte(n+5))
	case n < 0 && n >= -123:
		w.out = append(w.out, byte(n-5))
	default:
		at := len(w.out)
		w.out = append(w.out, 0)
		size := 0
		for rest := n; size < 4 && rest != 0 && rest != -1; size++ {
			w.out = append(w.out, byte(rest))
			rest >>= 8
		}
		if n < 0 {
			size = -size
		}
		w.out[at] = byte(size)
	}
}

// Nil writes nil.
func (w *Writer) Nil() { w.out = append(w.out, '0') }

// Bool writes true or false.
func (w *Writer) Bool(b bool) {
	if b {
		w.out = append(w.out, 'T')
		return
	}
	w.out = append(w.out, 'F')
}

// Int writes an integer of at most 30 bits.
func (w *Writer) Int(n int) {
	w.out = append(w.out, 'i')
	w.number(n)
}

// Array begins an array of n values, which follow.
func (w *Writer) Array(n int) {
	w.out = append(w.out, '[')
	w.number(n)
}

// Hash begins a hash of n pairs, which follow as key and value.
func (w *Writer) Hash(n int) {
	w.out = append(w.out, '{')
	w.number(n)
}

// Symbol writes a symbol.
func (w *Writer) Symbol(s string) {
	if i, ok := w.symbols[s]; ok {
		w.out = append(w.out, ';')
		w.number(i)
		return
	}
	w.symbols[s] = len(w.symbols)
	w.out = append(w.out, ':')
	w.raw(s)
}

func (w *Writer) raw(s string) {
	w.number(len(s))
	w.out = append(w.out, s...)
}

// String writes a UTF-8 string.
func (w *Writer) String(s string) { w.text(s, true) }

func (w *Writer) text(s string, utf8 bool) {
	w.out = append(w.out, 'I', '"')
	w.raw(s)
	w.number(1)
	w.Symbol("E")
	w.Bool(utf8)
}

// StringOrNil writes a string, or nil for an empty one.
func (w *Writer) StringOrNil(s string) {
	if s == "" {
		w.Nil()
		return
	}
	w.String(s)
}

// Strings writes an array of strings.
func (w *Writer) Strings(list []string) {
	w.Array(len(list))
	for _, s := range list {
		w.String(s)
	}
}

// UserMarshal begins an object that dumps itself as the value that follows.
func (w *Writer) UserMarshal(class string) {
	w.out = append(w.out, 'U')
	w.Symbol(class)
}

// UserDump writes an object that dumps itself as a string of bytes: a stream of
// its own.
func (w *Writer) UserDump(class string, inner []byte) {
	w.out = append(w.out, 'u')
	w.Symbol(class)
	w.raw(string(inner))
}

// Object begins an object with n instance variables, which follow as symbol and
// value.
func (w *Writer) Object(class string, n int) {
	w.out = append(w.out, 'o')
	w.Symbol(class)
	w.number(n)
}

// Time writes an instant in UTC, to the microsecond
// (https://github.com/ruby/ruby/blob/master/time.c, time_mdump).
func (w *Writer) Time(t time.Time) {
	t = t.UTC()
	high := uint32(1)<<31 | 1<<30 | uint32(t.Year()-1900)<<14 | uint32(t.Month()-1)<<10 | uint32(t.Day())<<5 | uint32(t.Hour())
	low := uint32(t.Minute())<<26 | uint32(t.Second())<<20 | uint32(t.Nanosecond()/1000)
	w.out = append(w.out, 'I', 'u')
	w.Symbol("Time")
	w.number(8)
	for _, word := range [2]uint32{high, low} {
		w.out = append(w.out, byte(word), byte(word>>8), byte(word>>16), byte(word>>24))
	}
	w.number(1)
	w.Symbol("zone")
	w.text("UTC", false)
}

// Version writes a Gem::Version.
func (w *Writer) Version(v string) {
	w.UserMarshal("Gem::Version")
	w.Array(1)
	w.String(v)
}

// Bound is one condition of a requirement: an operator and a version.
type Bound struct{ Op, Version string }

// Requirement writes a Gem::Requirement.
func (w *Writer) Requirement(list []Bound) {
	w.UserMarshal("Gem::Requirement")
	w.Array(1)
	w.Array(len(list))
	for _, b := range list {
		w.Array(2)
		w.String(b.Op)
		w.Version(b.Version)
	}
}

// Dependency writes a Gem::Dependency; kind is runtime or development.
func (w *Writer) Dependency(name, kind string, list []Bound) {
	w.Object("Gem::Dependency", 5)
	w.Symbol("@name")
	w.String(name)
	w.Symbol("@requirement")
	w.Requirement(list)
	w.Symbol("@type")
	w.Symbol(kind)
	w.Symbol("@prerelease")
	w.Bool(false)
	w.Symbol("@version_requirements")
	w.Requirement(list)
}

// Platform writes a Gem::Platform. Parts that are missing are nil.
func (w *Writer) Platform(cpu, os, version string) {
	w.Object("Gem::Platform", 3)
	for _, part := range [...][2]string{{"@cpu", cpu}, {"@os", os}, {"@version", version}} {
		w.Symbol(part[0])
		w.StringOrNil(part[1])
	}
}
