package oci

import (
	"encoding/json"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// checkPlatform compares what the artifact says it runs on with the images of
// its root. Images of which nothing is known, and what is no image, fit.
func (g *graph) checkPlatform(root *node, system, architecture string) error {
	if system == "" && architecture == "" {
		return nil
	}
	if os, arch, ok := strings.Cut(system, "/"); ok && architecture == "" {
		system, architecture = os, arch
	}
	var have []string
	for _, n := range g.images(root, map[*node]bool{}) {
		p, err := g.platformOf(n)
		if err != nil {
			return err
		}
		if p == nil {
			continue
		}
		if same(system, p.OS) && same(architecture, p.Architecture) {
			return nil
		}
		have = append(have, p.OS+"/"+p.Architecture)
	}
	if len(have) == 0 {
		return nil
	}
	if len(have) > 10 {
		have = append(have[:10], "…")
	}
	return reject(codePlatform, "The artifact is for %s, the images are for %s.", show(strings.Trim(system+"/"+architecture, "/")), strings.Join(have, ", "))
}

// same compares what an artifact says with what an image says; nothing said
// fits everything.
func same(said, has string) bool {
	alias := map[string]string{"x86_64": "amd64", "aarch64": "arm64"}
	said = strings.ToLower(said)
	if name, ok := alias[said]; ok {
		said = name
	}
	return said == "" || said == has
}

// images are those that a root stands for.
func (g *graph) images(n *node, seen map[*node]bool) (list []*node) {
	switch {
	case n == nil || seen[n] || n.attestation:
	case !n.isIndex():
		seen[n] = true
		return []*node{n}
	default:
		seen[n] = true
		for _, child := range n.children {
			list = append(list, g.images(g.nodes[child], seen)...)
		}
	}
	return list
}

// platformOf is what an image runs on: by its descriptor, else by its config;
// nil if neither says.
func (g *graph) platformOf(n *node) (*v1.Platform, error) {
	if n.platform != nil {
		return n.platform, nil
	}
	c := g.blobs[n.config]
	if c == nil || !n.configType.IsConfig() || c.size > g.limits.manifest {
		return nil, nil
	}
	text, err := g.load(c)
	if err != nil {
		return nil, err
	}
	var p v1.Platform
	if json.Unmarshal(text, &p) != nil || p.OS == "" {
		return nil, nil
	}
	return &p, nil
}
