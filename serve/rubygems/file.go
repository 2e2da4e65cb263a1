package rubygems

import (
	"bytes"
	"compress/zlib"
	"strings"

	"offprint/schema/principal"
	"offprint/serve"
)

var quickForm = serve.Form{ID: 2, Media: bytesMedia, Local: true, Make: makeQuick}

// found is a gem file that the caller sees.
type found struct {
	pkg      *serve.Package
	view     *serve.View
	fragment int32
	gem      *gem
}

// serveQuick answers a gemspec: the stored Marshal stream, as zlib
// (RFC 1950). Without it gem installs nothing.
func serveQuick(r *serve.Request, p *plan) *principal.Refusal {
	x, refusal := find(r, p)
	if refusal != nil {
		return refusal
	}
	if p.cut != nil {
		r.SetAsOf(string(p.cut))
	}
	return r.AnswerPlain(x.view, &quickForm, x.view.Doc.Fragments[x.fragment].Key)
}

func makeQuick(r *serve.Request, v *serve.View, key string) ([]byte, error) {
	for _, f := range v.Visible {
		if v.Doc.Fragments[f].Key != key {
			continue
		}
		bodies, err := v.Doc.Bodies(r.Context(), []int32{f})
		if err != nil {
			return nil, err
		}
		var out bytes.Buffer
		z := zlib.NewWriter(&out)
		if _, err := z.Write(bodies[0]); err != nil {
			return nil, err
		}
		err = z.Close()
		return out.Bytes(), err
	}
	return nil, errGone
}

// serveFile answers the bytes of a gem. Neither as-of nor a release-age gate
// hides files: lockfiles name them for years.
func serveFile(r *serve.Request, p *plan) *principal.Refusal {
	p.cut = nil
	x, refusal := find(r, p)
	if refusal != nil {
		return refusal
	}
	files, err := x.pkg.Files().Doc()
	if err != nil {
		return r.Trouble(err)
	}
	if files == nil {
		return hidden(r)
	}
	f := files.File(x.gem.Artifact)
	if f == nil || f.State != "UPLOADED" {
		return hidden(r)
	}
	return ranged(r.SendBytes(&serve.Bytes{SHA256: f.SHA256, SHA512: f.SHA512, Size: f.Size, Type: bytesMedia,
		Name: x.pkg.Key + "-" + x.gem.number + ".gem", Modified: f.Stored}))
}

// find looks a full name up in all that the caller sees. It is never split by a
// rule: every gem whose name it begins with is asked, then those that have a
// file of that name. Canonical names go first, then aliases, of which the gem
// that was listed first wins.
func find(r *serve.Request, p *plan) (*found, *principal.Refusal) {
	full := string(p.name)
	list, refusal := candidates(r, p, full)
	if refusal != nil {
		return nil, refusal
	}
	for _, match := range [...]func(*serve.Package, *gem, string) bool{canonical, alias} {
		var best *found
		for _, v := range list {
			x := v.view.Doc.Index.(*index)
			for _, f := range v.view.Visible {
				g := &x.gems[f]
				if match(v.pkg, g, full) && (best == nil || earlier(g, best.gem)) {
					best = &found{v.pkg, v.view, f, g}
				}
			}
		}
		if best != nil {
			return best, nil
		}
	}
	for _, v := range list {
		x := v.view.Doc.Index.(*index)
		dead := r.Dead(v.view.Doc, v.pkg.Product, func(f int) bool {
			return canonical(v.pkg, &x.gems[f], full) || alias(v.pkg, &x.gems[f], full)
		})
		if dead != nil {
			return nil, dead
		}
	}
	return nil, hidden(r)
}

// earlier says that a was listed before b; what is listed goes before what is
// not.
func earlier(a, b *gem) bool {
	if a.Listed() != b.Listed() {
		return a.Listed()
	}
	if !a.Listed() {
		return a.Stored > b.Stored
	}
	x, y := a.Turns[len(a.Turns)-1], b.Turns[len(b.Turns)-1]
	return x < y || x == y && compareGems(a, b) < 0
}

// candidates are the views of the gems that could have a file of this name.
func candidates(r *serve.Request, p *plan, full string) (list []found, refusal *principal.Refusal) {
	var packages []*serve.Package
	for i := range len(full) {
		if full[i] != '-' {
			continue
		}
		pkg, err := named(r, []byte(full[:i]))
		if err != nil {
			return nil, r.Trouble(err)
		}
		if pkg != nil && pkg.Key == full[:i] {
			packages = append(packages, pkg)
		}
	}
	for _, name := range [...]string{full + ".gem", full} {
		more, err := r.Account.PackagesWithFile(name)
		if err != nil {
			return nil, r.Trouble(err)
		}
		packages = append(packages, more...)
	}
	for _, pkg := range packages {
		if pkg.Engine != Key || !r.Rights.SeesPackage(pkg.Product.ID, pkg.Product.Strategy()) {
			continue
		}
		d, refusal := document(r, p, pkg)
		if refusal != nil {
			return nil, refusal
		}
		if d != nil {
			list = append(list, found{pkg: pkg, view: r.View(d, pkg.Product)})
		}
	}
	return list, nil
}

// canonical says whether full is name-version[-platform].
func canonical(pkg *serve.Package, g *gem, full string) bool {
	rest, ok := strings.CutPrefix(full, pkg.Key)
	return ok && g.number != "" && len(rest) == len(g.number)+1 && rest[0] == '-' && rest[1:] == g.number
}

// alias says whether full is another name of the gem: with the platform as the
// gemspec spells it, the uploaded file's, or the one that RubyGems 3.3 makes of
// a platform with a C library.
func alias(pkg *serve.Package, g *gem, full string) bool {
	if g.Filename != "" && (g.Filename == full || strings.TrimSuffix(g.Filename, ".gem") == full) {
		return true
	}
	rest, ok := strings.CutPrefix(full, pkg.Key+"-"+g.Version+"-")
	if !ok || g.Platform == "" {
		return false
	}
	if g.Original != "" && rest == g.Original {
		return true
	}
	for _, libc := range [...]string{"-gnu", "-gnueabihf"} {
		if short, ok := strings.CutSuffix(g.Platform, libc); ok && strings.HasSuffix(short, "-linux") && rest == short {
			return true
		}
	}
	return false
}
