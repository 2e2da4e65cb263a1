package npm

import (
	"offprint/schema"
	"offprint/schema/principal"
	"offprint/serve"
)

// tarballMedia is what every registry sends, whatever the client accepts.
const tarballMedia = "application/octet-stream"

// serveTarball answers the bytes of a release's tarball by its canonical name,
// or of any file of the package by its own name. Neither as-of nor a release-age
// gate hides files: lockfiles name them for years.
func serveTarball(r *serve.Request, p *plan) *principal.Refusal {
	pkg, err := named(r, p)
	if err != nil {
		return r.Trouble(err)
	}
	if pkg == nil || !r.Rights.SeesPackage(pkg.Product.ID, pkg.Product.Strategy()) {
		return hidden(r)
	}
	files, err := pkg.Files().Doc()
	if err != nil {
		return r.Trouble(err)
	}
	if files == nil {
		return hidden(r)
	}
	artifact, refusal := listed(r, p, pkg)
	if refusal != nil {
		return refusal
	}
	file := files.File(artifact)
	if artifact == "" {
		file = r.FileNamed(files, pkg.Product, string(p.arg))
	}
	if file == nil || file.State != "UPLOADED" {
		return hidden(r)
	}
	refusal = r.SendBytes(&serve.Bytes{SHA256: file.SHA256, SHA512: file.SHA512, Size: file.Size, Type: tarballMedia, Modified: file.Stored})
	if refusal == &serve.RangeRefusal {
		return &badRange
	}
	return refusal
}

// listed gives the artifact of the visible release whose tarball has the name,
// "" if there is none. The refusal says that only a license that does not count
// now would allow one.
func listed(r *serve.Request, p *plan, pkg *serve.Package) (string, *principal.Refusal) {
	d, err := pkg.Index().Doc()
	if err != nil {
		return "", r.Trouble(err)
	}
	if d == nil {
		return "", nil
	}
	x := d.Index.(*index)
	if f, ok := shownOf(r.View(d, pkg.Product)).files[string(p.arg)]; ok {
		return x.attrs[f].Artifact, nil
	}
	return "", r.Dead(d, pkg.Product, func(f int) bool {
		a := &x.attrs[f]
		return a.Filename == string(p.arg) || schema.NPMCanonicalFile(pkg.Key, a.Version) == string(p.arg)
	})
}
