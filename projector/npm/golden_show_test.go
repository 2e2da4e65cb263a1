package npm

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"offprint/schema"
	"offprint/schema/schematest"
)

// exhibit is one document at one moment.
type exhibit struct {
	moment, caller, form string
	serial               uint64
	strategy             string
	rights               *schema.Rights
}

func (x exhibit) name() string { return x.moment + " " + x.caller + " " + x.form }

// show reads what to show at this moment: CALLER:FORM,...
func (s *script) show(moment string, list []string) {
	for _, w := range list {
		caller, forms, _ := strings.Cut(w, ":")
		for form := range strings.SplitSeq(forms, ",") {
			s.shows = append(s.shows, exhibit{moment, caller, form, uint64(len(s.events)), s.strategy, s.rights(caller)})
		}
	}
}

// rights gives those of a caller by its name.
func (s *script) rights(caller string) *schema.Rights {
	name, until, dated := strings.Cut(caller, "<")
	kind, held, _ := strings.Cut(name, "+")
	r := &schema.Rights{Kind: schema.PrincipalKind(kind), Account: "acme"}
	switch kind {
	case "anonymous", "staff":
	case "other":
		r.Kind, r.Product = schema.ProductCaller, "another"
	case "license":
		g := schema.Grant{License: caller, Product: "relay", Cut: schema.Forever}
		if held != "" {
			g.Entitlements = strings.Split(held, "+")
			slices.Sort(g.Entitlements)
		}
		if dated {
			g.Cut = s.at(until).UnixMilli()
		}
		r.Grants = []schema.Grant{g}
	default:
		s.t.Fatalf("no caller %q", caller)
	}
	return r
}

const prefix = "https://npm.pkg.example.com/acme"

// document gives the document as of a serial, 0 for now, as the archive has it.
func (x exhibit) document(t testing.TB, store *schematest.Memory, at uint64) string {
	key := schema.EngineDoc("npm", "x")
	if x.form == "files" {
		key = schema.FilesDoc("x")
	}
	d, err := store.Document(t.Context(), key, at)
	if errors.Is(err, schema.ErrNotFound) {
		return "none"
	}
	if err != nil {
		t.Fatal(err)
	}
	h, err := schema.ParseHead(d.Head)
	if err != nil {
		t.Fatal(err)
	}
	s := schema.NewRuleset(h.Product, d.Fragments).Select(d.Fragments, x.rights, x.strategy, math.MaxInt64, false)
	serial := fmt.Sprintf("serial %d\n", max(s.Serial, h.Changed))
	if x.form == "files" {
		return serial + files(t, d, s)
	}
	list := releasesOf(t, store, d, s)
	switch {
	case len(list) == 0:
		return serial + "none"
	case x.form == "full":
		return serial + indented(t, schema.NPMPackument(nil, h, list, s.ChangedAt, prefix))
	case x.form == "abbr":
		return serial + indented(t, schema.NPMAbbreviated(nil, h, list, s.ChangedAt, prefix))
	case x.form == "tags":
		return serial + indented(t, schema.NPMDistTags(nil, list))
	}
	t.Fatalf("no form %q", x.form)
	return ""
}

// files lists what a files document shows.
func files(t testing.TB, d schema.Document, s schema.Selection) string {
	var lines []string
	for _, i := range s.Visible {
		var a schema.FileAttr
		if err := json.Unmarshal(d.Fragments[i].Rule.Attr, &a); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, fmt.Sprintf("%s %s %s %s", a.Version, a.Filename, a.State, a.Type))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}
