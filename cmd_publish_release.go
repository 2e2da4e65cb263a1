package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// findPackage finds package and product, and makes the package if that is
// wanted.
func (p *publication) findPackage(ctx context.Context) (err error) {
	if p.want.Product != "" {
		if p.product, err = p.resolve(ctx, "products", p.want.Product); err != nil {
			return err
		}
	}
	if p.key == "" {
		return nil
	}
	p.pkg, err = p.resolve(ctx, "packages", p.key)
	if missing404(err) && p.want.CreatePackage {
		p.pkg, err = p.createPackage(ctx)
	} else if missing404(err) {
		return &exitError{1, fmt.Errorf("there is no package %s, or the token does not see it: add --create-package --product CODE to make it, or run\n  offprint package create %s --engine %s --product CODE",
			p.key, p.key, p.engine)}
	}
	if err != nil {
		return err
	}
	return p.checkPackage()
}

func missing404(err error) bool {
	var refused *apiError
	return errors.As(err, &refused) && refused.status == http.StatusNotFound
}

func (p *publication) createPackage(ctx context.Context) (resource, error) {
	pkg, err := p.create(ctx, p.account, "packages", map[string]any{"name": p.key, "key": p.key, "engine": p.engine}, relations{"product": p.product})
	var refused *apiError
	if errors.As(err, &refused) && refused.code == "KEY_TAKEN" {
		return p.resolve(ctx, "packages", p.key) // made by another at the same time
	}
	if err == nil {
		fmt.Fprintf(p.say, "package %s made\n", p.key)
	}
	return pkg, err
}

// checkPackage refuses files of another engine than the package's, and a
// package of another product than is said.
func (p *publication) checkPackage() error {
	if engine := p.pkg.text("engine"); p.engine != rawEngine && engine != p.engine {
		return &exitError{1, fmt.Errorf("%s is %s, but package %s is for engine %q: choose another package, or --engine raw to add the file as it is",
			p.files[0].name, p.recognized, p.key, engine)}
	}
	product := p.pkg.Relationships["product"].ID
	if p.product.ID != "" && p.product.ID != product {
		return &exitError{1, fmt.Errorf("package %s does not belong to product %s", p.key, p.want.Product)}
	}
	p.product.ID, p.product.Type = product, "products"
	return nil
}

// findRelease finds the release if an earlier run, or somebody else, made it.
func (p *publication) findRelease(ctx context.Context) error {
	r, found, err := p.releaseCalled(ctx, p.version)
	if err != nil {
		return err
	}
	if found && r.text("version") != p.version { // its tag is our version
		if r, found, err = p.releaseOfVersion(ctx); err != nil {
			return err
		}
	}
	if !found {
		return nil
	}
	if r.text("status") == "YANKED" {
		return &exitError{1, fmt.Errorf("%s was yanked, and its version stays taken: publish another version, or bring it back with\n  offprint release publish %s",
			p, r.ID)}
	}
	p.release = r
	return nil
}

// releaseCalled finds a release by version or tag, where this one's belongs.
func (p *publication) releaseCalled(ctx context.Context, word string) (r resource, found bool, err error) {
	var out struct{ Data resource }
	_, err = p.call(ctx, "GET", p.session.below("releases/"+url.PathEscape(word))+"?"+p.place().Encode(), nil, &out)
	if missing404(err) {
		return resource{}, false, nil
	}
	return out.Data, err == nil, err
}

// releaseOfVersion looks through all releases for the version.
func (p *publication) releaseOfVersion(ctx context.Context) (out resource, found bool, err error) {
	err = p.pages(ctx, "releases", p.place(), 100, func(_ json.RawMessage, items []json.RawMessage) bool {
		for _, item := range items {
			var r resource
			if json.Unmarshal(item, &r) == nil && r.text("version") == p.version {
				out, found = r, true
			}
		}
		return !found
	})
	return out, found, err
}

// checkTag refuses, before anything is changed, a tag that another release
// holds.
func (p *publication) checkTag(ctx context.Context) error {
	if p.want.Tag == "" || p.want.Force {
		return nil
	}
	r, found, err := p.releaseCalled(ctx, p.want.Tag)
	if err != nil {
		return err
	}
	if found && r.text("tag") == p.want.Tag && r.ID != p.release.ID {
		return &exitError{1, fmt.Errorf("tag %s belongs to %s: add --force to move it; nothing was changed", p.want.Tag, r.text("version"))}
	}
	return nil
}

// draft makes the release unless it is there.
func (p *publication) draft(ctx context.Context) error {
	if p.release.ID != "" {
		fmt.Fprintf(p.say, "%s, %s\n  found, %s\n", p, p.release.text("channel"), strings.ToLower(p.release.text("status")))
		return nil
	}
	fmt.Fprintf(p.say, "%s, %s\n", p, p.want.Channel)
	r, err := p.create(ctx, p.account, "releases", map[string]any{"version": p.version, "channel": p.want.Channel}, relations{"product": p.product, "package": p.pkg})
	var refused *apiError
	if errors.As(err, &refused) && refused.code == "VERSION_TAKEN" { // made by another at the same time
		found := false
		if r, found, err = p.releaseOfVersion(ctx); err == nil && !found {
			err = refused
		}
	}
	if err != nil {
		return err
	}
	p.release = r
	fmt.Fprintln(p.say, "  drafted")
	return nil
}

// String names the release as people do.
func (p *publication) String() string {
	if p.key == "" {
		return p.want.Product + " " + p.version + " (" + p.engine + ")"
	}
	return p.recognized.String()
}
