package stream

import (
	"encoding/json"
	"fmt"
	"strings"

	"offprint/events"
)

// places finds out where events of an export lie that do not say it: from
// their own members, and from what earlier lines of the file said of the same
// account, package, release or artifact. Releases and artifacts are remembered
// only while lines leave their subject out, so an export of this server needs
// no memory for them.
type places struct {
	slugs     map[string]string // account id -> slug
	packages  map[string]place  // package id
	releases  map[string]place  // release id
	artifacts map[string]string // artifact id -> release id
}

// place is where the events of a package, or of a product's releases without
// package, lie.
type place struct{ product, key string }

func newPlaces() *places {
	return &places{slugs: map[string]string{}, packages: map[string]place{}, releases: map[string]place{}, artifacts: map[string]string{}}
}

// about is the members of events that say what they are about.
type about struct{ Account, Slug, Product, Package, Key, Release, Artifact string }

// put sets s.Subject if it is empty, and remembers what s says of others.
func (p *places) put(s *events.Stored) error {
	kind := kindOf(s.Type())
	learns := kind == events.AccountCreated || kind == events.PackageCreated
	if s.Subject != "" && !learns {
		return nil
	}
	var n about
	if err := json.Unmarshal(s.Body, &n); err != nil && s.Subject == "" {
		return fmt.Errorf("no natssubject: %w", err)
	}
	if kind == events.AccountCreated && n.Slug != "" {
		p.slugs[n.Account] = strings.ToLower(n.Slug)
	}
	if kind == events.PackageCreated {
		p.packages[n.Package] = place{n.Product, n.Key}
	}
	if s.Subject != "" {
		return nil
	}
	subject := events.Subject{Log: s.Log, Kind: kind, Account: p.slugs[s.AccountID()]}
	if subject.Account == "" {
		return fmt.Errorf("no natssubject, and account %q is not created before", s.AccountID())
	}
	noun, id, _ := strings.Cut(s.Resource(), "/")
	switch {
	case s.Log == events.Access:
		subject.ID = id
	case noun != "accounts" && noun != "products" && noun != "entitlements":
		at, err := p.find(noun, id, n)
		if err != nil {
			return err
		}
		subject.Product, subject.Package = at.product, at.key
	}
	s.Subject = subject.String()
	return nil
}

// find places an event about a package, a release or an artifact, and
// remembers it.
func (p *places) find(noun, id string, n about) (place, error) {
	switch noun {
	case "packages":
		n.Package = id
	case "releases":
		n.Release = id
	case "artifacts":
		n.Artifact = id
	}
	if n.Release == "" {
		n.Release = p.artifacts[n.Artifact]
	}
	at := place{n.Product, n.Key}
	if n.Package != "" {
		if known, ok := p.packages[n.Package]; ok {
			at = known
		} else if at.key == "" {
			return at, fmt.Errorf("no natssubject, and package %q is not created before", n.Package)
		}
	} else if known, ok := p.releases[n.Release]; ok {
		at = known
	}
	if at.product == "" {
		return at, fmt.Errorf("no natssubject, and no product of %s/%s is known", noun, id)
	}
	if n.Release != "" {
		p.releases[n.Release] = at
	}
	if n.Artifact != "" {
		p.artifacts[n.Artifact] = n.Release
	}
	return at, nil
}

// kindOf is the kind that a type names, known or not.
func kindOf(typ string) events.Kind {
	typ = strings.TrimPrefix(typ, "offprint.")
	if i := strings.LastIndex(typ, ".v"); i >= 0 {
		typ = typ[:i]
	}
	return events.Kind(typ)
}

// literal says that an event may lie at subject on log.
func literal(log events.Log, subject string) bool {
	if !strings.HasPrefix(subject, string(log)+".") || strings.ContainsAny(subject, " \t\r\n\x00") {
		return false
	}
	for token := range strings.SplitSeq(subject, ".") {
		if token == "" || token == "*" || token == ">" {
			return false
		}
	}
	return true
}
