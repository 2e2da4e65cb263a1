package ingest

import "offprint/schema"

// productOf gives the product that a new thing is to belong to: 403 for a
// product token that names another one, 422 if there is none.
func (c *call) productOf(in *input, permission string) (*schema.Product, error) {
	id := in.link("product")
	if c.rights.Kind == schema.ProductCaller && c.rights.Product != id {
		return nil, denied(permission)
	}
	p, ok, err := load[schema.Product](c.ctx, c.api.store, c.account.ID, schema.Products, id)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, unprocessable("/data/relationships/product", "PRODUCT_NOT_FOUND", "must exist")
	}
	return &p, nil
}

// productFilter puts the product of the path, or of the query, into q. A
// product of the path must be visible; known is false if the query names one
// that is not, so that the list is empty.
func (c *call) productFilter(q *schema.Query) (known bool, err error) {
	if word, below := c.params["product"]; below {
		p, err := c.product(word)
		if err != nil {
			return false, err
		}
		q.Product = &p.ID
		return true, nil
	}
	word, given := c.query.look("product")
	if !given {
		return true, nil
	}
	p, err := c.product(word)
	if isNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	q.Product = &p.ID
	return true, nil
}

// packageFilter is the same for ?package=; an empty one means "without".
func (c *call) packageFilter(q *schema.Query) (known bool, err error) {
	word, given := c.query.look("package")
	if !given {
		return true, nil
	}
	if word == "" {
		q.Package = &word
		return true, nil
	}
	p, err := c.pkg(word)
	if isNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	q.Package = &p.ID
	return true, nil
}

func isNotFound(err error) bool {
	list, known := asProblems(err)
	return err != nil && known && list[0].status == 404
}

// emptyList answers a list of which nothing is visible, or err.
func emptyList(c *call, err error) (*answer, error) {
	if err != nil {
		return nil, err
	}
	none := "-"
	return c.list(listing{query: schema.Query{Kind: schema.Packages, Product: &none}})
}
