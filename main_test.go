package main

import (
	"flag"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain makes this binary also the program: scripts and tests start it as
// "offprint", a real process of its own.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) != "offprint" {
		clearTwins()
	}
	testscript.Main(m, map[string]func(){"offprint": main, "bare": bare})
}

// clearTwins keeps the environment's twins of flags out of the tests.
func clearTwins() {
	for _, entry := range os.Environ() {
		if name, _, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "OFFPRINT_") && name != strictVariable {
			os.Unsetenv(name)
		}
	}
}

// update makes the scripts write what they compare with.
var update = flag.Bool("update", false, "rewrite the files in testdata/script that cmp compares with")

// TestScripts runs testdata/script.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds:                scriptCommands,
		UpdateScripts:       *update,
	})
}

// arrows says what packages may import from this module; of several rows the
// longest that fits a package counts. A name that ends in a slash stands for
// everything below.
var arrows = map[string][]string{
	"events":        nil,
	"events/stream": {"events"},
	"events/":       {"events", "schema", "schema/"},
	"schema":        nil,
	"schema/":       {"schema", "schema/"},
	"ingest":        {"events", "events/", "schema", "schema/"},
	"ingest/":       {"ingest", "events", "events/", "schema", "schema/"}, // for tests only
	"projector":     {"events", "events/", "schema", "schema/"},
	"projector/":    {"projector", "events", "events/", "schema", "schema/"},
	"serve":         {"schema", "schema/"},
	"serve/":        {"serve", "schema", "schema/"},
}

// TestImportArrows fails on any import that the design does not have, in tests
// too, which may import what helps tests beside: packages whose name ends in
// "test". This package is free to import everything, and nobody imports it.
func TestImportArrows(t *testing.T) {
	seen := map[string]bool{}
	for _, source := range goFiles(t) {
		pkg := path.Dir(source)
		if pkg == "." {
			continue
		}
		row := rowOf(pkg)
		if row == "" {
			t.Errorf("%s: package %s is in no row of the table", source, pkg)
			continue
		}
		seen[row] = true
		testing := strings.HasSuffix(source, "_test.go") || forTests(pkg)
		for _, imported := range imports(t, source) {
			sister := forTests(imported) && strings.HasPrefix(imported, top(pkg)+"/")
			if imported != pkg && !(testing && sister) && (!covers(arrows[row], imported) || !testing && forTests(imported)) {
				t.Errorf("%s: %s must not import %q", source, pkg, imported)
			}
		}
	}
	for _, row := range []string{"events", "schema", "ingest", "projector", "serve"} {
		if !seen[row] {
			t.Errorf("no file of package %s was looked at", row)
		}
	}
}

// top is the first element of a path.
func top(pkg string) string {
	first, _, _ := strings.Cut(pkg, "/")
	return first
}

// forTests says that a package only helps tests.
func forTests(pkg string) bool { return strings.HasSuffix(pkg, "test") }

// rowOf is the row of the table for a package; empty if there is none.
func rowOf(pkg string) (row string) {
	for name := range arrows {
		if covers([]string{name}, pkg) && len(name) > len(row) {
			row = name
		}
	}
	return row
}

func covers(names []string, pkg string) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		return pkg == name || strings.HasSuffix(name, "/") && strings.HasPrefix(pkg, name)
	})
}

// goFiles are the module's sources, by their path below its root.
func goFiles(t *testing.T) (list []string) {
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "node_modules"):
			return fs.SkipDir
		case !d.IsDir() && strings.HasSuffix(name, ".go"):
			list = append(list, name)
		}
		return nil
	})
	if err != nil || len(list) == 0 {
		t.Fatalf("sources: %d, %v", len(list), err)
	}
	return list
}

// imports are the packages of this module that a file imports, below its root;
// the root itself is "main".
func imports(t *testing.T, source string) (list []string) {
	f, err := parser.ParseFile(token.NewFileSet(), source, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	for _, spec := range f.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		if name == "offprint" {
			list = append(list, "main")
		} else if below, ok := strings.CutPrefix(name, "offprint/"); ok {
			list = append(list, below)
		}
	}
	return list
}

// publishes finds calls that put something on NATS.
var publishes = regexp.MustCompile(`\.(Publish|PublishMsg|PublishAsync|PublishMsgAsync|PublishRequest|Request|RequestMsg|RequestWithContext|RequestMsgWithContext)\(`)

// TestE7OnlyGuardedAppends: an event without an expected sequence cannot be
// written, because only two files write to the log, and each sets the header in
// every message it sends.
func TestE7OnlyGuardedAppends(t *testing.T) {
	guards := map[string]string{ // file -> what must be in it; "" for what is not the log
		"events/stream/append.go": "ExpectedLastSubjSeqSubjHeader",
		"events/stream/batch.go":  "ExpectedLastSeqHeader",
		"cmd_up_notice.go":        "schema.NoticeSubject",
	}
	found := map[string]bool{}
	for _, source := range goFiles(t) {
		if strings.HasSuffix(source, "_test.go") {
			continue
		}
		text, err := os.ReadFile(filepath.FromSlash(source))
		if err != nil {
			t.Fatal(err)
		}
		if !publishes.Match(text) {
			continue
		}
		guard, known := guards[source]
		if !known {
			t.Errorf("%s publishes to NATS: only events/stream may", source)
		} else if !strings.Contains(string(text), guard) {
			t.Errorf("%s publishes to NATS without %s", source, guard)
		}
		found[source] = true
	}
	for source := range guards {
		if !found[source] {
			t.Errorf("%s does not publish any more: take it out of the list", source)
		}
	}
}
