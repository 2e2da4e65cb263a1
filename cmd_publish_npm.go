package main

import (
	"fmt"
	"os"
	"strings"

	projectnpm "offprint/projector/npm"
)

// recognizeNPM reads name and version from the package.json of a tarball
// (https://docs.npmjs.com/cli/v11/configuring-npm/package-json).
func recognizeNPM(file *os.File, _ string) (*identity, error) {
	if !projectnpm.IsPackage(file.Name(), "") {
		return nil, nil
	}
	name, version, err := projectnpm.Identify(file)
	if err != nil {
		return nil, err
	}
	return &identity{key: name, version: version}, nil
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
