package main

import "context"

// packageCmd are the commands about packages.
type packageCmd struct {
	List   listCmd[packageFilter]             `cmd:"" help:"List packages."`
	Show   showCmd[onePackage]                `cmd:"" help:"Show a package."`
	Create createCmd[newPackage]              `cmd:"" help:"Make a package."`
	Update updateCmd[onePackage, packageText] `cmd:"" help:"Change a package."`
	Delete deleteCmd[onePackage]              `cmd:"" help:"Delete a package with its releases."`
}

type packages struct{}

func (packages) noun() noun {
	return noun{"packages", []string{"id", "key", "engine", "name", "product"}}
}

type packageFilter struct {
	packages
	Product *string `query:"product" placeholder:"CODE" help:"Of this product only, by id or code."`
	Engine  *string `query:"engine" placeholder:"ENGINE" help:"Of this engine only."`
}

// onePackage finds a package.
type onePackage struct {
	packages
	Package string `arg:"" help:"Id or key of the package, such as @acme/hello."`
}

func (o onePackage) find(context.Context, *session) (string, error) {
	return pathOf("packages", o.Package)
}

type packageText struct {
	Name   *string `attr:"name" placeholder:"TEXT" help:"What people call it."`
	Engine *string `attr:"engine" placeholder:"ENGINE" help:"npm, pypi, rubygems, oci, tauri or raw: the tool that installs it. It can change while there is no release."`
	metadataFlag
}

type newPackage struct {
	packages
	Key *string `arg:"" attr:"key" help:"Its name as the tool that installs it has it, such as @acme/hello; it never changes."`
	packageText
	Product string `rel:"product" of:"products" need:"" placeholder:"CODE" help:"The product that it belongs to, by id or code."`
}

// prepare names a package by its key if nothing else is said.
func (n *newPackage) prepare(context.Context, *console, *session) error {
	if n.Name == nil {
		n.Name = n.Key
	}
	return nil
}
