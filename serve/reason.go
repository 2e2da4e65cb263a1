package serve

import (
	"offprint/schema"
	"offprint/schema/principal"
)

// Why gives the reason that a caller may know for not getting the file called
// name of the release called word (see Find), which was not found: it was taken
// down, or only a license that counts for nothing would allow it. Nil if there
// is none to know of.
func (v *FileView) Why(word, name string) *principal.Refusal {
	for _, called := range [][]int32{v.files.byRelease[UUID([]byte(word))], v.files.byTag[word], v.files.byVersion[word]} {
		if reason := v.whyAmong(called, name); reason != nil {
			return reason
		}
	}
	return nil
}

// whyAmong is why for the file of a name, or the file that a checksum's name
// is made of.
func (v *FileView) whyAmong(among []int32, name string) *principal.Refusal {
	file, _, _ := sibling(name)
	for _, i := range among {
		if v.called(i, name) || file != "" && v.called(i, file) {
			if reason := v.why(i); reason != nil {
				return reason
			}
		}
	}
	return nil
}

// why is the reason for not getting one file.
func (v *FileView) why(i int32) *principal.Refusal {
	rule := v.Rule(i)
	if rule.Status == schema.Gone && v.Attr(i).Legal && (v.r.Rights.Privileged(v.Product.ID) || v.once(rule)) {
		return &takenDown
	}
	return v.r.dead(rule, v.Product)
}

// once says whether the caller could see a file when it was public.
func (v *FileView) once(rule *schema.Rule) bool {
	return rule.Public && rule.Date <= v.r.Rights.Cut(v.Product.ID, v.Product.Strategy(), rule.Constraints, v.r.Now)
}

// seesYanked says whether the caller could see a file of a PyPI package that is
// yanked: lock files name it, and PyPI goes on serving it to them
// (https://packaging.python.org/en/latest/specifications/file-yanking/).
func (v *FileView) seesYanked(i int32) bool {
	rule := v.Rule(i)
	return v.Doc.Head.Engine == "pypi" && rule.Status == schema.Yanked && v.once(rule)
}

// dead is the refusal if only a suspended or banned license would allow what
// has this rule; nil if that is not the reason.
func (r *Request) dead(rule *schema.Rule, product *Product) *principal.Refusal {
	if rule.Status != schema.Published {
		return nil
	}
	if code := r.Rights.OnlyDead(product.ID, product.Strategy(), rule.Constraints, rule.Date); code != "" {
		return deadRefusal(code)
	}
	return nil
}
