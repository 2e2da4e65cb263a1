package main

import (
	"context"
	"fmt"
)

// entitlementCmd are the commands about entitlements.
type entitlementCmd struct {
	List   listCmd[everyEntitlement]                  `cmd:"" help:"List entitlements."`
	Show   showCmd[oneEntitlement]                    `cmd:"" help:"Show an entitlement."`
	Create createCmd[newEntitlement]                  `cmd:"" help:"Make an entitlement."`
	Update updateCmd[oneEntitlement, entitlementText] `cmd:"" help:"Change an entitlement."`
	Delete deleteCmd[oneEntitlement]                  `cmd:"" help:"Delete an entitlement that no release asks for."`
}

type entitlements struct{}

func (entitlements) noun() noun { return noun{"entitlements", []string{"id", "code", "name"}} }

type everyEntitlement struct{ entitlements }

// oneEntitlement finds an entitlement.
type oneEntitlement struct {
	entitlements
	Entitlement string `arg:"" help:"Id or code of the entitlement."`
}

func (o oneEntitlement) find(context.Context, *session) (string, error) {
	return pathOf("entitlements", o.Entitlement)
}

type entitlementText struct {
	Name *string `attr:"name" placeholder:"TEXT" help:"What people call it."`
	metadataFlag
}

type newEntitlement struct {
	entitlements
	Code *string `arg:"" attr:"code" help:"Short name for commands, such as BETA."`
	entitlementText
}

// prepare names an entitlement by its code if nothing else is said.
func (n *newEntitlement) prepare(context.Context, *console, *session) error {
	if n.Name == nil {
		n.Name = n.Code
	}
	return nil
}

// linkCmd attaches resources to another one, or detaches them.
type linkCmd[S selector] struct {
	showCmd[S]
	Entitlements []string `arg:"" help:"Ids or codes of entitlements."`
}

// locate connects and finds the resource.
func (c *linkCmd[S]) locate(ctx context.Context) (*session, string, error) {
	s, err := c.connect()
	if err != nil {
		return nil, "", err
	}
	path, err := c.Of.find(ctx, s)
	return s, path, refusal(err)
}

// link sends the identifiers of the entitlements to the list below.
func (c *linkCmd[S]) link(ctx context.Context, con *console, method string) error {
	s, path, err := c.locate(ctx)
	if err != nil {
		return err
	}
	return s.link(ctx, con, &c.outputFlags, method, path, entitlements{}.noun(), c.Entitlements)
}

// link sends the identifiers of some resources of one kind to the list of that
// kind below path, and prints what was attached.
func (s *session) link(ctx context.Context, con *console, out *outputFlags, method, path string, n noun, aliases []string) error {
	ids, err := s.identifiers(ctx, n.kind, aliases)
	if err != nil {
		return refusal(err)
	}
	text, _, err := s.document(ctx, method, s.below(path+"/"+n.kind), map[string]any{"data": ids})
	if err != nil {
		return refusal(err)
	}
	return out.printList(con, n, text)
}

type (
	attachCmd[S selector] struct{ linkCmd[S] }
	detachCmd[S selector] struct{ linkCmd[S] }
)

// Run attaches entitlements.
func (c *attachCmd[S]) Run(ctx context.Context, con *console) error { return c.link(ctx, con, "POST") }

// Run detaches entitlements.
func (c *detachCmd[S]) Run(ctx context.Context, con *console) error {
	return c.link(ctx, con, "DELETE")
}

// entitlementsOf lists the entitlements of another resource.
type entitlementsOf[S selector] struct {
	entitlements
	Of S `embed:""`
}

func (e entitlementsOf[S]) parent(ctx context.Context, s *session) (string, error) {
	path, err := e.Of.find(ctx, s)
	if err != nil {
		return "", fmt.Errorf("list entitlements: %w", err)
	}
	return path + "/entitlements", nil
}

// grantsCmd are the commands about the entitlements of a resource.
type grantsCmd[S selector] struct {
	List   listCmd[entitlementsOf[S]] `cmd:"" help:"List them."`
	Attach attachCmd[S]               `cmd:"" help:"Attach entitlements."`
	Detach detachCmd[S]               `cmd:"" help:"Detach entitlements."`
}
