package main

import "context"

// productCmd are the commands about products.
type productCmd struct {
	List   listCmd[everyProduct]              `cmd:"" help:"List products."`
	Show   showCmd[oneProduct]                `cmd:"" help:"Show a product."`
	Create createCmd[newProduct]              `cmd:"" help:"Make a product."`
	Update updateCmd[oneProduct, productText] `cmd:"" help:"Change a product."`
	Delete deleteCmd[oneProduct]              `cmd:"" help:"Delete a product with its packages, releases, policies and licenses."`
}

type products struct{}

func (products) noun() noun {
	return noun{"products", []string{"id", "code", "name", "distributionStrategy"}}
}

type everyProduct struct{ products }

// oneProduct finds a product.
type oneProduct struct {
	products
	Product string `arg:"" help:"Id or code of the product."`
}

func (o oneProduct) find(context.Context, *session) (string, error) {
	return pathOf("products", o.Product)
}

type productText struct {
	Name                 *string  `attr:"name" need:"" placeholder:"TEXT" help:"What people call it."`
	Code                 *string  `attr:"code" placeholder:"CODE" help:"Short name for URLs and commands, unique in the account."`
	DistributionStrategy *string  `attr:"distributionStrategy" placeholder:"WORD" help:"LICENSED (the default): who has a license. OPEN: everybody. CLOSED: nobody but you."`
	URL                  *string  `name:"url" attr:"url" placeholder:"URL" help:"Its home page."`
	Platforms            []string `attr:"platforms" placeholder:"TEXT" help:"Platforms it runs on."`
	metadataFlag
}

type newProduct struct {
	products
	productText
}

// metadataFlag is the metadata of most resources.
type metadataFlag struct {
	Metadata map[string]string `attr:"metadata" placeholder:"KEY=VALUE" help:"Anything of your own; an update replaces all of it."`
}
