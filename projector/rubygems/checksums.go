package rubygems

import "strings"

// checkSums compares the entries with what checksums.yaml says of them, if it is
// there: maps of entry name to digest, by algorithm.
func (a *archive) checkSums() error {
	if a.seen[sumsEntry] == 0 {
		return nil
	}
	if a.listErr != nil {
		return a.listErr
	}
	doc, err := parseYAML(a.listed, codeArchive, sumsEntry)
	if err != nil {
		return err
	}
	for _, algorithm := range []string{"SHA1", "SHA256", "SHA512"} {
		list := doc.get(algorithm)
		if list == nil {
			continue
		}
		for _, p := range list.pairs() {
			have, ok := a.sums[p.key]
			want := strings.ToLower(strings.TrimSpace(p.value.text()))
			switch {
			case !ok:
				return reject(codeDigest, "%s names %s, which is not in the gem.", sumsEntry, show(p.key))
			case have[algorithm] != want:
				return reject(codeDigest, "The %s of %s is %s, %s says %s.", algorithm, p.key, have[algorithm], sumsEntry, show(want))
			}
		}
	}
	return nil
}
