package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"strings"
	"time"
)

// demoGemspec describes the gem of the demo as gem build does.
const demoGemspec = `--- !ruby/object:Gem::Specification
name: acme-hello
version: !ruby/object:Gem::Version
  version: 1.0.0
platform: ruby
authors:
- Acme
autorequire:
bindir: exe
cert_chain: []
date: 2026-11-22 00:00:00.000000000 Z
dependencies: []
description: Says hello to people who hold a license.
email:
executables:
- acme-hello
extensions: []
extra_rdoc_files: []
files:
- exe/acme-hello
- lib/acme/hello.rb
homepage: https://example.com/hello
licenses:
- Apache-2.0
metadata: {}
post_install_message:
rdoc_options: []
require_paths:
- lib
required_ruby_version: !ruby/object:Gem::Requirement
  requirements:
  - - ">="
    - !ruby/object:Gem::Version
      version: '2.7'
required_rubygems_version: !ruby/object:Gem::Requirement
  requirements:
  - - ">="
    - !ruby/object:Gem::Version
      version: '0'
requirements: []
rubygems_version: 3.3.15
signing_key:
specification_version: 4
summary: Says hello
test_files: []
`

// gemEntry is a file of a gem.
type gemEntry struct {
	name string
	mode int64
	text string
}

var demoGemFiles = []gemEntry{
	{"exe/acme-hello", 0o755, "#!/usr/bin/env ruby\nrequire 'acme/hello'\nputs Acme::Hello::TEXT\n"},
	{"lib/acme/hello.rb", 0o644, "module Acme\n  module Hello\n    TEXT = 'Hello from the gem acme-hello 1.0.0'\n  end\nend\n"},
}

// packGem packs a gem as gem build does: metadata, files, checksums. Equal input
// gives equal bytes.
func packGem(spec string, files []gemEntry) ([]byte, error) {
	metadata, err := gzipOf([]byte(spec))
	if err != nil {
		return nil, err
	}
	inner, err := tarOf(files)
	if err != nil {
		return nil, err
	}
	data, err := gzipOf(inner)
	if err != nil {
		return nil, err
	}
	sums := fmt.Sprintf("---\nSHA256:\n  metadata.gz: %x\n  data.tar.gz: %x\nSHA512:\n  metadata.gz: %x\n  data.tar.gz: %x\n",
		sha256.Sum256(metadata), sha256.Sum256(data), sha512.Sum512(metadata), sha512.Sum512(data))
	checksums, err := gzipOf([]byte(sums))
	if err != nil {
		return nil, err
	}
	return tarOf([]gemEntry{{"metadata.gz", 0o444, string(metadata)}, {"data.tar.gz", 0o444, string(data)}, {"checksums.yaml.gz", 0o444, string(checksums)}})
}

func gzipOf(text []byte) ([]byte, error) {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(text); err != nil {
		return nil, err
	}
	err := z.Close()
	return out.Bytes(), err
}

func tarOf(files []gemEntry) ([]byte, error) {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, f := range files {
		h := &tar.Header{Name: f.name, Mode: f.mode, Size: int64(len(f.text)), ModTime: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC), Format: tar.FormatUSTAR}
		if err := w.WriteHeader(h); err != nil {
			return nil, err
		}
		if _, err := w.Write([]byte(f.text)); err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return out.Bytes(), err
}

// fillGem publishes the gem.
func (c *demoCmd) fillGem(ctx context.Context, api *client, product resource) error {
	pkg, err := api.ensure(ctx, demoAccount, "packages", "acme-hello",
		map[string]any{"name": "Hello for Ruby", "key": "acme-hello", "engine": "rubygems"}, relations{"product": product})
	if err != nil {
		return err
	}
	file, err := packGem(demoGemspec, demoGemFiles)
	if err != nil {
		return err
	}
	return demoRelease(ctx, api, relations{"product": product, "package": pkg}, "acme-hello-1.0.0.gem", file)
}

// explainGem prints how gem and bundler install it.
func (c *demoCmd) explainGem(con *console, base, key string) {
	source := strings.Replace(base, "://", "://license:"+key+"@", 1) + "/rubygems/acme/"
	fmt.Fprintf(con.out, `
Install the gem, with gem or with bundler:

  gem install acme-hello --clear-sources --source '%[1]s' --install-dir hello-gems
  ruby -I hello-gems/gems/acme-hello-1.0.0/lib -r acme/hello -e 'puts Acme::Hello::TEXT'

  bundle config set --local path vendor
  bundle config set --local '%[2]s' 'license:%[3]s'
  printf "source '%[2]s'\ngem 'acme-hello'\n" > Gemfile && bundle install
`, source, base+"/rubygems/acme/", key)
}
