package events

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Stored is a message as it lies on a log, whether or not it decodes: an
// export keeps poison and events of newer versions too.
type Stored struct {
	Log     Log
	Serial  uint64 // 0 if unknown
	Subject string // on NATS; empty in a line that does not say it
	Header  map[string][]string
	Body    []byte
}

// ErrLine is wrapped by every error of ParseLine.
var ErrLine = errors.New("not an event")

// ID is the event's id; empty if it has none.
func (s Stored) ID() string { return s.attribute(headerID) }

// Type is the event's CloudEvents type.
func (s Stored) Type() string { return s.attribute(headerType) }

// Resource is the CloudEvents subject: "releases/<id>".
func (s Stored) Resource() string { return s.attribute(headerSubject) }

// AccountID is the account named by the CloudEvents source.
func (s Stored) AccountID() string {
	return strings.TrimPrefix(s.attribute(headerSource), sourcePrefix)
}

func (s Stored) attribute(header string) string {
	if v := s.Header[header]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// attributes are the members of a structured event that are NATS headers in
// binary mode, in the order in which a line has them.
var attributes = []string{"specversion", "id", "source", "type", "subject", "time", "datacontenttype", "actor", "requestid", "traceparent"}

// required ones are written even if the message lacks them.
var required = map[string]bool{"id": true, "source": true, "type": true, "time": true}

const headerPrefix = "ce-"

// Line is s as one line of an export, without the line feed: for an event that
// decodes the same as Line of the event. Attributes that this version does not
// know follow those it does, by name; a body that is not compact JSON is
// written as data_base64. ParseLine is its inverse.
func (s Stored) Line() []byte {
	if structured(s.Header) {
		s = s.binary()
	}
	b := []byte{'{'}
	add := func(name string, value []byte) {
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(append(append(b, compact(name)...), ':'), value...)
	}
	for _, name := range attributes {
		v := s.attribute(headerPrefix + name)
		if name == "specversion" {
			v = "1.0"
		}
		if v != "" || required[name] {
			add(name, compact(v))
		}
	}
	if s.Serial != 0 {
		add("sequence", fmt.Appendf(nil, `"%020d"`, s.Serial))
	}
	add("log", compact(s.Log))
	if s.Subject != "" {
		add("natssubject", compact(s.Subject))
	}
	for _, name := range s.extensions() {
		add(name, compact(s.attribute(headerPrefix+name)))
	}
	if isCompact(s.Body) {
		add("data", s.Body)
	} else if len(s.Body) > 0 {
		add("data_base64", compact(s.Body))
	}
	return append(b, '}')
}

// binary is s, which says that its body is a structured event, in binary mode.
func (s Stored) binary() Stored {
	if inner, err := ParseLine(s.Body); err == nil {
		s.Header, s.Body = inner.Header, inner.Body
	} else {
		s.Header = maps.Clone(s.Header)
		s.Header[headerContent] = []string{structuredType}
	}
	return s
}

// extensions names the attributes that this version does not know, sorted.
func (s Stored) extensions() []string {
	var names []string
	for header := range s.Header {
		name, ok := strings.CutPrefix(header, headerPrefix)
		if ok && !slices.Contains(attributes, name) && !ownMember(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// ownMember says that a member of a line is not an attribute in a header.
func ownMember(name string) bool {
	return slices.Contains([]string{"sequence", "log", "natssubject", "data", "data_base64"}, name)
}

func isCompact(body []byte) bool {
	var b bytes.Buffer
	return json.Compact(&b, body) == nil && bytes.Equal(b.Bytes(), body)
}

// ParseLine reads one line of an export. It asks for what every event must
// have (specversion, id, source, type, time) and for values that a log can hold, but not for a
// known kind or for data that decodes: these are the projector's to judge.
func ParseLine(text []byte) (Stored, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		return Stored{}, fmt.Errorf("%w: %w", ErrLine, err)
	}
	s := Stored{Header: map[string][]string{}}
	for name, raw := range members {
		if err := s.member(name, raw); err != nil {
			return s, fmt.Errorf("%w: %s: %w", ErrLine, name, err)
		}
	}
	if v := s.attribute(headerSpec); v != "1.0" {
		return s, fmt.Errorf("%w: specversion %q", ErrLine, v)
	}
	for name := range required {
		if members[name] == nil {
			return s, fmt.Errorf("%w: no %s", ErrLine, name)
		}
	}
	if members["data"] != nil && members["data_base64"] != nil {
		return s, fmt.Errorf("%w: data twice", ErrLine)
	}
	return s, nil
}

// member takes in one member of a line.
func (s *Stored) member(name string, raw json.RawMessage) (err error) {
	text := string(raw)
	if len(raw) > 0 && raw[0] == '"' {
		if err := json.Unmarshal(raw, &text); err != nil {
			return err
		}
	}
	switch name {
	case "sequence":
		s.Serial, err = strconv.ParseUint(text, 10, 64)
	case "log":
		s.Log = Log(text)
		if s.Log != Releases && s.Log != Access {
			err = fmt.Errorf("%q is neither releases nor access", text)
		}
	case "natssubject":
		s.Subject = text
	case "data":
		var b bytes.Buffer
		err = json.Compact(&b, raw)
		s.Body = b.Bytes()
	case "data_base64":
		err = json.Unmarshal(raw, &s.Body)
	default:
		if strings.ContainsFunc(name+text, func(r rune) bool { return r < ' ' || r == 0x7f }) || strings.ContainsAny(name, ": ") {
			return errors.New("control characters")
		}
		if text != "" && text != "null" {
			s.Header[headerPrefix+name] = []string{text}
		}
	}
	return err
}
