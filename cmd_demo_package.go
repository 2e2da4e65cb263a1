package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"time"
)

// demoScript is the raw file of the demo.
const demoScript = "#!/bin/sh\necho 'This file came from Offprint, for license holders only.'\n"

// demoFiles are those of the npm package, below its root.
var demoFiles = []struct {
	name string
	mode int64
	text string
}{
	{"package.json", 0o644, `{
  "name": "@acme/hello",
  "version": "1.0.0",
  "description": "Says hello to people who hold a license",
  "license": "Apache-2.0",
  "bin": {"hello": "hello.js"},
  "files": ["hello.js"]
}
`},
	{"README.md", 0o644, "# @acme/hello\n\nSays hello to people who hold a license: `npx hello`.\n"},
	{"hello.js", 0o755, "#!/usr/bin/env node\nconsole.log('Hello from @acme/hello ' + require('./package.json').version)\n"},
}

// demoTarball packs the package as npm pack does. Equal files give equal bytes.
func demoTarball() ([]byte, error) {
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	archive := tar.NewWriter(zip)
	for _, f := range demoFiles {
		h := &tar.Header{Name: "package/" + f.name, Mode: f.mode, Size: int64(len(f.text)), ModTime: time.Date(1985, 10, 26, 8, 15, 0, 0, time.UTC)}
		if err := archive.WriteHeader(h); err != nil {
			return nil, err
		}
		if _, err := archive.Write([]byte(f.text)); err != nil {
			return nil, err
		}
	}
	if err := archive.Close(); err != nil {
		return nil, err
	}
	if err := zip.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
