package rubygems

import (
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"offprint/schema"
	"offprint/schema/marshal"
)

// Facts is what artifact.processed keeps of a gem. The same bytes always give
// the same Facts.
type Facts struct {
	Name                 string       `json:"name"`
	Version              string       `json:"version"`  // number form
	Platform             string       `json:"platform"` // canonical; "" is ruby
	Original             string       `json:"originalPlatform"`
	RequiredRuby         Requirement  `json:"requiredRuby"`
	RequiredRubygems     Requirement  `json:"requiredRubygems"`
	Dependencies         []Dependency `json:"dependencies,omitempty"`
	RubygemsVersion      string       `json:"rubygemsVersion,omitempty"`
	SpecificationVersion int          `json:"specificationVersion"`
	Date                 string       `json:"date,omitempty"` // yyyy-mm-dd
	Summary              string       `json:"summary,omitempty"`
	Description          string       `json:"description,omitempty"`
	Email                Email        `json:"email,omitzero"`
	Authors              []string     `json:"authors,omitempty"`
	Homepage             string       `json:"homepage,omitempty"`
	Licenses             []string     `json:"licenses,omitempty"`
	Metadata             [][2]string  `json:"metadata,omitempty"` // in the order of the gemspec
}

// Requirement is a list of conditions, all of which must hold.
type Requirement []marshal.Bound

// Dependency is another gem that this one needs; Type is runtime or development.
type Dependency struct {
	Name        string      `json:"name"`
	Type        string      `json:"type"`
	Requirement Requirement `json:"requirement"`
}

// Email is one address, or a list.
type Email struct {
	One  string
	List []string
	Many bool
}

// MarshalJSON writes a string or an array.
func (e Email) MarshalJSON() ([]byte, error) {
	if e.Many {
		return json.Marshal(append([]string{}, e.List...))
	}
	return json.Marshal(e.One)
}

// UnmarshalJSON is the inverse of MarshalJSON.
func (e *Email) UnmarshalJSON(b []byte) error {
	*e = Email{Many: len(b) > 0 && b[0] == '['}
	if e.Many {
		return json.Unmarshal(b, &e.List)
	}
	return json.Unmarshal(b, &e.One)
}

// IsZero says that there is none.
func (e Email) IsZero() bool { return !e.Many && e.One == "" }

// specReader reads a gemspec; the first thing that is wrong stays.
type specReader struct{ err error }

func (s *specReader) fail(n *node, format string, args ...any) {
	if s.err != nil {
		return
	}
	s.err = reject(codeSpec, format, args...)
	if n != nil {
		s.err.(*Failure).Reason += " Line " + itoa(n.Line) + "."
	}
}

// readSpec reads the gemspec of a gem.
func readSpec(src []byte) (Facts, error) {
	doc, err := parseYAML(src, codeSpec, "The gemspec")
	if err != nil {
		return Facts{}, err
	}
	if doc.tag() != tagSpec || doc.Kind != yaml.MappingNode {
		return Facts{}, reject(codeSpec, "The gemspec is not a %s.", strings.TrimPrefix(tagSpec, "!ruby/object:"))
	}
	s := &specReader{}
	f := Facts{
		Name:             doc.get("name").text(),
		Version:          schema.GemNumber(s.version(doc.get("version"))),
		RequiredRuby:     s.requirement(doc.get("required_ruby_version")),
		RequiredRubygems: s.requirement(doc.get("required_rubygems_version")),
		RubygemsVersion:  doc.get("rubygems_version").text(),
		Date:             s.date(doc.get("date")),
		Summary:          doc.get("summary").text(),
		Description:      doc.get("description").text(),
		Authors:          s.texts(doc.get("authors"), doc.get("author")),
		Homepage:         doc.get("homepage").text(),
		Licenses:         s.texts(doc.get("licenses"), doc.get("license")),
		Email:            s.email(doc.get("email")),
	}
	f.SpecificationVersion = s.number(doc.get("specification_version"))
	f.Original = s.platform(doc.get("platform"))
	if text := doc.get("original_platform").text(); text != "" {
		f.Original = text
	}
	for _, n := range doc.get("dependencies").items() {
		f.Dependencies = append(f.Dependencies, s.dependency(n))
	}
	for _, p := range doc.get("metadata").pairs() {
		f.Metadata = append(f.Metadata, [2]string{p.key, p.value.text()})
	}
	if f.Name == "" {
		s.fail(nil, "The gemspec has no name.")
	}
	return f, s.err
}

// version reads a Gem::Version, or its bare text.
func (s *specReader) version(n *node) string {
	text := n.text()
	if n != nil && n.Kind == yaml.MappingNode && n.tag() == tagVersion {
		text = n.get("version").text()
	}
	if len(text) > 200 || !schema.GemVersionValid(text) {
		s.fail(n, "%s is not a version.", show(text))
	}
	return text
}

var operators = map[string]bool{"=": true, "!=": true, ">": true, "<": true, ">=": true, "<=": true, "~>": true}

// requirement reads a Gem::Requirement; none is ">= 0".
func (s *specReader) requirement(n *node) Requirement {
	anything := Requirement{{Op: ">=", Version: "0"}}
	if n.null() {
		return anything
	}
	if tag := n.tag(); tag != tagRequire && tag != tagRequireOld {
		s.fail(n, "A requirement is not a Gem::Requirement.")
		return anything
	}
	list := n.get("requirements")
	if list.null() || len(list.items()) == 0 && list.Kind == yaml.SequenceNode {
		return anything
	}
	var out Requirement
	for _, x := range list.items() {
		both := x.items()
		if len(both) != 2 || !operators[both[0].text()] {
			s.fail(x, "The requirement is not an operator and a version.")
			return anything
		}
		out = append(out, marshal.Bound{Op: both[0].text(), Version: s.version(both[1])})
	}
	if len(out) == 0 {
		s.fail(n, "A requirement has no list of conditions.")
	}
	return out
}

func (s *specReader) dependency(n *node) Dependency {
	if n.tag() != tagDependency {
		s.fail(n, "A dependency is not a Gem::Dependency.")
		return Dependency{}
	}
	need := n.get("requirement")
	if need == nil {
		need = n.get("version_requirements")
	}
	d := Dependency{Name: n.get("name").text(), Type: "runtime", Requirement: s.requirement(need)}
	if kind := n.get("type"); !kind.null() {
		d.Type = strings.TrimPrefix(kind.text(), ":")
	}
	if d.Type != "runtime" && d.Type != "development" {
		s.fail(n, "A dependency has the type %s.", show(d.Type))
	}
	if !gemName(d.Name) {
		s.fail(n, "A dependency has the name %s.", show(d.Name))
	}
	return d
}

// gemName says whether a name can stand in an index.
func gemName(s string) bool {
	return s != "" && len(s) <= 255 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == ""
}

// platform reads a Gem::Platform, or its text.
func (s *specReader) platform(n *node) string {
	if n.null() {
		return "ruby"
	}
	if n.Kind == yaml.ScalarNode {
		return n.text()
	}
	if n.tag() != tagPlatform {
		s.fail(n, "The platform is not a Gem::Platform.")
	}
	var parts []string
	for _, key := range []string{"cpu", "os", "version"} {
		if text := n.get(key).text(); text != "" {
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, "-")
}

// date reads the day of a date; a blank one is that of the oldest gems.
func (s *specReader) date(n *node) string {
	text := n.text()
	if text == "" {
		return ""
	}
	day := text[:min(len(text), len(time.DateOnly))]
	at, err := time.Parse(time.DateOnly, day)
	if err != nil || at.Year() < 1900 || at.Year() > 9999 || !utf8.ValidString(day) {
		s.fail(n, "The date %s does not begin with yyyy-mm-dd.", show(text))
		return ""
	}
	return day
}

// texts reads a list of texts, or the one text of an older field.
func (s *specReader) texts(list, one *node) []string {
	var out []string
	for _, n := range list.items() {
		if n.scalarNode() && !n.null() {
			out = append(out, n.text())
		}
	}
	if len(out) == 0 {
		for _, text := range []string{list.text(), one.text()} {
			if text != "" && len(out) == 0 {
				out = append(out, text)
			}
		}
	}
	return out
}

func (s *specReader) email(n *node) Email {
	if n != nil && n.Kind == yaml.SequenceNode {
		return Email{List: s.texts(n, nil), Many: true}
	}
	return Email{One: n.text()}
}

// number reads the version of the format; 4 if it is not said.
func (s *specReader) number(n *node) int {
	text := n.text()
	if text == "" {
		return 4
	}
	if len(text) > 2 || strings.Trim(text, "0123456789") != "" {
		s.fail(n, "The specification_version is %s.", show(text))
		return 4
	}
	v := 0
	for _, c := range text {
		v = 10*v + int(c-'0')
	}
	return v
}
