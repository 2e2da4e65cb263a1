package ingest

import (
	"offprint/schema/jsonapi"
)

// listReleaseEntitlements lists those that the release's constraints name.
func (a *API) listReleaseEntitlements(c *call) (*answer, error) {
	r, err := c.release(c.params["release"])
	if err != nil {
		return nil, err
	}
	return c.listThese(constrainedBy(r))
}

// showReleasePackage answers null for a release without package.
func (a *API) showReleasePackage(c *call) (*answer, error) {
	r, err := c.release(c.params["release"])
	if err != nil {
		return nil, err
	}
	if r.Package == "" {
		return &answer{doc: jsonapi.Document{}}, nil
	}
	p, err := c.pkg(r.Package)
	if err != nil {
		return nil, err
	}
	return show(jsonapi.Package(p)), nil
}

// refuseReleasePackage: the package of a release is fixed when it is created.
func (a *API) refuseReleasePackage(c *call) (*answer, error) {
	if _, err := c.writableRelease("release.update"); err != nil {
		return nil, err
	}
	return nil, unprocessable("/data/relationships/package", "PACKAGE_NOT_ALLOWED", "cannot be changed: it is fixed when the release is created")
}

func (a *API) showReleaseProduct(c *call) (*answer, error) {
	r, err := c.release(c.params["release"])
	if err != nil {
		return nil, err
	}
	p, err := c.product(r.Product)
	if err != nil {
		return nil, err
	}
	return show(showProduct(p)), nil
}
