package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
)

// rawEngine is the engine of files that are given out as they are.
const rawEngine = "raw"

// recognizer is what publish knows of an engine: how its files name themselves,
// and how customers install them.
type recognizer struct {
	engine string
	// recognize reads what a file says of itself. It must be bounded, whatever
	// the file is. The error says why the file is none of this engine; nil
	// without identity: its name is not one that this engine knows.
	recognize func(file *os.File, name string) (*identity, error)
	// install is how to get a release, in lines of a shell script.
	install func(installation) string
}

// recognizers are the engines whose files publish knows, one line each; the
// first that recognizes a file counts. Raw files recognize nothing.
var recognizers = []recognizer{
	{"npm", recognizeNPM, installNPM},
	{rawEngine, recognizeNothing, installRaw},
}

// identity is what a file says of itself.
type identity struct {
	key        string         // of the package
	version    string         // of the release: SemVer, whatever the engine's own form is
	attributes map[string]any // of the artifact, such as platform and arch
}

// recognized is a file's identity and engine.
type recognized struct {
	engine string
	identity
}

// String names it as people do.
func (r recognized) String() string { return r.key + " " + r.version + " (" + r.engine + ")" }

// recognize finds out what a file is; engine, if it is not empty, is what it
// must be. A file that nobody recognizes is raw, and reasons say why.
func recognize(path, engine string) (r recognized, reasons []string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return r, nil, err
	}
	defer f.Close()
	if engine != "" && !slices.ContainsFunc(recognizers, func(x recognizer) bool { return x.engine == engine }) {
		return r, nil, fmt.Errorf("--engine %s: publish knows %s", engine, strings.Join(recognizedEngines(), ", "))
	}
	for _, x := range recognizers {
		if engine != "" && x.engine != engine {
			continue
		}
		if _, err := f.Seek(0, 0); err != nil {
			return r, nil, err
		}
		id, err := x.recognize(f, f.Name())
		switch {
		case id != nil && err == nil:
			return recognized{x.engine, *id}, nil, nil
		case err != nil:
			reasons = append(reasons, x.engine+": "+err.Error())
		}
	}
	if engine != "" && engine != rawEngine {
		return r, nil, fmt.Errorf("--engine %s: %s is none of its packages%s", engine, path, because(reasons))
	}
	return recognized{engine: rawEngine}, reasons, nil
}

func recognizedEngines() (list []string) {
	for _, x := range recognizers {
		list = append(list, x.engine)
	}
	return list
}

// recognizeNothing: a raw file says nothing of itself.
func recognizeNothing(*os.File, string) (*identity, error) { return nil, nil }

// completeVersion writes 1 and 1.2 as the server stores them: 1.0.0, 1.2.0.
func completeVersion(version string) string {
	core, rest := version, ""
	if i := strings.IndexAny(version, "-+"); i >= 0 {
		core, rest = version[:i], version[i:]
	}
	for n := strings.Count(core, "."); n < 2 && core != ""; n++ {
		core += ".0"
	}
	return core + rest
}

// installation is what a customer needs to know to install a release.
type installation struct {
	server   string // scheme, host and port, no slash at the end
	account  string
	product  string // its code, or its id
	pkg      string // key, "" for none
	version  string
	name     string // version or tag: how to call the release
	files    []string
	licensed bool // a license is needed
}

// explain prints how customers install what was published.
func (p *publication) explain(ctx context.Context) error {
	if p.want.Draft {
		return nil
	}
	product, err := p.resolve(ctx, "products", p.product.ID)
	if err != nil {
		return fmt.Errorf("published; but how to install it is not known: %w", err)
	}
	at := installation{server: p.client.base, account: p.account, product: product.text("code"), pkg: p.key, version: p.version, name: p.version,
		licensed: product.text("distributionStrategy") != "OPEN"}
	if at.account == "" {
		at.account = product.Relationships["account"].ID
	}
	if at.product == "" {
		at.product = product.ID
	}
	if p.want.Tag != "" {
		at.name = p.want.Tag
	}
	for _, f := range p.files {
		at.files = append(at.files, f.name)
	}
	i := slices.IndexFunc(recognizers, func(x recognizer) bool { return x.engine == p.engine })
	fmt.Fprintln(p.say, "\nCustomers install it with")
	for line := range strings.Lines(recognizers[i].install(at)) {
		fmt.Fprint(p.say, "  ", line)
	}
	return nil
}
