package events

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// wire is a structured CloudEvent as feeds and exports write it.
type wire struct {
	SpecVersion string          `json:"specversion"`
	ID          string          `json:"id"`
	Source      string          `json:"source"`
	Type        string          `json:"type"`
	Subject     string          `json:"subject,omitempty"`
	Time        string          `json:"time"`
	ContentType string          `json:"datacontenttype"`
	Actor       string          `json:"actor,omitempty"`
	RequestID   string          `json:"requestid,omitempty"`
	TraceParent string          `json:"traceparent,omitempty"`
	Sequence    string          `json:"sequence,omitempty"`
	Log         Log             `json:"log,omitempty"`
	Where       string          `json:"natssubject,omitempty"`
	Data        json.RawMessage `json:"data"`
}

// Line is e as one line of an export, without the line feed. The member
// natssubject (an extension attribute) keeps where the event lies, which no
// other attribute says for packages whose creation is not in the same file.
func Line(e Event, log Log) []byte {
	return compact(wire{
		SpecVersion: "1.0", ID: e.ID, Source: sourcePrefix + e.AccountID, Type: e.Kind.Type(), Subject: e.Resource,
		Time: e.Time.Format(TimeFormat), ContentType: jsonType, Actor: e.Actor, RequestID: e.RequestID,
		TraceParent: e.TraceParent, Sequence: fmt.Sprintf("%020d", e.Serial), Log: log,
		Where: e.Subject.String(), Data: EncodeData(e),
	})
}

// DecodeStructured reads one line of an export. Errors are those of Decode.
func DecodeStructured(text []byte) (Event, error) { return decodeWire(text, "") }

// decodeWire reads a structured event that lies at subject, or, if that is
// empty, where the event itself says.
func decodeWire(text []byte, subject string) (Event, error) {
	var w wire
	if err := json.Unmarshal(text, &w); err != nil {
		return Event{}, fmt.Errorf("%w: %v", ErrDecode, err)
	}
	e := Event{ID: w.ID, Resource: w.Subject, Actor: w.Actor, RequestID: w.RequestID, TraceParent: w.TraceParent, Raw: w.Data}
	if w.Sequence != "" {
		serial, err := strconv.ParseUint(w.Sequence, 10, 64)
		if err != nil {
			return e, fmt.Errorf("%w: sequence %q", ErrDecode, w.Sequence)
		}
		e.Serial = serial
	}
	if subject == "" {
		subject = w.Where
	}
	return finish(e, subject, w.Type, w.Source, w.Time)
}
