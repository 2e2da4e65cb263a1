package schema

// NPMFiles gives the names under which the tarballs of a sorted list are found,
// each with the index of its release: the artifacts' own filenames, of several
// the highest version, and before them the canonical ones. Bodies are not
// needed.
func NPMFiles(list []NPMRelease, key string) map[string]int {
	names := make(map[string]int, len(list))
	for i := range list {
		names[list[i].Attr.Filename] = i
	}
	for i := range npmListed(list) {
		names[NPMCanonicalFile(key, list[i].Attr.Version)] = i
	}
	return names
}
