package npm

import (
	"strings"

	"offprint/schema"
)

// judge applies the checks of npm.md 3.2 from the paths on, in the order of
// the table, to a whole archive.
func (a *archive) judge(in Input, lim limits) (Facts, error) {
	if a.hasUnsafe {
		return Facts{}, reject(codePath, "The path %s is absolute, empty or has a \"..\".", show(a.unsafe))
	}
	if err := a.checkRoot(); err != nil {
		return Facts{}, err
	}
	if err := a.checkManifest(); err != nil {
		return Facts{}, err
	}
	key, _, _ := strings.Cut(in.Version, "+")
	m := a.manifest
	if err := checkName(m, in.Name); err != nil {
		return Facts{}, err
	}
	if err := checkVersion(m, in.Version); err != nil {
		return Facts{}, err
	}
	m.set("name", schema.AppendJSONString(nil, in.Name))
	m.set("version", schema.AppendJSONString(nil, key))
	if a.bins.lost {
		return Facts{}, reject(codeLimit, "The file names that directories.bin needs have more than %d bytes.", lim.names)
	}
	if err := m.normalise(in.Name, a.bins.paths, a.gyp); err != nil {
		return Facts{}, err
	}
	return Facts{
		Name:             in.Name,
		Version:          key,
		Manifest:         m.append(nil),
		FileCount:        a.files,
		UnpackedSize:     a.size,
		HasShrinkwrap:    a.shrinkwrap,
		HasInstallScript: m.hasInstallScript(),
	}, nil
}

func (a *archive) checkRoot() error {
	switch {
	case len(a.roots) > 1:
		return reject(codeRoot, "The files lie in more than one folder: %s and %s.", show(a.roots[0]), show(a.roots[1]))
	case a.loose != "":
		return reject(codeRoot, "The file %s lies outside the root folder.", show(a.loose))
	}
	return nil
}

func (a *archive) checkManifest() error {
	switch {
	case a.exact && a.manifests > 1:
		return reject(codeDuplicate, "There is more than one entry for package.json in the root folder (case is ignored).")
	case a.exact:
		return a.broken
	case a.link:
		return reject(codeManifestMissing, "package.json in the root folder is not a regular file.")
	case len(a.roots) == 0:
		return reject(codeManifestMissing, "The archive has no files.")
	}
	return reject(codeManifestMissing, "There is no package.json in the folder %s.", show(a.roots[0]))
}

// checkName wants the package key, to the letter.
func checkName(m object, key string) error {
	name, ok := m.str("name")
	switch {
	case !ok:
		return reject(codeName, "package.json has no name, package is %s.", show(key))
	case name != key:
		return reject(codeName, "name is %s, package is %s.", show(name), show(key))
	}
	return nil
}

// checkVersion wants the release version after npm's own cleaning; build
// metadata may be missing in the file.
func checkVersion(m object, release string) error {
	version, ok := m.str("version")
	if !ok {
		return reject(codeVersion, "package.json has no version, release is %s.", show(release))
	}
	clean := strings.TrimSpace(strings.TrimLeft(strings.TrimSpace(version), "=v"))
	key, _, _ := strings.Cut(release, "+")
	if clean != release && clean != key {
		return reject(codeVersion, "version is %s, release is %s.", show(version), show(release))
	}
	return nil
}
