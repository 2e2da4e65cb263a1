package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strings"
	"text/tabwriter"
	"unicode"
)

// outputFlags say how an answer is printed.
type outputFlags struct {
	Output string `short:"o" env:"-" enum:"table,json" default:"table" placeholder:"FORM" help:"table, or json: the API's own document."`
}

// send sends a request and prints the answer.
func (f *outputFlags) send(ctx context.Context, con *console, s *session, method, path string, doc any) error {
	if method == "GET" {
		path += "?prefer=no-download" // of an artifact: the document
	}
	text, _, err := s.document(ctx, method, s.below(path), doc)
	if err != nil {
		return refusal(err)
	}
	return f.print(con, text)
}

// print prints a document with one resource, or nothing for none.
func (f *outputFlags) print(con *console, text json.RawMessage) error {
	if len(text) == 0 {
		if f.Output == "table" {
			fmt.Fprintln(con.out, "Done.")
		}
		return nil
	}
	if f.Output == "json" {
		return printJSON(con.out, text)
	}
	var doc struct{ Data json.RawMessage }
	if err := json.Unmarshal(text, &doc); err != nil {
		return fmt.Errorf("the answer cannot be read: %w", err)
	}
	return printOne(con, doc.Data)
}

// list prints up to limit resources of a list.
func (f *outputFlags) list(ctx context.Context, con *console, s *session, path string, q url.Values, limit int, n noun) error {
	if limit < 0 {
		return fmt.Errorf("--limit %d: must be 0 or more", limit)
	}
	size := 100
	if limit > 0 {
		size = min(limit, size)
	}
	var first json.RawMessage
	var all []json.RawMessage
	pages, cut := 0, false
	err := s.pages(ctx, path, q, size, func(page json.RawMessage, items []json.RawMessage) bool {
		if pages++; pages == 1 {
			first = page
		}
		all = append(all, items...)
		cut = limit > 0 && len(all) >= limit
		return !cut
	})
	if err != nil {
		return refusal(err)
	}
	if limit > 0 && len(all) > limit {
		all = all[:limit]
	}
	if f.Output == "json" && pages == 1 {
		return printJSON(con.out, first)
	}
	if f.Output == "json" {
		return printAll(con.out, all)
	}
	if err := printTable(con.out, n.columns, all); err != nil {
		return err
	}
	if cut {
		fmt.Fprintf(con.err, "The newest %d; --limit 0 lists all.\n", len(all))
	}
	return nil
}

// printList prints a document with a list, or nothing for none.
func (f *outputFlags) printList(con *console, n noun, text json.RawMessage) error {
	if len(text) == 0 || f.Output == "json" {
		return f.print(con, text)
	}
	var doc struct{ Data []json.RawMessage }
	if err := json.Unmarshal(text, &doc); err != nil {
		return fmt.Errorf("the answer cannot be read: %w", err)
	}
	return printTable(con.out, n.columns, doc.Data)
}

// printJSON prints a document as the API sent it, indented.
func printJSON(w io.Writer, text []byte) error {
	var out bytes.Buffer
	if err := json.Indent(&out, text, "", "  "); err != nil {
		return fmt.Errorf("the answer cannot be read: %w", err)
	}
	out.WriteByte('\n')
	_, err := w.Write(out.Bytes())
	return err
}

// printAll prints a list of several pages as one document.
func printAll(w io.Writer, items []json.RawMessage) error {
	text, err := json.Marshal(map[string]any{"data": items})
	if err != nil {
		return err
	}
	return printJSON(w, text)
}

// printTable prints a line for each resource, with aligned columns.
func printTable(w io.Writer, columns []string, items []json.RawMessage) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for i, c := range columns {
		columns := strings.ToUpper(strings.ReplaceAll(kebab(c), "-", " "))
		if i > 0 {
			columns = "\t" + columns
		}
		fmt.Fprint(table, columns)
	}
	fmt.Fprintln(table)
	for _, item := range items {
		r, err := parseShown(item)
		if err != nil {
			return err
		}
		var cells []string
		for _, c := range columns {
			cells = append(cells, r.cell(c))
		}
		fmt.Fprintln(table, strings.Join(cells, "\t"))
	}
	return table.Flush()
}

// shownOnce are the attributes that the API gives once, when they are made.
var shownOnce = map[string]bool{"token": true, "key": true}

// tooMuch are what tables leave out of a resource: --output json has them.
var tooMuch = map[string]bool{"permissions": true, "semver": true, "account": true}

// printOne prints a resource, one attribute a line, and says so if a secret is
// among them.
func printOne(con *console, text json.RawMessage) error {
	r, err := parseShown(text)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(con.out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "id\t%s\n", r.id)
	once := ""
	for _, m := range r.attributes {
		if tooMuch[m.name] || m.text() == "" && shownOnce[m.name] && (r.kind == "licenses" || r.kind == "tokens") {
			continue // shown once, and not now
		}
		fmt.Fprintf(table, "%s\t%s\n", m.name, orDash(m.text()))
		if shownOnce[m.name] && (r.kind == "licenses" || r.kind == "tokens") {
			once = m.name
		}
	}
	for _, m := range r.related {
		if tooMuch[m.name] {
			continue
		}
		fmt.Fprintf(table, "%s\t%s\n", m.name, m.text())
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if once != "" {
		fmt.Fprintf(con.err, "The %s is shown this once: keep it now.\n", once)
	}
	return nil
}

// shown is a resource as tables print it, in the order of the document.
type shown struct {
	id, kind            string
	attributes, related []shownMember
}

// shownMember is a member of a resource: an attribute, or the id of a related
// resource.
type shownMember struct {
	name  string
	value json.RawMessage
}

func parseShown(text json.RawMessage) (r shown, err error) {
	var doc struct {
		ID, Type                  string
		Attributes, Relationships json.RawMessage
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		return r, fmt.Errorf("the answer cannot be read: %w", err)
	}
	r.id, r.kind = doc.ID, doc.Type
	if r.attributes, err = members(doc.Attributes); err != nil {
		return r, err
	}
	related, err := members(doc.Relationships)
	for _, m := range related {
		var to struct{ Data json.RawMessage }
		var one struct{ ID string }
		if json.Unmarshal(m.value, &to) == nil && json.Unmarshal(to.Data, &one) == nil && one.ID != "" {
			id, _ := json.Marshal(one.ID)
			r.related = append(r.related, shownMember{m.name, id})
		}
	}
	return r, err
}

// members reads the members of an object in their order.
func members(text json.RawMessage) (out []shownMember, err error) {
	if len(text) == 0 {
		return nil, nil
	}
	in := json.NewDecoder(bytes.NewReader(text))
	if _, err := in.Token(); err != nil {
		return nil, fmt.Errorf("the answer cannot be read: %w", err)
	}
	for in.More() {
		name, err := in.Token()
		var value json.RawMessage
		if err == nil {
			err = in.Decode(&value)
		}
		if err != nil {
			return nil, fmt.Errorf("the answer cannot be read: %w", err)
		}
		out = append(out, shownMember{fmt.Sprint(name), value})
	}
	return out, nil
}

// cell is what a table shows of an attribute or relationship.
func (r shown) cell(name string) string {
	if name == "id" {
		return r.id
	}
	for _, m := range append(r.attributes, r.related...) {
		if m.name == name {
			return orDash(m.text())
		}
	}
	return "-"
}

// text is a value as people read it: texts without quotes, lists with commas,
// nothing for null, {} and []. It cannot break out of its line.
func (m shownMember) text() string {
	var list []string
	var text string
	switch {
	case json.Unmarshal(m.value, &text) == nil:
	case json.Unmarshal(m.value, &list) == nil:
		text = strings.Join(list, ",")
	case string(m.value) != "{}":
		text = string(m.value)
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
