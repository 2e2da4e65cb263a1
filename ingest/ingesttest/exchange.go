// Package ingesttest replays recorded exchanges against a publishing API: one in
// memory, or a whole server. A file is a list of exchanges in plain text:
//
//	# a remark
//	= P21 publish
//	> POST /v1/releases/${release}/actions/publish
//	> Authorization: Bearer ${token}
//	> Content-Length: 0
//	< 200
//	< data.attributes.status = "PUBLISHED"
//	< data.attributes.yanked = null
//	< header X-Offprint-Serial ~ ^[0-9]+$
//	< keep first data.attributes.published
//
// Lines of a request begin with '>': first method and target, then headers, all
// sent as they stand. A body follows on lines of its own. What is expected of
// the answer begins with '<': the status, and for errors the code and pointer or
// parameter of the first one; then members of the document by path, as JSON or
// "absent"; headers, equal or by regular expression; and what to keep for the
// exchanges after it. A ${name} stands for what was kept, or given at the start.
package ingesttest

import (
	"fmt"
	"os"
	"regexp"
	"strings"
)

// exchange is one request and what is expected of its answer.
type exchange struct {
	title   string
	line    int
	request []string // method and target, then headers
	body    []string
	expect  []string
}

// read parses a file.
func read(path string) ([]exchange, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var out []exchange
	for i, line := range strings.Split(strings.TrimRight(string(text), "\n"), "\n") {
		if title, ok := strings.CutPrefix(line, "= "); ok {
			out = append(out, exchange{title: title, line: i + 1})
			continue
		}
		if strings.HasPrefix(line, "# ") || line == "" && (len(out) == 0 || len(out[len(out)-1].expect) > 0) {
			continue
		}
		if len(out) == 0 {
			return nil, fmt.Errorf("%s:%d: before the first exchange", path, i+1)
		}
		x := &out[len(out)-1]
		switch {
		case strings.HasPrefix(line, "> ") && len(x.body)+len(x.expect) == 0:
			x.request = append(x.request, line[2:])
		case strings.HasPrefix(line, "< "):
			x.expect = append(x.expect, line[2:])
		case len(x.request) > 0 && len(x.expect) == 0:
			x.body = append(x.body, line)
		default:
			return nil, fmt.Errorf("%s:%d: out of place", path, i+1)
		}
	}
	for _, x := range out {
		if len(x.request) == 0 || len(x.expect) == 0 {
			return nil, fmt.Errorf("%s:%d: not a whole exchange", path, x.line)
		}
	}
	return out, nil
}

var variable = regexp.MustCompile(`\$\{(\w+)\}`)

// fill puts the values of variables into a text.
func fill(text string, vars map[string]string) (string, error) {
	var err error
	filled := variable.ReplaceAllStringFunc(text, func(m string) string {
		v, ok := vars[m[2:len(m)-1]]
		if !ok {
			err = fmt.Errorf("%s is not known", m)
		}
		return v
	})
	return filled, err
}
