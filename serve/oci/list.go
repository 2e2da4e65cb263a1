package oci

import (
	"bytes"
	"maps"
	"net/url"
	"slices"
	"sort"
	"strconv"

	"offprint/schema"
	"offprint/schema/principal"
	"offprint/serve"
)

const (
	maxTags      = 10_000  // in one answer
	maxReferrers = 4 << 20 // bytes of one answer

	jsonMedia = "application/json"
)

// tagsForm is the whole list of a view. arg is the name that the request used.
var tagsForm = serve.Form{ID: 1, Media: jsonMedia, Local: true, Make: func(_ *serve.Request, v *serve.View, name string) ([]byte, error) {
	return schema.OCITagList(name, sortedTags(v)), nil
}}

func sortedTags(v *serve.View) []string { return slices.Sorted(maps.Keys(shownOf(v).names)) }

// serveTags answers the references of the view
// (https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-tags).
func serveTags(r *serve.Request, p *plan, v *view) *refusal {
	if refusal := v.listed(r, p); refusal != nil {
		return refusal
	}
	list, shown := v.aged(r)
	n := -1
	if text := r.Param("n"); text != nil {
		count, err := strconv.ParseUint(string(text), 10, 63)
		if err != nil && !bigNumber(text) {
			return &badCount
		}
		n = int(min(count, maxTags))
		if err != nil {
			n = maxTags
		}
	}
	last := r.Param("last")
	var refused *principal.Refusal
	if n < 0 && last == nil && len(shown.names) <= maxTags {
		refused = r.Answer(list, &tagsForm, string(p.name))
	} else {
		refused = answerPage(r, p, list, n, string(last))
	}
	if refused != nil {
		return translate(refused)
	}
	return nil
}

// bigNumber says that a text has digits only.
func bigNumber(text []byte) bool {
	return len(text) > 0 && len(bytes.Trim(text, "0123456789")) == 0
}

// answerPage answers at most n tags after last, and where the next ones are.
func answerPage(r *serve.Request, p *plan, list *serve.View, n int, last string) *principal.Refusal {
	all := sortedTags(list)
	page := all[sort.Search(len(all), func(i int) bool { return all[i] > last }):]
	most := n
	if n < 0 {
		most = maxTags
	}
	if len(page) > most {
		page = page[:most]
		if most > 0 {
			link(r, "n="+strconv.Itoa(most)+"&last="+url.QueryEscape(page[most-1]))
		}
	}
	return r.AnswerCoded(jsonMedia, schema.OCITagList(string(p.name), page), list.Serial)
}

// link says where the next page is (RFC 5988), by the path that the client used.
func link(r *serve.Request, query string) {
	r.Response.Header.Set("Link", "<"+string(r.RawPath())+"?"+query+`>; rel="next"`)
}

// serveReferrers answers the manifests of the view that are about a digest
// (https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-referrers).
func serveReferrers(r *serve.Request, p *plan, v *view) *refusal {
	if !schema.OCIDigest(p.ref) {
		return &badSubject
	}
	if refusal := v.listed(r, p); refusal != nil {
		return refusal
	}
	kind := r.Param("artifactType")
	last := string(r.Param("last"))
	var list []*schema.OCIManifest
	seen := map[string]bool{}
	about := v.index.subjects[string(p.ref)]
	for i := range about {
		m := about[i].manifest
		if v.shown.fragments[about[i].fragment] && !seen[m.Digest] && m.Digest > last && (len(kind) == 0 || m.ArtifactType == string(kind)) {
			seen[m.Digest] = true
			list = append(list, m)
		}
	}
	schema.SortOCIManifests(list)
	body, next := schema.OCIReferrers(list, maxReferrers)
	if next != "" {
		query := "last=" + url.QueryEscape(next)
		if len(kind) > 0 {
			query = "artifactType=" + url.QueryEscape(string(kind)) + "&" + query
		}
		link(r, query)
	}
	if len(kind) > 0 {
		r.Response.Header.Set("OCI-Filters-Applied", "artifactType")
	}
	if refused := r.AnswerCoded(schema.OCIIndexType, body, v.view.Serial); refused != nil {
		return translate(refused)
	}
	return nil
}
