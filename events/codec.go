package events

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"
)

// ErrDecode is wrapped by every error about an event of a known kind that
// cannot be read: such an event is parked.
var ErrDecode = errors.New("event does not decode")

// compact is the one way that data is written: no white space, no HTML
// escaping, members in struct order.
func compact(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(fmt.Sprintf("events: encode %T: %v", v, err)) // payloads hold nothing that cannot be encoded
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// EncodeData is the payload of e as stored. Equal events give equal bytes. An
// event that was read keeps the bytes it was read with.
func EncodeData(e Event) []byte {
	if e.Raw != nil {
		return e.Raw
	}
	return compact(e.Data)
}

func decodeData(kind Kind, raw []byte) (Payload, error) {
	typ, ok := payloadTypes[kind]
	if !ok {
		return nil, &UnknownKindError{kind.Type()}
	}
	p := reflect.New(typ).Interface().(Payload)
	if err := json.Unmarshal(raw, p); err != nil {
		return nil, fmt.Errorf("%w: %s: %v", ErrDecode, kind, err)
	}
	return p, nil
}

// Headers of the CloudEvents NATS binding, binary mode
// (https://github.com/cloudevents/spec/blob/main/cloudevents/bindings/nats-protocol-binding.md).
const (
	headerSpec    = "ce-specversion"
	headerID      = "ce-id"
	headerSource  = "ce-source"
	headerType    = "ce-type"
	headerSubject = "ce-subject"
	headerTime    = "ce-time"
	headerContent = "ce-datacontenttype"
	headerActor   = "ce-actor"
	headerRequest = "ce-requestid"
	headerTrace   = "ce-traceparent"

	sourcePrefix   = "/v1/accounts/"
	jsonType       = "application/json"
	structuredType = "application/cloudevents+json"
)

// Encode gives the headers and the body of e in binary mode.
func Encode(e Event) (map[string][]string, []byte) {
	h := map[string][]string{
		headerSpec:    {"1.0"},
		headerID:      {e.ID},
		headerSource:  {sourcePrefix + e.AccountID},
		headerType:    {e.Kind.Type()},
		headerSubject: {e.Resource},
		headerTime:    {e.Time.Format(TimeFormat)},
		headerContent: {jsonType},
	}
	for name, v := range map[string]string{headerActor: e.Actor, headerRequest: e.RequestID, headerTrace: e.TraceParent} {
		if v != "" {
			h[name] = []string{v}
		}
	}
	return h, EncodeData(e)
}

// Decode reads a stored message. The error is an *UnknownKindError when a newer
// server wrote it, otherwise it wraps ErrDecode; even then the Event has the
// attributes that could be read, for the record of parked events.
func Decode(subject string, header map[string][]string, body []byte, serial uint64) (Event, error) {
	if structured(header) {
		e, err := decodeWire(body, subject)
		e.Serial = serial
		return e, err
	}
	get := func(name string) string {
		if v := header[name]; len(v) > 0 {
			return v[0]
		}
		return ""
	}
	e := Event{ID: get(headerID), Resource: get(headerSubject), Actor: get(headerActor), RequestID: get(headerRequest),
		TraceParent: get(headerTrace), Serial: serial, Raw: bytes.Clone(body)}
	return finish(e, subject, get(headerType), get(headerSource), get(headerTime))
}

func structured(header map[string][]string) bool {
	for _, name := range []string{headerContent, "Content-Type"} {
		if v := header[name]; len(v) > 0 && strings.HasPrefix(v[0], structuredType) {
			return true
		}
	}
	return false
}

// finish fills in what has to be parsed: kind, account, time, data, and the
// subject, which must agree with the kind.
func finish(e Event, subject, typ, source, at string) (Event, error) {
	var err error
	if e.Kind, err = parseType(typ); err != nil {
		return e, err
	}
	account, ok := strings.CutPrefix(source, sourcePrefix)
	if !ok {
		return e, fmt.Errorf("%w: source %q", ErrDecode, source)
	}
	e.AccountID = account
	if e.Time, err = time.Parse(time.RFC3339Nano, at); err != nil {
		return e, fmt.Errorf("%w: time %q", ErrDecode, at)
	}
	e.Time = Millis(e.Time)
	if e.Data, err = decodeData(e.Kind, e.Raw); err != nil {
		return e, err
	}
	if e.Subject, err = ParseSubject(subject); err != nil {
		return e, fmt.Errorf("%w: %v", ErrDecode, err)
	}
	return e, e.placed()
}

// placed says whether e lies where an event of its kind and data must lie.
func (e Event) placed() error {
	if e.Subject.Kind != e.Kind || e.Subject.Log != e.Kind.Log() {
		return fmt.Errorf("%w: kind %s lies at %q", ErrDecode, e.Kind, e.Subject)
	}
	b, ok := e.Data.(interface{ base() *Base })
	if !ok {
		return nil
	}
	d := b.base()
	if e.Subject.Product != "" && d.Product != "" && d.Product != e.Subject.Product {
		return fmt.Errorf("%w: product %s lies at %q", ErrDecode, d.Product, e.Subject)
	}
	if e.Subject.Package != "" && d.Key != "" && strings.ToLower(d.Key) != e.Subject.Package {
		return fmt.Errorf("%w: key %q lies at %q", ErrDecode, d.Key, e.Subject)
	}
	return nil
}
