package rubygems

import (
	"bytes"
	"encoding/base64"
	"io"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Bounds of a YAML document, aliases followed.
const (
	maxDepth = 32
	maxNodes = 100_000
)

// Ruby's names of what a gemspec is made of.
const (
	tagSpec       = "!ruby/object:Gem::Specification"
	tagVersion    = "!ruby/object:Gem::Version"
	tagRequire    = "!ruby/object:Gem::Requirement"
	tagRequireOld = "!ruby/object:Gem::Version::Requirement"
	tagDependency = "!ruby/object:Gem::Dependency"
	tagPlatform   = "!ruby/object:Gem::Platform"
	tagSymbol     = "!ruby/symbol"
	tagSym        = "!ruby/sym"
)

// knownTags are those that a gemspec may have; any other one is refused.
var knownTags = map[string]bool{tagSpec: true, tagVersion: true, tagRequire: true, tagRequireOld: true, tagDependency: true,
	tagPlatform: true, tagSymbol: true, tagSym: true, "!binary": true, "!!binary": true, "!str": true, "!!str": true, "!": true}

// node is a checked part of a document: aliases are followed, everything is
// text. A nil node is one that is not there.
type node struct{ *yaml.Node }

type pair struct {
	key   string
	value *node
}

// parseYAML reads one document and checks all of it: its size with aliases
// followed, tags, keys that occur twice.
func parseYAML(src []byte, code, what string) (*node, error) {
	if !utf8.Valid(src) {
		return nil, reject(code, "%s is not UTF-8.", what)
	}
	dec := yaml.NewDecoder(bytes.NewReader(src))
	var doc, more yaml.Node
	if err := decodeNode(dec, &doc); err != nil {
		return nil, reject(code, "%s is not YAML: %s.", what, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if err := decodeNode(dec, &more); err != io.EOF {
		return nil, reject(code, "%s has more than one document.", what)
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 {
		return nil, reject(code, "%s is empty.", what)
	}
	c := checker{code: code, what: what}
	if err := c.check(doc.Content[0], 1); err != nil {
		return nil, err
	}
	return follow(doc.Content[0]), nil
}

// decodeNode is Decode; the library's panics on odd input are errors.
func decodeNode(dec *yaml.Decoder, into *yaml.Node) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = io.ErrUnexpectedEOF
		}
	}()
	return dec.Decode(into)
}

type checker struct {
	code, what string
	nodes      int
}

func (c *checker) check(n *yaml.Node, depth int) error {
	if c.nodes++; c.nodes > maxNodes {
		return reject(c.code, "%s has more than %d nodes, aliases followed.", c.what, maxNodes)
	}
	if depth > maxDepth {
		return reject(c.code, "%s is nested more than %d levels deep in line %d.", c.what, maxDepth, n.Line)
	}
	if n.Kind == yaml.AliasNode {
		return c.check(n.Alias, depth+1)
	}
	if n.Style&yaml.TaggedStyle != 0 && !knownTags[n.Tag] {
		return reject(c.code, "%s has the tag %s in line %d, which a gemspec may not have.", c.what, show(n.Tag), n.Line)
	}
	if n.Kind == yaml.ScalarNode {
		if _, ok := scalar(n); !ok {
			return reject(c.code, "%s has binary text in line %d that is not UTF-8 in base64.", c.what, n.Line)
		}
	}
	seen := map[string]bool{}
	for i, x := range n.Content {
		if err := c.check(x, depth+1); err != nil {
			return err
		}
		if n.Kind != yaml.MappingNode || i%2 == 1 {
			continue
		}
		key := follow(x)
		if key.Kind != yaml.ScalarNode {
			return reject(c.code, "%s has a key in line %d that is not text.", c.what, x.Line)
		}
		if text := key.text(); seen[text] {
			return reject(c.code, "%s has the key %s twice in line %d.", c.what, show(text), x.Line)
		}
		seen[key.text()] = true
	}
	return nil
}

func follow(n *yaml.Node) *node {
	for n.Kind == yaml.AliasNode { // an alias never names an alias
		n = n.Alias
	}
	return &node{n}
}

// scalar is the text of a scalar; ok is false for a bad !binary.
func scalar(n *yaml.Node) (text string, ok bool) {
	if n.Tag != "!binary" && n.Tag != "!!binary" {
		return n.Value, true
	}
	b, err := base64.StdEncoding.DecodeString(strings.Map(func(r rune) rune {
		if r == ' ' || r == '\n' || r == '\r' || r == '\t' {
			return -1
		}
		return r
	}, n.Value))
	return string(b), err == nil && utf8.Valid(b)
}

// text is a scalar's text; "" for what is blank or no scalar.
func (n *node) text() string {
	if n == nil || n.Kind != yaml.ScalarNode || n.null() {
		return ""
	}
	text, _ := scalar(n.Node)
	return text
}

// null says that a value is blank.
func (n *node) null() bool {
	return n == nil || n.Kind == yaml.ScalarNode && n.Style == 0 && (n.Value == "" || n.Value == "~" || n.Value == "null")
}

// get gives the value of a key; nil if there is none.
func (n *node) get(key string) *node {
	for _, p := range n.pairs() {
		if p.key == key {
			return p.value
		}
	}
	return nil
}

// pairs are those of a mapping.
func (n *node) pairs() []pair {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	out := make([]pair, 0, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		out = append(out, pair{follow(n.Content[i]).text(), follow(n.Content[i+1])})
	}
	return out
}

// items are those of a sequence.
func (n *node) items() []*node {
	if n == nil || n.Kind != yaml.SequenceNode {
		return nil
	}
	out := make([]*node, len(n.Content))
	for i, x := range n.Content {
		out[i] = follow(x)
	}
	return out
}

// tag is the explicit tag, "" if there is none.
func (n *node) tag() string {
	if n.Style&yaml.TaggedStyle == 0 {
		return ""
	}
	return n.Tag
}

// scalarNode says that it is text, a number or the like.
func (n *node) scalarNode() bool { return n != nil && n.Kind == yaml.ScalarNode }
