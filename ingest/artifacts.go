package ingest

import (
	"offprint/schema"
	"offprint/schema/jsonapi"
)

// showArtifact answers where no half of the server serves bytes.
func (a *API) showArtifact(c *call) (*answer, error) {
	return nil, notFound("artifact", c.params["artifact"])
}

// listArtifacts also answers the sub-lists of releases and products.
func (a *API) listArtifacts(c *call) (*answer, error) {
	l := listing{query: schema.Query{Kind: schema.Artifacts}, show: func(r schema.Record) (jsonapi.Resource, error) {
		x, err := schema.Parse[schema.Artifact](r)
		return jsonapi.Artifact(&x, ""), err
	}}
	for _, narrow := range []func(*schema.Query) (bool, error){c.productFilter, c.packageFilter, c.ofRelease} {
		if known, err := narrow(&l.query); err != nil || !known {
			return emptyList(c, err)
		}
	}
	wanted, err := c.artifactFilter()
	if err != nil {
		return nil, err
	}
	channel, err := c.query.choice("channel", channels)
	if err != nil {
		return nil, err
	}
	seen, err := c.fileReader(l.query, channel)
	if err != nil {
		return nil, err
	}
	l.keep = func(r schema.Record) (bool, error) {
		x, err := schema.Parse[schema.Artifact](r)
		return seen(&x) && wanted(&x), err
	}
	return c.list(l)
}

// ofRelease puts the release of the path, or of the query, into q, as
// productFilter does with products.
func (c *call) ofRelease(q *schema.Query) (known bool, err error) {
	word, below := c.params["release"]
	given := below
	if !below {
		word, given = c.query.look("release")
	}
	if !given {
		return true, nil
	}
	r, err := c.release(word)
	if !below && isNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	q.Release = &r.ID
	return true, nil
}

// fileReader says which of the artifacts that q selects the caller sees, and
// whose release is in the channel, "" for any.
func (c *call) fileReader(q schema.Query, channel string) (func(*schema.Artifact) bool, error) {
	if kind := c.rights.Kind; channel == "" && (kind == schema.StaffCaller || kind == schema.ProductCaller) {
		return func(a *schema.Artifact) bool { return c.rights.Privileged(a.Product) }, nil
	}
	releases, err := c.visibleReleases(schema.Query{Product: q.Product, Package: q.Package})
	return func(a *schema.Artifact) bool {
		of, seen := releases[a.Release]
		return seen && (channel == "" || of == channel) && c.seesFile(a)
	}, err
}

// seesFile is the part of file(caller, artifact) that the release does not
// decide.
func (c *call) seesFile(a *schema.Artifact) bool {
	return a.Status == uploaded || c.rights.Privileged(a.Product)
}

// artifactFilter reads the filters that look into artifacts. Deleted ones are
// listed for those only who ask for them.
func (c *call) artifactFilter() (func(*schema.Artifact) bool, error) {
	status, err := c.query.choice("status", []string{waiting, processing, uploaded, failed, yanked})
	if err != nil {
		return nil, err
	}
	ofEngine, err := c.engineFilter()
	if err != nil {
		return nil, err
	}
	platform, byPlatform := c.query.look("platform")
	arch, byArch := c.query.look("arch")
	filetype, byFiletype := c.query.look("filetype")
	return func(a *schema.Artifact) bool {
		if status == "" && a.Status == yanked || status != "" && a.Status != status || !ofEngine(a.Package) {
			return false
		}
		return (!byPlatform || a.Platform == lowered(platform)) && (!byArch || a.Arch == lowered(arch)) && (!byFiletype || a.Filetype == fileType(filetype))
	}, nil
}
