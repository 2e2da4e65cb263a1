package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/google/uuid"
)

// releaseCmd are the commands about releases.
type releaseCmd struct {
	List        listCmd[releaseFilter]             `cmd:"" help:"List releases."`
	Show        showCmd[oneRelease]                `cmd:"" help:"Show a release."`
	Create      createCmd[draftRelease]            `cmd:"" help:"Draft a release; offprint publish FILE does all of it in one step."`
	Update      updateCmd[oneRelease, releaseText] `cmd:"" help:"Change what is said of a release."`
	Delete      deleteCmd[oneRelease]              `cmd:"" help:"Delete a release with its files; its version becomes free."`
	Publish     releasePublishCmd                  `cmd:"" help:"Make a release visible, or bring a yanked one back."`
	Yank        releaseYankCmd                     `cmd:"" help:"Take a release back without deleting it."`
	Tag         releaseTagCmd                      `cmd:"" help:"Give a release a tag, such as latest."`
	Untag       releaseUntagCmd                    `cmd:"" help:"Take a release's tag away."`
	Constraints constraintsCmd                     `cmd:"" help:"Entitlements that a license needs to see a release."`
}

type releases struct{}

func (releases) noun() noun {
	return noun{"releases", []string{"id", "version", "channel", "status", "tag", "published", "package", "product"}}
}

type releaseFilter struct {
	releases
	Product      *string  `query:"product" placeholder:"CODE" help:"Of this product only, by id or code."`
	Package      *string  `query:"package" placeholder:"KEY" help:"Of this package only, by id or key; empty: those without package."`
	Engine       *string  `query:"engine" placeholder:"ENGINE" help:"Of this engine only."`
	Channel      *string  `query:"channel" placeholder:"CHANNEL" help:"In this channel only."`
	Status       *string  `query:"status" placeholder:"STATUS" help:"DRAFT, PUBLISHED or YANKED only."`
	Entitlements []string `query:"entitlements" placeholder:"CODE" help:"What somebody with these entitlements may see only."`
}

// place is where versions and tags are unique: in a package, or among the
// releases of a product that have no package.
type place struct {
	Package string `action:"" xor:"place" placeholder:"KEY" help:"The package of the release, by id or key."`
	Product string `action:"" xor:"place" placeholder:"CODE" help:"The product of a release that has no package, by id or code."`
}

// query narrows the look-up of a release. Without a place only an id is clear
// enough: other packages may have the same version.
func (p place) query(release string) (url.Values, error) {
	_, err := uuid.Parse(release)
	switch {
	case p.Package != "":
		return url.Values{"package": {p.Package}}, nil
	case p.Product != "":
		return url.Values{"product": {p.Product}, "package": {""}}, nil
	case err != nil:
		return nil, fmt.Errorf("release %s of what? Give --package, or --product for a release without package, or the id of the release", release)
	}
	return url.Values{}, nil
}

// release finds a release by id, version or tag.
func (p place) release(ctx context.Context, s *session, word string) (resource, error) {
	q, err := p.query(word)
	if err != nil {
		return resource{}, err
	}
	path, err := pathOf("releases", word)
	if err != nil {
		return resource{}, err
	}
	var out struct{ Data resource }
	if _, err := s.call(ctx, "GET", s.below(path)+"?"+q.Encode(), nil, &out); err != nil {
		return resource{}, fmt.Errorf("release %s: %w", word, err)
	}
	return out.Data, nil
}

// oneRelease finds a release.
type oneRelease struct {
	releases
	Release string `arg:"" help:"Id of the release; or its version or tag, with --package or --product."`
	place
}

func (o oneRelease) find(ctx context.Context, s *session) (string, error) {
	r, err := o.release(ctx, s, o.Release)
	return "releases/" + r.ID, err
}

type releaseText struct {
	Name        *string `attr:"name" placeholder:"TEXT" help:"What people call it."`
	Description *string `attr:"description" placeholder:"TEXT" help:"Release notes."`
	Backdated   *string `attr:"backdated" placeholder:"TIME" help:"The day it counts from for expired licenses, such as 2026-01-31."`
	metadataFlag
}

type draftRelease struct {
	releases
	Version *string `arg:"" attr:"version" help:"Version, as https://semver.org has it."`
	releaseText
	Channel     *string  `attr:"channel" placeholder:"CHANNEL" help:"stable, rc, beta, alpha or dev; without it what the version says."`
	Tag         *string  `attr:"tag" placeholder:"TAG" help:"A tag, such as latest."`
	Publish     bool     `action:"" help:"Publish it at once."`
	Package     string   `rel:"package" of:"packages" placeholder:"KEY" help:"The package it belongs to, by id or key."`
	Product     string   `rel:"product" of:"products" placeholder:"CODE" help:"The product it belongs to, by id or code; the package's, if that is given."`
	Constraints []string `action:"" placeholder:"CODE" help:"Entitlements that a license needs to see it, by id or code."`

	Status *string `attr:"status" hidden:""`
	Needs  []any   `kong:"-" rel:"constraints"`
}

// prepare fills in what follows from other flags.
func (n *draftRelease) prepare(ctx context.Context, _ *console, s *session) error {
	if n.Channel == nil {
		channel, err := channelOf(*n.Version)
		if err != nil {
			return err
		}
		n.Channel = &channel
	}
	if n.Publish {
		status := "PUBLISHED"
		n.Status = &status
	}
	if n.Product == "" && n.Package == "" {
		return errors.New("missing: --package, or --product for a release without package")
	}
	if n.Product == "" {
		pkg, err := s.resolve(ctx, "packages", n.Package)
		if err != nil {
			return err
		}
		n.Product = pkg.Relationships["product"].ID
	}
	var err error
	n.Needs, err = s.constraints(ctx, n.Constraints)
	return err
}

// constraints are new constraints by the aliases of their entitlements.
func (s *session) constraints(ctx context.Context, aliases []string) (out []any, err error) {
	for _, alias := range aliases {
		to, err := s.identifier(ctx, "entitlements", alias)
		if err != nil {
			return nil, err
		}
		out = append(out, map[string]any{"type": "constraints", "relationships": map[string]any{"entitlement": map[string]any{"data": to}}})
	}
	return out, nil
}

// channelOf is the channel that a version belongs to, by its pre-release.
func channelOf(version string) (string, error) {
	core, _, _ := strings.Cut(version, "+")
	_, pre, found := strings.Cut(core, "-")
	if !found {
		return "stable", nil
	}
	for _, channel := range []string{"rc", "beta", "alpha", "dev"} {
		if strings.HasPrefix(pre, channel) {
			return channel, nil
		}
	}
	return "", fmt.Errorf("version %s: a pre-release must begin with rc, beta, alpha or dev, so that it has a channel", version)
}

// releasePublishCmd publishes.
type releasePublishCmd struct{ showCmd[oneRelease] }

// Run publishes the release.
func (c *releasePublishCmd) Run(ctx context.Context, con *console) error {
	return c.change(ctx, con, "POST", "/actions/publish", nil)
}

// releaseYankCmd yanks.
type releaseYankCmd struct {
	showCmd[oneRelease]
	Reason string `action:"" placeholder:"TEXT" help:"Why, for those who have it; pip shows it."`
}

// Run yanks the release.
func (c *releaseYankCmd) Run(ctx context.Context, con *console) error {
	var doc any
	if c.Reason != "" {
		doc = map[string]any{"meta": map[string]string{"reason": c.Reason}}
	}
	return c.change(ctx, con, "POST", "/actions/yank", doc)
}

// releaseTagCmd tags.
type releaseTagCmd struct {
	showCmd[oneRelease]
	Name  string `arg:"" help:"The tag."`
	Force bool   `action:"" help:"Take the tag from the release that has it, in one step."`
}

// Run gives the release the tag.
func (c *releaseTagCmd) Run(ctx context.Context, con *console) error {
	return c.change(ctx, con, "PATCH", "", tagDocument(c.Name, c.Force))
}

// tagDocument sets a tag, nil for none. It names no id: the path does.
func tagDocument(tag any, force bool) any {
	doc := map[string]any{"data": map[string]any{"type": "releases", "attributes": map[string]any{"tag": tag}}}
	if force {
		doc["meta"] = map[string]bool{"force": true}
	}
	return doc
}

// releaseUntagCmd clears the tag.
type releaseUntagCmd struct{ showCmd[oneRelease] }

// Run takes the tag away.
func (c *releaseUntagCmd) Run(ctx context.Context, con *console) error {
	return c.change(ctx, con, "PATCH", "", tagDocument(nil, false))
}
