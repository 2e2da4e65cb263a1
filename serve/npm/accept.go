package npm

import (
	"bytes"

	"offprint/serve"
)

// Media types of a packument
// (https://github.com/npm/registry/blob/main/docs/responses/package-metadata.md).
const (
	mediaFull        = "application/json"
	mediaAbbreviated = "application/vnd.npm.install-v1+json"
)

type packumentForm uint8

const (
	notAcceptable packumentForm = iota
	full
	abbreviated
)

// installing is what npm, pnpm and Yarn send to install something; reading it
// gives abbreviated
// (https://github.com/npm/pacote/blob/main/lib/registry.js).
var installing = []byte("application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*")

// formOf says which packument the client wants: the abbreviated one if its type
// is named with the highest q. An exact type beats a wildcard for that type's q;
// other parameters are ignored.
func formOf(r *serve.Request) packumentForm {
	lines := r.Accept()
	if len(lines) == 0 {
		return full
	}
	if len(lines) == 1 && bytes.Equal(lines[0], installing) {
		return abbreviated
	}
	var a accept
	a.reset()
	for _, line := range lines {
		a.read(line)
	}
	return a.form()
}

// accept collects the q-values, in thousandths; -1: not named.
type accept struct{ install, json, application, all int }

func (a *accept) reset() { *a = accept{-1, -1, -1, -1} }

func (a *accept) read(line []byte) {
	for len(line) > 0 {
		var item []byte
		item, line, _ = bytes.Cut(line, []byte(","))
		media, params, _ := bytes.Cut(item, []byte(";"))
		media = bytes.TrimSpace(media)
		q := serve.Quality(params)
		switch {
		case bytes.EqualFold(media, []byte(mediaAbbreviated)):
			a.install = max(a.install, q)
		case bytes.EqualFold(media, []byte(mediaFull)):
			a.json = max(a.json, q)
		case bytes.EqualFold(media, []byte("application/*")):
			a.application = max(a.application, q)
		case string(media) == "*/*", string(media) == "*":
			a.all = max(a.all, q)
		}
	}
}

func (a *accept) form() packumentForm {
	if *a == (accept{-1, -1, -1, -1}) {
		return notAcceptable
	}
	json := a.json
	if json < 0 {
		json = a.application
	}
	if json < 0 {
		json = a.all
	}
	switch {
	case a.install > 0 && a.install >= json:
		return abbreviated
	case json > 0:
		return full
	}
	return notAcceptable
}
