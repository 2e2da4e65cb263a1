package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
)

// constraintsCmd are the commands about the constraints of a release.
type constraintsCmd struct {
	List   listCmd[entitlementsOf[oneRelease]] `cmd:"" help:"List the entitlements that a release asks for."`
	Attach constraintsAttachCmd                `cmd:"" help:"Ask for entitlements; those who do not have them stop seeing the release."`
	Detach constraintsDetachCmd                `cmd:"" help:"Ask for entitlements no more."`
}

type constraints struct{}

func (constraints) noun() noun { return noun{"constraints", []string{"id", "entitlement", "release"}} }

// constraintsAttachCmd attaches constraints.
type constraintsAttachCmd struct{ linkCmd[oneRelease] }

// Run attaches them.
func (c *constraintsAttachCmd) Run(ctx context.Context, con *console) error {
	s, path, err := c.locate(ctx)
	if err != nil {
		return err
	}
	data, err := s.constraints(ctx, c.Entitlements)
	if err != nil {
		return refusal(err)
	}
	text, _, err := s.document(ctx, "POST", s.below(path+"/constraints"), map[string]any{"data": data})
	if err != nil {
		return refusal(err)
	}
	return c.printList(con, constraints{}.noun(), text)
}

// constraintsDetachCmd detaches constraints.
type constraintsDetachCmd struct{ linkCmd[oneRelease] }

// Run detaches them: all, or none if one is not there.
func (c *constraintsDetachCmd) Run(ctx context.Context, con *console) error {
	s, path, err := c.locate(ctx)
	if err != nil {
		return err
	}
	var have []resource
	err = s.pages(ctx, path+"/constraints", url.Values{}, 100, func(_ json.RawMessage, items []json.RawMessage) bool {
		for _, item := range items {
			var r resource
			if json.Unmarshal(item, &r) == nil {
				have = append(have, r)
			}
		}
		return true
	})
	if err != nil {
		return refusal(err)
	}
	var data []any
	for _, alias := range c.Entitlements {
		e, err := s.resolve(ctx, "entitlements", alias)
		if err != nil {
			return refusal(err)
		}
		i := slices.IndexFunc(have, func(r resource) bool { return r.Relationships["entitlement"].ID == e.ID })
		if i < 0 {
			return &exitError{1, fmt.Errorf("the release does not ask for %s; nothing was changed", alias)}
		}
		data = append(data, map[string]string{"type": "constraints", "id": have[i].ID})
	}
	return c.outputFlags.send(ctx, con, s, "DELETE", path+"/constraints", map[string]any{"data": data})
}
