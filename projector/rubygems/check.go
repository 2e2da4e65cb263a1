package rubygems

import (
	"strconv"

	"offprint/schema"
)

func itoa(n int) string { return strconv.Itoa(n) }

// check compares what the gem says of itself with what the package, release and
// artifact say, and fills in the platform.
func (f *Facts) check(in Input) error {
	if f.Name != in.Name {
		return reject(codeName, "name is %s, package is %s.", show(f.Name), show(in.Name))
	}
	if !schema.GemVersionFits(f.Version, in.Version) {
		return reject(codeVersion, "version is %s, release is %s.", show(f.Version), show(in.Version))
	}
	p, ok := parsePlatform(f.Original)
	if !ok {
		return reject(codePlatform, "RubyGems does not know the platform %s.", show(f.Original))
	}
	if !p.agrees(in.Platform, in.Arch) {
		return reject(codePlatformMismatch, "platform is %s, the artifact says platform %s, arch %s.", show(p.word()), show(in.Platform), show(in.Arch))
	}
	f.Platform = p.String()
	return nil
}
