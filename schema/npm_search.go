package schema

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// npmSearch is what search reads of a package's latest version.
type npmSearch struct {
	description string
	keywords    []string
	links       map[string]string
	maintainers []npmPerson
}

type npmPerson struct {
	Name  string `json:"name"`
	Email string `json:"email"`
}

func newNPMSearch(body []byte) npmSearch {
	var s npmSearch
	b, err := ParseNPMBody(body)
	if err != nil {
		return s
	}
	// A member of an unexpected kind is as good as missing.
	_ = json.Unmarshal(b.hoisted(hoistedDescription), &s.description)
	s.keywords = texts(b.hoisted(hoistedKeywords), func(r rune) bool { return r == ',' || r == ' ' })
	s.links = map[string]string{}
	for name, i := range map[string]int{"homepage": hoistedHomepage, "repository": hoistedRepository, "bugs": hoistedBugs} {
		if u := link(b.hoisted(i)); u != "" {
			s.links[name] = u
		}
	}
	s.maintainers = people(b.hoisted(hoistedMaintainers))
	return s
}

// texts reads an array of strings, or one string that is a list.
func texts(value []byte, separator func(rune) bool) []string {
	var one string
	if json.Unmarshal(value, &one) == nil {
		return strings.FieldsFunc(one, separator)
	}
	var out []string
	for _, raw := range elements(value) {
		if json.Unmarshal(raw, &one) == nil {
			out = append(out, one)
		}
	}
	return out
}

func elements(value []byte) []json.RawMessage {
	var list []json.RawMessage
	if json.Unmarshal(value, &list) != nil {
		return nil
	}
	return list
}

// link reads a URL, or an object with one. What is not http is left out: a
// repository may be a path or a shorthand that only npm expands.
func link(value []byte) string {
	var s string
	if json.Unmarshal(value, &s) != nil {
		var o struct {
			URL string `json:"url"`
		}
		if json.Unmarshal(value, &o) != nil {
			return ""
		}
		s = o.URL
	}
	s = strings.TrimPrefix(s, "git+")
	if !strings.HasPrefix(s, "https://") && !strings.HasPrefix(s, "http://") {
		return ""
	}
	return s
}

// people reads a list of persons, each an object or "name <email> (url)".
func people(value []byte) []npmPerson {
	var out []npmPerson
	for _, raw := range elements(value) {
		var p npmPerson
		var s string
		if json.Unmarshal(raw, &s) == nil {
			name, rest, _ := strings.Cut(s, "<")
			name, _, _ = strings.Cut(name, "(")
			p.Name = strings.TrimSpace(name)
			p.Email, _, _ = strings.Cut(rest, ">")
		} else if json.Unmarshal(raw, &p) != nil {
			continue
		}
		out = append(out, p)
	}
	return out
}

// NPMSearchMatch reports whether every word of text occurs in the key,
// description or keywords of a package, ignoring case. latest is the release
// that dist-tags.latest names in the caller's view. No words match everything.
func NPMSearchMatch(text string, h Head, latest NPMRelease) bool {
	words := strings.Fields(strings.ToLower(text))
	if len(words) == 0 {
		return true
	}
	s := newNPMSearch(latest.Body)
	places := append([]string{h.Key, s.description}, s.keywords...)
	for i := range places {
		places[i] = strings.ToLower(places[i])
	}
	for _, w := range words {
		if !slices.ContainsFunc(places, func(p string) bool { return strings.Contains(p, w) }) {
			return false
		}
	}
	return true
}

// NPMSearchEntry appends one element of a search result's objects. publisher is
// the code or name of the product.
//
// https://github.com/npm/registry/blob/main/docs/REGISTRY-API.md#get-v1search
func NPMSearchEntry(dst []byte, h Head, latest NPMRelease, publisher string) []byte {
	s := newNPMSearch(latest.Body)
	dst = append(dst, `{"package":{"name":`...)
	dst = AppendJSONString(dst, h.Key)
	dst = append(dst, `,"version":`...)
	dst = AppendJSONString(dst, latest.key())
	dst = append(dst, `,"description":`...)
	dst = AppendJSONString(dst, s.description)
	dst = append(dst, `,"keywords":[`...)
	for i, k := range s.keywords {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = AppendJSONString(dst, k)
	}
	dst = append(dst, `],"date":`...)
	dst = appendJSONTime(dst, latest.Attr.Available)
	dst = append(dst, `,"links":{`...)
	comma := ""
	for _, name := range []string{"homepage", "repository", "bugs"} {
		if u, ok := s.links[name]; ok {
			dst = append(append(dst, comma...), `"`+name+`":`...)
			dst = AppendJSONString(dst, u)
			comma = ","
		}
	}
	dst = append(dst, `},"publisher":{"username":`...)
	dst = AppendJSONString(dst, publisher)
	dst = append(dst, `},"maintainers":[`...)
	for i, p := range s.maintainers {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"username":`...)
		dst = AppendJSONString(dst, p.Name)
		dst = append(dst, `,"email":`...)
		dst = AppendJSONString(dst, p.Email)
		dst = append(dst, '}')
	}
	return append(dst, `]},"score":{"final":1,"detail":{"quality":1,"popularity":1,"maintenance":1}},"searchScore":1}`...)
}

// NPMSearchResult appends a page of a search: entries by NPMSearchEntry, how
// many there are in all, and when the view changed last in Unix milliseconds.
func NPMSearchResult(dst []byte, entries [][]byte, total int, changed int64) []byte {
	dst = append(dst, `{"objects":[`...)
	for i, e := range entries {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, e...)
	}
	dst = append(dst, `],"total":`...)
	dst = strconv.AppendInt(dst, int64(total), 10)
	dst = append(dst, `,"time":`...)
	dst = appendJSONTime(dst, changed)
	return append(dst, '}')
}
