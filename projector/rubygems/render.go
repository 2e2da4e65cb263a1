package rubygems

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"offprint/schema"
	"offprint/schema/marshal"
)

// Render implements projector.Engine.Render: the gemspec of a gem as Marshal,
// and its schema.GemAttr. The body depends on the facts alone.
func Render(p schema.Package, r schema.Release, a schema.Artifact) ([]byte, any, bool, error) {
	if !IsGem(a.Filename, a.Filetype) || len(a.Facts) == 0 {
		return nil, nil, false, nil
	}
	var f Facts
	if err := json.Unmarshal(a.Facts, &f); err != nil {
		return nil, nil, false, fmt.Errorf("facts: %w", err)
	}
	if f.Version == "" {
		return nil, nil, false, nil // processed before the package had this engine
	}
	available := r.Created
	if r.Published != 0 {
		available = max(r.Published, a.Processed)
	}
	attr := schema.GemAttr{Release: r.ID, Artifact: a.ID, Version: f.Version, Platform: f.Platform, Filename: a.Filename,
		Available: available, Stored: a.ProcessedBy, Turns: turns(r, a)}
	if f.Original != "ruby" && f.Original != f.Platform {
		attr.Original = f.Original
	}
	attr.Line = line(&attr, f, a.SHA256)
	return Gemspec(f), attr, true, nil
}

// turns are the serials at which the gem was listed and delisted: both its
// release and its bytes had to be public.
func turns(r schema.Release, a schema.Artifact) []uint64 {
	const endless = 1<<64 - 1
	from, to := a.ProcessedBy, uint64(endless)
	if a.Status != "UPLOADED" {
		to = a.Changed
	}
	var out []uint64
	for i := 0; i < len(r.Turns); i += 2 {
		begin, end := r.Turns[i], uint64(endless)
		if i+1 < len(r.Turns) {
			end = r.Turns[i+1]
		}
		begin, end = max(begin, from), min(end, to)
		if begin >= end {
			continue
		}
		out = append(out, begin)
		if end != endless {
			out = append(out, end)
		}
	}
	return out
}

// trace implements projector.Engine.Trace: a gem whose release is deleted is
// delisted.
func trace(old json.RawMessage, serial uint64) (any, error) {
	var attr schema.GemAttr
	if err := json.Unmarshal(old, &attr); err != nil {
		return nil, err
	}
	if attr.Listed() {
		attr.Turns = append(attr.Turns, serial)
	}
	return attr, nil
}

// line is the gem's line in /info
// (https://guides.rubygems.org/rubygems-org-compact-index-api/). Development
// dependencies are not installed and not in it.
func line(attr *schema.GemAttr, f Facts, sha256 string) string {
	deps := slices.DeleteFunc(slices.Clone(f.Dependencies), func(d Dependency) bool { return d.Type != "runtime" })
	slices.SortStableFunc(deps, func(a, b Dependency) int { return strings.Compare(a.Name, b.Name) })
	var b strings.Builder
	b.WriteString(attr.Number() + " ")
	for i, d := range deps {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(d.Name + ":" + d.Requirement.line())
	}
	b.WriteString("|checksum:" + sha256)
	if text := f.RequiredRuby.line(); text != ">= 0" {
		b.WriteString(",ruby:" + text)
	}
	if text := f.RequiredRubygems.line(); text != ">= 0" {
		b.WriteString(",rubygems:" + text)
	}
	b.WriteString(",created_at:" + time.UnixMilli(attr.Available).UTC().Format("2006-01-02T15:04:05Z"))
	return b.String()
}

// line writes a requirement as the compact index does.
func (r Requirement) line() string {
	var list []string
	for _, b := range r {
		list = append(list, b.Op+" "+b.Version)
	}
	slices.Sort(list)
	return strings.Join(list, "&")
}

// Gemspec writes the gemspec as Marshal, as RubyGems itself dumps it for
// quick/Marshal.4.8 (Gem::Specification#_dump,
// https://github.com/ruby/rubygems/blob/master/lib/rubygems/specification.rb).
func Gemspec(f Facts) []byte {
	w := marshal.New(nil)
	w.Array(19)
	w.String(f.RubygemsVersion)
	w.Int(f.SpecificationVersion)
	w.String(f.Name)
	w.Version(f.Version)
	date := time.Date(1980, 1, 2, 0, 0, 0, 0, time.UTC)
	if at, err := time.Parse(time.DateOnly, f.Date); err == nil {
		date = at
	}
	w.Time(date)
	w.StringOrNil(f.Summary)
	w.Requirement(f.RequiredRuby)
	w.Requirement(f.RequiredRubygems)
	w.String(f.Original)
	w.Array(len(f.Dependencies))
	for _, d := range f.Dependencies {
		w.Dependency(d.Name, d.Type, d.Requirement)
	}
	w.String("")
	if f.Email.Many {
		w.Strings(f.Email.List)
	} else {
		w.StringOrNil(f.Email.One)
	}
	w.Strings(f.Authors)
	w.StringOrNil(f.Description)
	w.StringOrNil(f.Homepage)
	w.Bool(true)
	if p, ok := parsePlatform(f.Original); ok && p.os != "" {
		w.Platform(p.cpu, p.os, p.version)
	} else {
		w.String("ruby")
	}
	w.Strings(f.Licenses)
	w.Hash(len(f.Metadata))
	for _, m := range f.Metadata {
		w.String(m[0])
		w.String(m[1])
	}
	whole := marshal.New(nil)
	whole.UserDump("Gem::Specification", w.Bytes())
	return whole.Bytes()
}
