package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	projectnpm "offprint/projector/npm"
)

// Bounds of what is read of a tarball to find its package.json. The server has
// the same, and checks everything else.
const (
	maxManifest = 1 << 20
	maxInflated = 2 << 30
	maxEntries  = 100_000
)

// recognizeNPM reads name and version from the package.json of a tarball
// (https://docs.npmjs.com/cli/v11/configuring-npm/package-json).
func recognizeNPM(file *os.File, _ string) (*identity, error) {
	if !projectnpm.IsPackage(file.Name(), "") {
		return nil, nil
	}
	return npmIdentity(file)
}

// npmIdentity reads the first package.json that lies in a folder of the root.
func npmIdentity(r io.Reader) (*identity, error) {
	text, err := npmManifest(r)
	if err != nil {
		return nil, err
	}
	var manifest map[string]json.RawMessage
	if err := json.Unmarshal(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")), &manifest); err != nil {
		return nil, fmt.Errorf("its package.json is no JSON object: %w", err)
	}
	var id identity
	for _, f := range []struct {
		name, prefix string // what npm ignores before it
		into         *string
	}{{"name", "", &id.key}, {"version", "=v", &id.version}} {
		if json.Unmarshal(manifest[f.name], f.into) != nil || strings.TrimLeft(strings.TrimSpace(*f.into), f.prefix) == "" {
			return nil, fmt.Errorf("its package.json has no %s", f.name)
		}
	}
	id.version = strings.TrimLeft(strings.TrimSpace(id.version), "=v")
	return &id, nil
}

func npmManifest(r io.Reader) ([]byte, error) {
	zip, err := gzip.NewReader(r)
	if err != nil {
		return nil, errors.New("it is not gzip")
	}
	in := &io.LimitedReader{R: zip, N: maxInflated}
	archive := tar.NewReader(in)
	for range maxEntries {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("its tar archive cannot be read: %w", err)
		}
		root, rest, _ := strings.Cut(strings.TrimPrefix(h.Name, "./"), "/")
		if root == "" || rest != "package.json" || h.Typeflag != tar.TypeReg {
			continue
		}
		if h.Size > maxManifest {
			return nil, fmt.Errorf("its package.json has %d bytes, %d are allowed", h.Size, maxManifest)
		}
		text, err := io.ReadAll(archive)
		if err != nil {
			return nil, fmt.Errorf("its package.json cannot be read: %w", err)
		}
		return text, nil
	}
	return nil, errors.New("it has no package.json in a folder of its root")
}

// installNPM is a .npmrc and a command. Only a scope can have a registry of its
// own; other packages need it on the command line.
func installNPM(at installation) string {
	registry := at.server + "/npm/" + at.account + "/"
	_, host, _ := strings.Cut(registry, ":")
	scope, _, scoped := strings.Cut(at.pkg, "/")
	var b strings.Builder
	if at.licensed {
		b.WriteString("KEY=the-license-key\n")
	}
	if scoped {
		fmt.Fprintf(&b, "echo \"%s:registry=%s\" >> .npmrc\n", scope, registry)
	}
	if at.licensed {
		fmt.Fprintf(&b, "echo \"%s:_auth=$(printf %%s \"license:$KEY\" | base64 | tr -d '\\n')\" >> .npmrc\n", host)
	}
	b.WriteString("npm install ")
	if !scoped {
		b.WriteString("--registry " + registry + " ")
	}
	fmt.Fprintf(&b, "%s@%s\n", at.pkg, at.version)
	return b.String()
}
