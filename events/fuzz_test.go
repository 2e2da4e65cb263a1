package events

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// FuzzPackageToken: token and folded key are inverse both ways, and a token is
// always one token of NATS.
func FuzzPackageToken(f *testing.F) {
	for _, key := range []string{"", "_", "app", "@acme/app", "foo.bar", "50%>*", "A_b", "🦊", "a b", "%5F", "%2f", "\xff", "İ", "\x00"} {
		f.Add(key)
	}
	f.Fuzz(func(t *testing.T, key string) {
		token := PackageToken(key)
		if strings.ContainsAny(token, ".*> \t\r\n\x00") || token == "" {
			t.Fatalf("token %q of %q", token, key)
		}
		back, err := parsePackageToken(token)
		if err != nil || back != strings.ToLower(key) {
			t.Fatalf("%q has token %s, which is %q, %v", key, token, back, err)
		}
		if parsed, err := parsePackageToken(key); err == nil && PackageToken(parsed) != key {
			t.Fatalf("token %s is %q, which has token %s", key, parsed, PackageToken(parsed))
		}
	})
}

// FuzzSubject: what parses is written as it was.
func FuzzSubject(f *testing.F) {
	for _, kind := range []Kind{AccountCreated, ReleasePublished, LicenseCreated, UserCreated} {
		f.Add(place(kind).String())
	}
	f.Add("releases.acme.p.%2f.release.published")
	f.Add("releases.acme._.%5F.package.created")
	f.Add("access.a.b._.c")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseSubject(text)
		if err != nil {
			if !errors.Is(err, ErrSubject) {
				t.Fatal(err)
			}
			return
		}
		if s.String() != text {
			t.Fatalf("%q is %+v, which lies at %q", text, s, s)
		}
		if b := s.Boundary(); b.Log != s.Log || !strings.HasSuffix(b.Filter, ".>") {
			t.Fatalf("boundary %+v of %q", b, text)
		}
	})
}

// FuzzDecode: nothing that lies on NATS makes a reader panic; what decodes is
// stored again as it was.
func FuzzDecode(f *testing.F) {
	for _, kind := range []Kind{AccountCreated, ReleaseCreated, ReleaseUpdated, ArtifactProcessed, TokenGenerated} {
		e := example(kind)
		_, body := Encode(e)
		f.Add(e.Subject.String(), kind.Type(), "/v1/accounts/"+accountID, "2026-11-22T18:00:00.123Z", "application/json", body)
		f.Add(e.Subject.String(), "", "", "", "application/cloudevents+json", Line(e, kind.Log()))
		f.Add("", "", "", "", "application/cloudevents+json", Line(e, kind.Log())) // lies where it says
	}
	f.Fuzz(func(t *testing.T, subject, typ, source, at, content string, body []byte) {
		header := map[string][]string{"ce-id": {"i"}, "ce-type": {typ}, "ce-source": {source}, "ce-time": {at}, "ce-datacontenttype": {content}}
		e, err := Decode(subject, header, body, 1)
		var unknown *UnknownKindError
		if err != nil {
			if !errors.Is(err, ErrDecode) && !errors.As(err, &unknown) {
				t.Fatal(err)
			}
			return
		}
		h, b := Encode(e)
		again, err := Decode(e.Subject.String(), h, b, 1)
		if err != nil || !bytes.Equal(EncodeData(again), EncodeData(e)) || again.Time != e.Time || again.Subject != e.Subject || subject != "" && e.Subject.String() != subject {
			t.Fatalf("%v\n%+v\n%+v", err, e, again)
		}
	})
}

// FuzzDecodeStructured: no line makes a reader panic; an export of an import is
// what was imported.
func FuzzDecodeStructured(f *testing.F) {
	for _, kind := range []Kind{AccountCreated, ReleaseCreated, ArtifactProcessed, TokenGenerated} {
		f.Add(Line(example(kind), kind.Log()))
	}
	f.Add([]byte(`{"specversion":"1.0","id":"","source":"","type":"","time":"","sequence":"7","log":"access","data_base64":"/wA="}`))
	f.Add([]byte(`{"specversion":"1.0","id":1,"source":true,"type":"t","time":null,"x":{"a":1},"data":[ 1 ]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var unknown *UnknownKindError
		if _, err := DecodeStructured(text); err != nil && !errors.Is(err, ErrDecode) && !errors.As(err, &unknown) {
			t.Fatal(err)
		}
		s, err := ParseLine(text)
		if err != nil {
			if !errors.Is(err, ErrLine) {
				t.Fatal(err)
			}
			return
		}
		if s.Log == "" {
			s.Log = Releases
		}
		line := s.Line()
		again, err := ParseLine(line)
		if err != nil || !bytes.Equal(again.Line(), line) || !bytes.Equal(again.Body, s.Body) {
			t.Fatalf("%v\n%q\n%q", err, line, again.Line())
		}
	})
}
