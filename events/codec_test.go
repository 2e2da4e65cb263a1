package events

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
)

// message is an event as NATS holds it, with some headers changed; an empty
// value takes a header out.
func message(change map[string]string) (subject string, header map[string][]string, body []byte) {
	e := example(ReleasePublished)
	header, body = Encode(e)
	for name, v := range change {
		if header[name] = []string{v}; v == "" {
			delete(header, name)
		}
	}
	return e.Subject.String(), header, body
}

// TestE16UnknownMember: ignored in what the event means, kept in what it is.
func TestE16UnknownMember(t *testing.T) {
	subject, header, body := message(map[string]string{"ce-future": "x"})
	body = append([]byte(`{"invented":[1,{"a":null}],`), body[1:]...)
	e, err := Decode(subject, header, body, 7)
	if err != nil {
		t.Fatal(err)
	}
	want := example(ReleasePublished)
	if !reflect.DeepEqual(e.Data, want.Data) || e.Serial != 7 {
		t.Errorf("%+v", e.Data)
	}
	if !bytes.Equal(EncodeData(e), body) {
		t.Errorf("data %s", EncodeData(e))
	}
	if line := Line(e, Releases); !bytes.Contains(line, body) {
		t.Errorf("line %s", line)
	}
	line := Stored{Log: Releases, Serial: 7, Subject: subject, Header: header, Body: body}.Line()
	if !bytes.Contains(line, body) || !bytes.Contains(line, []byte(`,"future":"x","data":{"invented"`)) {
		t.Errorf("export %s", line)
	}
	back, err := ParseLine(line)
	if err != nil || !reflect.DeepEqual(back.Header, header) || !bytes.Equal(back.Body, body) {
		t.Errorf("import %+v, %v", back, err)
	}
}

// TestE17UnknownKind: what a newer server wrote is told from what nobody wrote.
func TestE17UnknownKind(t *testing.T) {
	for typ, unknown := range map[string]bool{
		"offprint.release.published.v2":   true,
		"offprint.release.published.v10":  true,
		"offprint.release.promoted.v1":    true,
		"offprint.webhook-endpoint.x.v1":  true,
		"offprint.release.published.v0":   false,
		"offprint.release.published":      false,
		"offprint.release.published.v1 ":  false,
		"offprint.Release.Published.v1":   false,
		"dev.cdevents.artifact.published": false,
		"":                                false,
	} {
		subject, header, body := message(map[string]string{"ce-type": typ})
		e, err := Decode(subject, header, body, 9)
		var kind *UnknownKindError
		if got := errors.As(err, &kind); got != unknown || errors.Is(err, ErrDecode) == unknown {
			t.Errorf("%q: %v", typ, err)
		}
		if unknown && kind.Type != typ || e.ID == "" || e.Serial != 9 {
			t.Errorf("%q: %v, %+v", typ, err, e)
		}
	}
}

// TestE18Poison: what a known kind cannot be is ErrDecode, with the attributes
// that could be read.
func TestE18Poison(t *testing.T) {
	for name, c := range map[string]struct {
		change map[string]string
		body   string
	}{
		"truncated":         {body: `{"product":"8c5e`},
		"empty":             {body: " "},
		"not an object":     {body: `[]`},
		"a number as text":  {body: `{"published":7}`},
		"a time of no form": {body: `{"published":"yesterday"}`},
		"source":            {change: map[string]string{"ce-source": "/v2/accounts/x"}},
		"no source":         {change: map[string]string{"ce-source": ""}},
		"time":              {change: map[string]string{"ce-time": "22.11.2026"}},
		"no time":           {change: map[string]string{"ce-time": ""}},
	} {
		subject, header, body := message(c.change)
		if c.body != "" {
			body = []byte(c.body)
		}
		e, err := Decode(subject, header, body, 3)
		if !errors.Is(err, ErrDecode) {
			t.Errorf("%s: %v", name, err)
		}
		if e.ID == "" || e.Serial != 3 || e.Kind != ReleasePublished || e.Resource == "" {
			t.Errorf("%s: %+v", name, e)
		}
	}
}

// TestE15Subject: an event that lies at a subject that nobody writes, or at one
// of something else, is poison.
func TestE15Subject(t *testing.T) {
	good := example(ReleasePublished).Subject.String()
	for name, subject := range map[string]string{
		"lower-case hex":   strings.ReplaceAll(good, "%2F", "%2f"),
		"needless escape":  strings.ReplaceAll(good, "app", "%61pp"),
		"another kind":     strings.ReplaceAll(good, "published", "yanked"),
		"another product":  strings.ReplaceAll(good, productID, otherID),
		"another package":  strings.ReplaceAll(good, "app", "bpp"),
		"the other log":    "access.acme.release." + otherID + ".published",
		"too few tokens":   "releases.acme.release.published",
		"an empty token":   strings.ReplaceAll(good, productID, ""),
		"no subject":       "",
		"another stream's": "usage" + strings.TrimPrefix(good, "releases"),
	} {
		_, header, body := message(nil)
		if _, err := Decode(subject, header, body, 1); !errors.Is(err, ErrDecode) {
			t.Errorf("%s %s: %v", name, subject, err)
		}
	}
	private := example(LicenseCreated)
	header, body := Encode(private)
	if _, err := Decode("releases.acme._._.license.created", header, body, 1); !errors.Is(err, ErrDecode) {
		t.Errorf("a private event on the public log: %v", err)
	}
}

// TestStructuredMode reads events that others put on NATS in one piece.
func TestStructuredMode(t *testing.T) {
	want := example(ReleasePublished)
	line := Line(want, Releases)
	want.Raw = EncodeData(want)
	for _, header := range []map[string][]string{
		{"Content-Type": {"application/cloudevents+json"}},
		{"ce-datacontenttype": {"application/cloudevents+json; charset=utf-8"}},
	} {
		want.Serial = 5
		e, err := Decode(want.Subject.String(), header, line, 5)
		if err != nil || !reflect.DeepEqual(e, want) {
			t.Errorf("%v\n%+v\n%+v", err, e, want)
		}
		if _, err := Decode(want.Subject.String(), header, line[:50], 5); !errors.Is(err, ErrDecode) {
			t.Error(err)
		}
		// Where it lies counts, not what it says of that.
		if _, err := Decode("releases.acme.x._.release.yanked", header, line, 5); !errors.Is(err, ErrDecode) {
			t.Error(err)
		}
	}
}

// TestTimes keeps milliseconds of UTC whatever is read.
func TestTimes(t *testing.T) {
	for in, want := range map[string]string{
		"2026-11-22T18:00:00.123456Z":   "2026-11-22T18:00:00.123Z",
		"2026-11-22T19:00:00.123+01:00": "2026-11-22T18:00:00.123Z",
		"2026-11-22T18:00:00Z":          "2026-11-22T18:00:00.000Z",
	} {
		subject, header, body := message(map[string]string{"ce-time": in})
		e, err := Decode(subject, header, body, 1)
		if err != nil || e.Time.Format(TimeFormat) != want {
			t.Errorf("%s: %v, %v", in, e.Time, err)
		}
	}
	b, err := json.Marshal(At(someTime.Add(999)))
	if err != nil || string(b) != `"2026-11-22T18:00:00.123Z"` {
		t.Errorf("%s, %v", b, err)
	}
}

func TestLineOfWhatIsNoEvent(t *testing.T) {
	for _, s := range []Stored{
		{Log: Releases, Serial: 1, Subject: "releases.x", Body: []byte("{\"a\":\n1}")},
		{Log: Access, Serial: 2, Subject: "access.x", Header: map[string][]string{"ce-id": {"<&>é"}, "ce-a": {"b"}, "Nats-Msg-Id": {"q"}}, Body: []byte{0xff, 0}},
		{Log: Releases, Serial: 3, Subject: "releases.x", Header: map[string][]string{"Content-Type": {"application/cloudevents+json"}}, Body: []byte("{")},
		{Log: Releases, Serial: 4, Subject: "releases.x"},
	} {
		line := s.Line()
		if bytes.ContainsAny(line, "\n\r") || !json.Valid(line) {
			t.Errorf("%q", line)
		}
		back, err := ParseLine(line)
		if err != nil || !bytes.Equal(back.Line(), line) || !bytes.Equal(back.Body, s.Body) {
			t.Errorf("%s\n%+v\n%v", line, back, err)
		}
	}
}
