package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// resource is a JSON:API resource as this program reads it.
type resource struct {
	ID            string             `json:"id"`
	Type          string             `json:"type"`
	Attributes    map[string]any     `json:"attributes"`
	Relationships map[string]related `json:"relationships"`
}

// related is a relationship to one resource; its id is empty for none, for
// many, and where only a link is given.
type related struct{ ID string }

// UnmarshalJSON implements json.Unmarshaler.
func (r *related) UnmarshalJSON(text []byte) error {
	var many struct{ Data json.RawMessage }
	if err := json.Unmarshal(text, &many); err != nil || !bytes.HasPrefix(many.Data, []byte("{")) {
		return err
	}
	var one struct{ ID string }
	err := json.Unmarshal(many.Data, &one)
	r.ID = one.ID
	return err
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

// below is a path below an account; "": the account of the host or the token.
func below(account, path string) string {
	if account == "" {
		return "/v1/" + path
	}
	return "/v1/accounts/" + url.PathEscape(account) + "/" + path
}

// create posts a new resource to the list of its type.
func (c *client) create(ctx context.Context, account, kind string, attributes map[string]any, to relations) (resource, error) {
	var out struct{ Data resource }
	doc := map[string]any{"data": map[string]any{"type": kind, "attributes": attributes, "relationships": to.document()}}
	_, err := c.call(ctx, "POST", below(account, kind), doc, &out)
	if err != nil {
		return resource{}, fmt.Errorf("create %s: %w", kind, err)
	}
	return out.Data, nil
}

// ensure finds a resource by its alias, or creates it.
func (c *client) ensure(ctx context.Context, account, kind, alias string, attributes map[string]any, to relations) (resource, error) {
	var out struct{ Data resource }
	_, err := c.call(ctx, "GET", below(account, kind+"/"+alias), nil, &out)
	var refused *apiError
	if errors.As(err, &refused) && refused.status == http.StatusNotFound {
		return c.create(ctx, account, kind, attributes, to)
	}
	return out.Data, err
}

// announce adds a file to a release, or opens one that waits for its bytes or
// failed again, and gives the URL to which the bytes are to be sent. Only the
// last such URL is good.
func (c *client) announce(ctx context.Context, account string, release resource, attributes map[string]any) (artifact resource, url string, err error) {
	var out struct{ Data resource }
	doc := map[string]any{"data": map[string]any{"type": "artifacts", "attributes": attributes, "relationships": relations{"release": release}.document()}}
	header, err := c.call(ctx, "POST", below(account, "artifacts"), doc, &out)
	if err != nil {
		return resource{}, "", fmt.Errorf("create artifact %v: %w", attributes["filename"], err)
	}
	return out.Data, header.Get("Location"), nil
}

// put sends the bytes of a file to its upload URL. The server has checked them
// when it returns, if that took it no longer than 30 seconds.
func (c *client) put(ctx context.Context, url, filename string, size int64, file io.Reader) error {
	if size == 0 {
		file = nil // an empty reader would be sent as of unknown length
	}
	res, err := c.sendSized(ctx, "PUT", url, size, file)
	if err != nil {
		return fmt.Errorf("upload %s: %w", filename, err)
	}
	return res.Body.Close()
}

// upload adds a file of so many bytes to a release and sends it.
func (c *client) upload(ctx context.Context, account string, release resource, filename string, size int64, file io.Reader) (resource, error) {
	artifact, url, err := c.announce(ctx, account, release, map[string]any{"filename": filename, "filesize": size})
	if err != nil {
		return resource{}, err
	}
	return artifact, c.put(ctx, url, filename, size, file)
}

// publish makes a release visible.
func (c *client) publish(ctx context.Context, account string, release resource) error {
	_, err := c.call(ctx, "POST", below(account, "releases/"+release.ID+"/actions/publish"), nil, nil)
	if err != nil {
		return fmt.Errorf("publish %s: %w", release.text("version"), err)
	}
	return nil
}
