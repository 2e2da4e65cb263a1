package oci

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// maxNesting bounds the depth of a manifest's JSON.
const maxNesting = 64

// document is the outer form of a manifest: what a lenient parser lets pass.
type document struct {
	members   map[string]json.Token // of the object: the first token of each value
	algorithm string                // a digest by an algorithm that nobody here knows
	elements  int                   // the most descriptors in one list
}

// inspect reads JSON strictly: one object and nothing behind it, in UTF-8, no
// member twice, not too deep. Parsers that overlook these differ in what they
// make of a manifest, and its digest would name two things.
func inspect(text []byte) (*document, error) {
	if !utf8.Valid(text) {
		return nil, errors.New("it is not UTF-8")
	}
	d := &document{members: map[string]json.Token{}}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	first, err := dec.Token()
	if err != nil {
		return nil, incomplete(err)
	}
	if first != json.Delim('{') {
		return nil, errors.New("it is not a JSON object")
	}
	if err := d.object(dec, nil); err != nil {
		return nil, incomplete(err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errors.New("something follows the JSON object")
	}
	return d, nil
}

func incomplete(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return errors.New("the JSON ends too early")
	}
	return err
}

// object reads the members of an object whose brace was read. Names that differ
// in case alone count as one, as they do for some parsers; not in annotations.
func (d *document) object(dec *json.Decoder, path []string) error {
	if len(path) > maxNesting {
		return fmt.Errorf("it is nested deeper than %d", maxNesting)
	}
	names := map[string]bool{}
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			return err
		}
		name, _ := t.(string)
		folded := name
		if len(path) == 0 || path[len(path)-1] != "annotations" {
			folded = strings.ToLower(name)
		}
		if names[folded] {
			return fmt.Errorf("the member %s is there twice", show(name))
		}
		names[folded] = true
		if t, err = dec.Token(); err != nil {
			return err
		}
		if len(path) == 0 {
			d.members[name] = t
		}
		if text, ok := t.(string); ok && name == "digest" && isDescriptor(path) {
			d.digest(text)
		}
		if err := d.value(dec, t, append(path, name)); err != nil {
			return err
		}
	}
	_, err := dec.Token()
	return err
}

// value reads the rest of a value that begins with t.
func (d *document) value(dec *json.Decoder, t json.Token, path []string) error {
	switch t {
	case json.Delim('{'):
		return d.object(dec, path)
	case json.Delim('['):
		if len(path) > maxNesting {
			return fmt.Errorf("it is nested deeper than %d", maxNesting)
		}
		for n := 1; dec.More(); n++ {
			t, err := dec.Token()
			if err == nil {
				err = d.value(dec, t, append(path, "[]"))
			}
			if err != nil {
				return err
			}
			if len(path) == 1 {
				d.elements = max(d.elements, n)
			}
		}
		_, err := dec.Token()
		return err
	}
	return nil
}

// isDescriptor says whether the object at a path of a manifest or index is a
// descriptor.
func isDescriptor(path []string) bool {
	switch len(path) {
	case 1:
		return path[0] == "config" || path[0] == "subject"
	case 2:
		return path[1] == "[]" && (path[0] == "layers" || path[0] == "manifests")
	}
	return false
}

// digest notes an algorithm that nobody here knows.
func (d *document) digest(text string) {
	algorithm, _, ok := strings.Cut(text, ":")
	if _, err := v1.Hasher(algorithm); ok && err != nil && d.algorithm == "" {
		d.algorithm = text
	}
}
