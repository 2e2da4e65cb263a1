package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// resource is a JSON:API resource as this program reads it.
type resource struct {
	ID         string         `json:"id"`
	Type       string         `json:"type"`
	Attributes map[string]any `json:"attributes"`
}

// text is an attribute that is a string; empty if it is not there.
func (r resource) text(name string) string {
	s, _ := r.Attributes[name].(string)
	return s
}

// relations are the related resources of a new one, by name; the zero resource
// is left out.
type relations map[string]resource

func (r relations) document() map[string]any {
	out := map[string]any{}
	for name, to := range r {
		if to.ID != "" {
			out[name] = map[string]any{"data": map[string]string{"type": to.Type, "id": to.ID}}
		}
	}
	return out
}

// below is a path below an account.
func below(account, path string) string { return "/v1/accounts/" + account + "/" + path }

// create posts a new resource to the list of its type.
func (c *client) create(ctx context.Context, account, kind string, attributes map[string]any, related relations) (resource, error) {
	var out struct{ Data resource }
	doc := map[string]any{"data": map[string]any{"type": kind, "attributes": attributes, "relationships": related.document()}}
	_, err := c.call(ctx, "POST", below(account, kind), doc, &out)
	if err != nil {
		return resource{}, fmt.Errorf("create %s: %w", kind, err)
	}
	return out.Data, nil
}

// ensure finds a resource by its alias, or creates it.
func (c *client) ensure(ctx context.Context, account, kind, alias string, attributes map[string]any, related relations) (resource, error) {
	var out struct{ Data resource }
	_, err := c.call(ctx, "GET", below(account, kind+"/"+alias), nil, &out)
	var refused *apiError
	if errors.As(err, &refused) && refused.status == http.StatusNotFound {
		return c.create(ctx, account, kind, attributes, related)
	}
	return out.Data, err
}

// upload adds a file of so many bytes to a release and sends it.
func (c *client) upload(ctx context.Context, account string, release resource, filename string, size int64, file io.Reader) (resource, error) {
	var out struct{ Data resource }
	doc := map[string]any{"data": map[string]any{"type": "artifacts", "attributes": map[string]any{"filename": filename, "filesize": size},
		"relationships": relations{"release": release}.document()}}
	header, err := c.call(ctx, "POST", below(account, "artifacts"), doc, &out)
	if err != nil {
		return resource{}, fmt.Errorf("create artifact %s: %w", filename, err)
	}
	res, err := c.sendSized(ctx, "PUT", header.Get("Location"), size, file)
	if err != nil {
		return resource{}, fmt.Errorf("upload %s: %w", filename, err)
	}
	return out.Data, res.Body.Close()
}

// publish makes a release visible.
func (c *client) publish(ctx context.Context, account string, release resource) error {
	_, err := c.call(ctx, "POST", below(account, "releases/"+release.ID+"/actions/publish"), nil, nil)
	if err != nil {
		return fmt.Errorf("publish %s: %w", release.text("version"), err)
	}
	return nil
}
