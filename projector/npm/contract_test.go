package npm

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"testing"
	"time"

	"offprint/schema"
)

// example is the package of the protocol's own examples (npm.md 2.4, 2.5).
type example struct{ version, published, tag, sha1, integrity string }

var examples = []example{
	{"1.0.0", "2026-10-01T09:00:00Z", "", "2fad804340fa0a60441efb202330fde9510988d4", "+RJ+zDqVRt2+jS8jv5tBZsaOw1mD7yE66Wc/aoXn4FAWirR2639M4QFIcmWnRj3Pwo0cGKF5QRYbhLpKSDZktQ=="},
	{"1.1.0", "2026-11-20T10:00:00Z", "next", "5a274c6b37b2384725dca077c2049961256d5860", "450KXNZAfBHhytaGvKoZPwAsOs5vYf8+e2jyptzClcChbse1HtKcuAxEBtAqFM1UkuTOXw9/wuznTHtMitIIbQ=="},
}

func millis(t testing.TB, text string) int64 {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at.UnixMilli()
}

// release renders an example.
func (x example) release(t testing.TB) schema.NPMRelease {
	sum, err := base64.StdEncoding.DecodeString(x.integrity)
	if err != nil {
		t.Fatal(err)
	}
	facts, err := json.Marshal(Facts{Name: "@acme/x", Version: x.version, FileCount: 3, UnpackedSize: 265, HasInstallScript: true,
		Manifest: json.RawMessage(`{"name":"@acme/x","version":"` + x.version + `","description":"Example","main":"lib/index.js","bin":{"x":"cli.js"},` +
			`"scripts":{"postinstall":"node cli.js"},"dependencies":{"ms":"^2.1.0"},"engines":{"node":">=18"},"license":"MIT"}`)})
	if err != nil {
		t.Fatal(err)
	}
	at := millis(t, x.published)
	a := schema.Artifact{Filename: "acme-x.tgz", SHA1: x.sha1, SHA512: hex.EncodeToString(sum), Facts: facts, Processed: at - 1000}
	r := schema.Release{Version: x.version, Tag: x.tag, Published: at}
	body, attr, ok, err := Render(schema.Package{Key: "@acme/x"}, r, a)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	return schema.NPMRelease{Rule: &schema.Rule{Status: schema.Published}, Attr: attr.(schema.NPMAttr), Body: body}
}

// TestContractExamples: the documents are those of the protocol, byte for byte.
func TestContractExamples(t *testing.T) {
	list := []schema.NPMRelease{examples[0].release(t), examples[1].release(t)}
	h := schema.Head{Key: "@acme/x", Created: millis(t, "2026-09-30T08:00:00Z")}
	same(t, schema.NPMPackument(nil, h, list[:1], list[0].Attr.Available, prefix), `{"_id":"@acme/x","name":"@acme/x","description":"Example",
 "dist-tags":{"latest":"1.0.0"},
 "time":{"created":"2026-09-30T08:00:00.000Z","modified":"2026-10-01T09:00:00.000Z","1.0.0":"2026-10-01T09:00:00.000Z"},
 "versions":{"1.0.0":{"name":"@acme/x","version":"1.0.0","description":"Example","main":"lib/index.js",
   "bin":{"x":"cli.js"},"scripts":{"postinstall":"node cli.js"},"dependencies":{"ms":"^2.1.0"},
   "engines":{"node":">=18"},"license":"MIT","_id":"@acme/x@1.0.0","_hasShrinkwrap":false,"hasInstallScript":true,
   "dist":{"tarball":"https://npm.pkg.example.com/acme/@acme/x/-/x-1.0.0.tgz",
     "shasum":"2fad804340fa0a60441efb202330fde9510988d4",
     "integrity":"sha512-+RJ+zDqVRt2+jS8jv5tBZsaOw1mD7yE66Wc/aoXn4FAWirR2639M4QFIcmWnRj3Pwo0cGKF5QRYbhLpKSDZktQ==",
     "fileCount":3,"unpackedSize":265}}},
 "license":"MIT"}`)
	same(t, schema.NPMAbbreviated(nil, h, list, list[1].Attr.Available, prefix), `{"name":"@acme/x","modified":"2026-11-20T10:00:00.000Z","dist-tags":{"latest":"1.1.0","next":"1.1.0"},
 "time":{"created":"2026-09-30T08:00:00.000Z","modified":"2026-11-20T10:00:00.000Z",
   "1.0.0":"2026-10-01T09:00:00.000Z","1.1.0":"2026-11-20T10:00:00.000Z"},
 "versions":{
  "1.0.0":{"name":"@acme/x","version":"1.0.0","dependencies":{"ms":"^2.1.0"},"bin":{"x":"cli.js"},"engines":{"node":">=18"},
    "_hasShrinkwrap":false,"hasInstallScript":true,"dist":{"tarball":"https://npm.pkg.example.com/acme/@acme/x/-/x-1.0.0.tgz",
    "shasum":"2fad804340fa0a60441efb202330fde9510988d4","integrity":"sha512-+RJ+zDqVRt2+jS8jv5tBZsaOw1mD7yE66Wc/aoXn4FAWirR2639M4QFIcmWnRj3Pwo0cGKF5QRYbhLpKSDZktQ==","fileCount":3,"unpackedSize":265}},
  "1.1.0":{"name":"@acme/x","version":"1.1.0","dependencies":{"ms":"^2.1.0"},"bin":{"x":"cli.js"},"engines":{"node":">=18"},
    "_hasShrinkwrap":false,"hasInstallScript":true,"dist":{"tarball":"https://npm.pkg.example.com/acme/@acme/x/-/x-1.1.0.tgz",
    "shasum":"5a274c6b37b2384725dca077c2049961256d5860","integrity":"sha512-450KXNZAfBHhytaGvKoZPwAsOs5vYf8+e2jyptzClcChbse1HtKcuAxEBtAqFM1UkuTOXw9/wuznTHtMitIIbQ==","fileCount":3,"unpackedSize":265}}}}`)
}

// same compares a document with one that is laid out for reading.
func same(t *testing.T, got []byte, want string) {
	t.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, []byte(want)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, b.Bytes()) {
		t.Errorf("got\n%s\nwant\n%s", got, b.Bytes())
	}
}
