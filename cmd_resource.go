package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
)

// The management commands are put together from five generic ones. What a
// resource adds is data: a noun, a selector that finds one of them, and structs
// whose fields are flags and whose tags say what the flag is in the API:
//
//	attr:"expiry"               an attribute
//	rel:"product" of:"products" a relationship; the flag is an id or alias
//	query:"product"             a filter of lists
//	need:""                     a new resource must have it
//
// Flags with these tags have no twin in the environment: an update must not
// depend on where it is typed.

// noun is a kind of resource.
type noun struct {
	kind    string   // plural, as in paths and documents
	columns []string // of the table: id, attributes and relationships
}

// named is embedded by everything that belongs to a noun.
type named interface{ noun() noun }

// selector finds one resource by what is on the command line.
type selector interface {
	named
	// find gives the path of the resource below the account. It may ask the
	// server.
	find(ctx context.Context, s *session) (string, error)
}

// refusal gives an error of the API the exit code 1.
func refusal(err error) error {
	var refused *apiError
	if errors.As(err, &refused) {
		return &exitError{1, err}
	}
	return err
}

// listCmd lists what its filters select.
type listCmd[F named] struct {
	connectFlags
	outputFlags
	Filter F   `embed:""`
	Limit  int `default:"50" env:"-" placeholder:"N" help:"Show at most N, the newest; 0 shows all."`
}

// Run prints the list, newest first.
func (c *listCmd[F]) Run(ctx context.Context, con *console) error {
	s, err := c.connect()
	if err != nil {
		return err
	}
	path := c.Filter.noun().kind
	if below, ok := any(c.Filter).(interface {
		parent(context.Context, *session) (string, error)
	}); ok {
		if path, err = below.parent(ctx, s); err != nil {
			return refusal(err)
		}
	}
	return c.list(ctx, con, s, path, queryOf(&c.Filter), c.Limit, c.Filter.noun())
}

// showCmd shows one resource.
type showCmd[S selector] struct {
	connectFlags
	outputFlags
	Of S `embed:""`
}

// Run prints it.
func (c *showCmd[S]) Run(ctx context.Context, con *console) error {
	return c.change(ctx, con, "GET", "", nil)
}

// change sends a request about the resource and prints the answer: a resource,
// or nothing.
func (c *showCmd[S]) change(ctx context.Context, con *console, method, below string, doc any) error {
	s, err := c.connect()
	if err != nil {
		return err
	}
	path, err := c.Of.find(ctx, s)
	if err != nil {
		return refusal(err)
	}
	return c.send(ctx, con, s, method, path+below, doc)
}

// createCmd makes a resource.
type createCmd[A named] struct {
	connectFlags
	outputFlags
	New A `embed:""`
}

// prepared is what flags need to be worked on before they are sent.
type prepared interface {
	prepare(ctx context.Context, con *console, s *session) error
}

// Run makes it and prints it.
func (c *createCmd[A]) Run(ctx context.Context, con *console) error {
	s, err := c.connect()
	if err != nil {
		return err
	}
	if p, ok := any(&c.New).(prepared); ok {
		if err := p.prepare(ctx, con, s); err != nil {
			return refusal(err)
		}
	}
	kind := c.New.noun().kind
	if err := missing(&c.New); err != nil {
		return err
	}
	doc, err := newDocument(ctx, s, kind, &c.New)
	if err != nil {
		return refusal(err)
	}
	return c.send(ctx, con, s, "POST", kind, doc)
}

// updateCmd changes attributes.
type updateCmd[S selector, A any] struct {
	showCmd[S]
	Set   A        `embed:""`
	Clear []string `env:"-" placeholder:"NAME" help:"Empty these, by the names of their flags, such as --clear name."`
}

// Run changes what is given, nothing else, and prints the resource.
func (c *updateCmd[S, A]) Run(ctx context.Context, con *console) error {
	if p, ok := any(&c.Set).(prepared); ok {
		if err := p.prepare(ctx, con, nil); err != nil {
			return err
		}
	}
	attributes := attributesOf(&c.Set)
	names := attributeNames(&c.Set)
	for _, flag := range c.Clear {
		attribute, known := names[strings.TrimPrefix(flag, "--")]
		if _, given := attributes[attribute]; !known || given {
			return fmt.Errorf("--clear %s: must be a flag of this command that is not given beside it", flag)
		}
		attributes[attribute] = nil
	}
	if len(attributes) == 0 {
		return errors.New("nothing to change: give at least one flag of an attribute, --help lists them")
	}
	return c.change(ctx, con, "PATCH", "", map[string]any{"data": map[string]any{"type": c.Of.noun().kind, "attributes": attributes}})
}

// deleteCmd deletes a resource, and asks before it does so where somebody can
// answer.
type deleteCmd[S selector] struct {
	showCmd[S]
	Yes bool `short:"y" env:"-" help:"Do not ask, even on a terminal."`
}

// Run deletes it.
func (c *deleteCmd[S]) Run(ctx context.Context, con *console) error {
	return c.remove(ctx, con, "", "Delete")
}

// remove sends DELETE to what lies below the resource, "" for itself.
func (c *deleteCmd[S]) remove(ctx context.Context, con *console, below, verb string) error {
	s, err := c.connect()
	if err != nil {
		return err
	}
	path, err := c.Of.find(ctx, s)
	if err != nil {
		return refusal(err)
	}
	if f, ok := con.in.(*os.File); ok && !c.Yes && terminal(f) {
		var x struct{ Data resource }
		if _, err := s.call(ctx, "GET", s.below(path)+"?prefer=no-download", nil, &x); err != nil {
			return refusal(err)
		}
		fmt.Fprintf(con.err, "%s %s (%s)? [y/N] ", verb, x.Data.title(), x.Data.ID)
		if answer, _ := bufio.NewReader(f).ReadString('\n'); !strings.HasPrefix(strings.ToLower(strings.TrimSpace(answer)), "y") {
			return &exitError{1, errors.New("left as it is")}
		}
	}
	return c.send(ctx, con, s, "DELETE", path+below, nil)
}

// pathOf is the path of a resource that its alias is enough to name.
func pathOf(kind, alias string) (string, error) {
	if strings.TrimSpace(alias) == "" {
		return "", fmt.Errorf("which of the %s? The name is empty", kind)
	}
	return kind + "/" + url.PathEscape(alias), nil
}

// resolve gives the resource that an id or alias names.
func (s *session) resolve(ctx context.Context, kind, alias string) (resource, error) {
	path, err := pathOf(kind, alias)
	if err != nil {
		return resource{}, err
	}
	var out struct{ Data resource }
	if _, err := s.call(ctx, "GET", s.below(path), nil, &out); err != nil {
		return resource{}, fmt.Errorf("%s %s: %w", strings.TrimSuffix(kind, "s"), alias, err)
	}
	return out.Data, nil
}

// pages gives every resource of a list, page by page, until visit wants no
// more. Each page is as the API sent it.
func (s *session) pages(ctx context.Context, path string, q url.Values, size int, visit func(page json.RawMessage, items []json.RawMessage) (more bool)) error {
	q.Set("page[size]", fmt.Sprint(size))
	for cursor := ""; ; {
		q.Set("page[cursor]", cursor)
		page, _, err := s.document(ctx, "GET", s.below(path)+"?"+q.Encode(), nil)
		if err != nil {
			return err
		}
		var list struct {
			Data  []json.RawMessage
			Links struct{ Next string }
		}
		if err := json.Unmarshal(page, &list); err != nil {
			return fmt.Errorf("%s: the list cannot be read: %w", path, err)
		}
		next, err := url.Parse(list.Links.Next)
		if err != nil {
			return fmt.Errorf("%s: the link to the next page cannot be read: %w", path, err)
		}
		last := cursor
		cursor = next.Query().Get("page[cursor]")
		if !visit(page, list.Data) || cursor == "" || cursor == last {
			return nil
		}
	}
}
