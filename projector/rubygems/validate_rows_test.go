package rubygems

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
)

// TestRefusedGems: what is wrong with a file, and the word by which its
// publisher finds it. Numbers are rows of rubygems.md section 9.
func TestRefusedGems(t *testing.T) {
	good := spec("1.0.0", "")
	file := func(parts ...part) []byte { return tarred(t, parts...) }
	whole := file(metadata(t, good), data(t))
	sums := func(text string) part { return part{name: sumsEntry, data: gzipped(t, []byte(text))} }
	yaml := func(more string) []byte { return file(metadata(t, spec("1.0.0", more)), data(t)) }
	for _, tt := range []struct {
		name string
		file []byte
		code string
		word string
	}{
		{"G26 checksums disagree", file(metadata(t, good), data(t), sums("---\nSHA256:\n  data.tar.gz: '00'\n")), codeDigest, `says "00"`},
		{"G26 checksums of an old gem", file(metadata(t, good), data(t), sums("---\nSHA1:\n  metadata.gz: '00'\n")), codeDigest, "SHA1"},
		{"G26 checksums name what is not there", file(metadata(t, good), data(t), sums("---\nSHA512:\n  x.gz: '00'\n")), codeDigest, "x.gz"},
		{"G26 entry missing", file(metadata(t, good)), codeEntryMissing, dataEntry},
		{"G26 two metadata.gz", file(metadata(t, good), data(t), metadata(t, good)), codeDuplicate, specEntry},
		{"two checksums", file(metadata(t, good), data(t), sums("--- {}"), sums("--- {}")), codeDuplicate, sumsEntry},
		{"metadata.gz is a link", file(part{name: specEntry, kind: tar.TypeSymlink}, data(t)), codeEntryMissing, "not a regular file"},
		{"G28 foreign object", yaml("x: !ruby/object:Kernel {}\n"), codeSpec, "!ruby/object:Kernel"},
		{"G28 foreign hash", yaml("x: !ruby/hash:X {}\n"), codeSpec, "!ruby/hash:X"},
		{"G28 foreign scalar", yaml("x: !ruby/regexp /a/\n"), codeSpec, "!ruby/regexp"},
		{"G29 alias bomb", yaml(bomb()), codeSpec, "nodes, aliases followed"},
		{"G29 2 MiB of metadata", yaml("x: '" + strings.Repeat("x", 2<<20) + "'\n"), codeSpec, "past the limit of 1048576"},
		{"metadata of 10 MiB that packs well", yaml("x: '" + strings.Repeat("x", 10<<20) + "'\n"), codeSpec, "past the limit"},
		{"nested", yaml("x: " + strings.Repeat("[", 40) + strings.Repeat("]", 40) + "\n"), codeSpec, "levels deep"},
		{"alias inside its anchor", yaml("x: &a [*a]\n"), codeSpec, ""},
		{"key twice", yaml("summary: a\nsummary: b\n"), codeSpec, `"summary" twice`},
		{"two documents", yaml("--- x\n"), codeSpec, "more than one document"},
		{"not YAML", file(metadata(t, []byte("\t{")), data(t)), codeSpec, "not YAML"},
		{"not UTF-8", file(metadata(t, []byte("--- \xff")), data(t)), codeSpec, "UTF-8"},
		{"another object", file(metadata(t, []byte("--- !ruby/object:Gem::Version\nversion: 1\n")), data(t)), codeSpec, "Gem::Specification"},
		{"bad binary", yaml("summary: !binary |-\n  ////\n"), codeSpec, "base64"},
		{"metadata is no gzip", file(part{name: specEntry, data: good}, data(t)), codeSpec, "not gzip"},
		{"name", file(metadata(t, bytes.Replace(good, []byte("acme"), []byte("Acme"), 1)), data(t)), codeName, `"Acme"`},
		{"version", file(metadata(t, spec("1.0.1", "")), data(t)), codeVersion, `"1.0.1"`},
		{"no version", file(metadata(t, spec("x", "")), data(t)), codeSpec, "not a version"},
		{"platform", yaml("platform: java-1.8\n"), codePlatform, "java-1.8"},
		{"requirement", yaml("required_ruby_version: !ruby/object:Gem::Requirement\n  requirements:\n  - - '=>'\n    - '1'\n"), codeSpec, "operator"},
		{"dependency name", yaml("dependencies:\n- !ruby/object:Gem::Dependency\n  name: \"a b\"\n"), codeSpec, "a b"},
		{"date", yaml("date: tomorrow\n"), codeSpec, "tomorrow"},
		{"path upwards", file(metadata(t, good), data(t, part{name: "../evil"})), codePath, "../evil"},
		{"absolute path", file(metadata(t, good), data(t, part{name: "/evil"})), codePath, "/evil"},
		{"data is no tar", file(metadata(t, good), part{name: dataEntry, data: gzipped(t, bytes.Repeat([]byte("x"), 600))}), codeArchive, dataEntry},
		{"data is cut", file(metadata(t, good), part{name: dataEntry, data: gzipped(t, tarred(t, part{name: "a", data: []byte("x")}))[:30]}), codeArchive, dataEntry},
		{"cut in an entry", whole[:700], codeArchive, "truncated"},
		{"cut before the end mark", whole[:len(whole)-1024], codeArchive, "truncated"},
		{"empty", []byte{}, codeArchive, ""},
		{"older than tar", []byte("MD5SUM = " + strings.Repeat("x", 1000)), codeArchive, "no tar archive"},
		{"gzipped as a whole", gzipped(t, whole), codeArchive, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := check(t, tt.file)
			var f *Failure
			if !errors.As(err, &f) || f.Code != tt.code || !strings.Contains(f.Reason, tt.word) {
				t.Errorf("%v, want %s with %q", err, tt.code, tt.word)
			}
		})
	}
}

// bomb is nine levels of nine aliases each.
func bomb() string {
	out := "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
	for i := 1; i < 9; i++ {
		p := "*a" + itoa(i-1)
		out += "a" + itoa(i) + ": &a" + itoa(i) + " [" + strings.Repeat(p+", ", 8) + p + "]\n"
	}
	return out
}

func TestAcceptedGems(t *testing.T) {
	for _, tt := range []struct{ name, more string }{
		{"G27 without checksums", ""},
		{"G30 requirement shared by an alias", "dependencies:\n- !ruby/object:Gem::Dependency\n  name: rack\n  requirement: &id001 !ruby/object:Gem::Requirement\n    requirements:\n    - - \">=\"\n      - !ruby/object:Gem::Version\n        version: '2'\n  type: :runtime\n  version_requirements: *id001\n"},
		{"G31 blank date, merge key as a plain key", "date:\nmetadata:\n  <<: x\nemail:\n- a@b.c\n"},
		{"old forms", "required_ruby_version: !ruby/object:Gem::Version::Requirement\n  requirements:\n  - - \">\"\n    - !ruby/object:Gem::Version\n      version: 0\n  version:\nauthor: A\nlicense: MIT\ndependencies:\n- !ruby/object:Gem::Dependency\n  name: rack\n  type: !ruby/symbol runtime\n  version_requirements:\n"},
		{"platform object", "platform: !ruby/object:Gem::Platform\n  cpu: x86_64\n  os: linux\n  version:\n"},
		{"binary text", "summary: !binary |-\n  R3LDvMOfZQ==\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, err := check(t, tarred(t, metadata(t, spec("1.0.0", tt.more)), data(t, part{name: "a/b.rb", data: []byte("1")})))
			if err != nil || f.Version != "1.0.0" {
				t.Errorf("%+v %v", f, err)
			}
		})
	}
	f, err := check(t, tarred(t, metadata(t, spec("1.0", "summary: !binary |-\n  R3LDvMOfZQ==\nlicense: MIT\nauthor: A\n")), data(t)))
	if err != nil || f.Version != "1.0" || f.Summary != "Grüße" || len(f.Licenses) != 1 || len(f.Authors) != 1 {
		t.Errorf("%+v %v", f, err)
	}
}

// zeros is an endless file that packs well.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// TestDataBomb: what data.tar.gz inflates to is counted, not kept.
func TestDataBomb(t *testing.T) {
	lim := contract
	lim.inflated, lim.files = 1<<20, 3
	big := tarred(t, metadata(t, spec("1.0.0", "")), data(t, part{name: "a", data: make([]byte, 2<<20)}))
	many := tarred(t, metadata(t, spec("1.0.0", "")), data(t, part{name: "a"}, part{name: "b"}, part{name: "c"}, part{name: "d"}))
	for name, file := range map[string][]byte{"large": big, "many": many} {
		_, err := validate(t.Context(), bytes.NewReader(file), Input{Name: "acme", Version: "1.0.0"}, lim)
		var f *Failure
		if !errors.As(err, &f) || f.Code != codeLimit {
			t.Errorf("%s: %v", name, err)
		}
	}
	lim.stored = 1000
	if _, err := validate(t.Context(), zeros{}, Input{Name: "acme", Version: "1.0.0"}, lim); !strings.HasPrefix(err.Error(), codeLimit) {
		t.Error(err)
	}
}

// TestLargeGem: 100 MiB in one pass and 16 MiB of memory.
func TestLargeGem(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 100 MiB")
	}
	noise := make([]byte, 100<<20)
	x := uint32(1)
	for i := range noise {
		x = x*1664525 + 1013904223
		noise[i] = byte(x >> 24)
	}
	file := tarred(t, metadata(t, spec("1.0.0", "")), data(t, part{name: "big", data: noise}))
	noise = nil
	if len(file) < 100<<20 {
		t.Fatalf("%d bytes", len(file))
	}
	runtime.GC()
	var before, during runtime.MemStats
	runtime.ReadMemStats(&before)
	peak := uint64(0)
	reads, at := 0, 0
	r := readerFunc(func(p []byte) (int, error) {
		if reads++; reads%2000 == 0 {
			runtime.ReadMemStats(&during)
			peak = max(peak, during.HeapAlloc)
		}
		n := copy(p, file[at:])
		if at += n; n == 0 {
			return 0, io.EOF
		}
		return n, nil
	})
	if _, err := Validate(t.Context(), r, Input{Name: "acme", Version: "1.0.0", Size: int64(len(file))}); err != nil {
		t.Fatal(err)
	}
	if at != len(file) || peak > before.HeapAlloc+16<<20 {
		t.Errorf("read %d of %d bytes, %d KiB of memory", at, len(file), (peak-before.HeapAlloc)>>10)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// TestTrouble: what went wrong in reading is not the file's fault.
func TestTrouble(t *testing.T) {
	file := tarred(t, metadata(t, spec("1.0.0", "")), data(t))
	broken := errors.New("disk")
	_, err := Validate(t.Context(), io.MultiReader(bytes.NewReader(file[:600]), readerFunc(func([]byte) (int, error) { return 0, broken })), Input{Name: "acme", Version: "1.0.0"})
	if err != broken {
		t.Error(err)
	}
	_, err = Validate(t.Context(), bytes.NewReader(file), Input{Name: "acme", Version: "1.0.0", Size: int64(len(file)) + 1})
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error(err)
	}
}

func TestIdentify(t *testing.T) {
	g, err := Identify(bytes.NewReader(tarred(t, metadata(t, spec("2.0.0-beta.1", "platform: jruby\n")), data(t))))
	if err != nil || g != (Gem{"acme", "2.0.0.pre.beta.1", "java"}) {
		t.Errorf("%+v %v", g, err)
	}
	if _, err := Identify(strings.NewReader("no gem")); err == nil {
		t.Error("no gem is one")
	}
}

func TestPlatforms(t *testing.T) {
	for written, want := range map[string]string{"jruby": "java", "java": "java", "i686-linux": "x86-linux", "x86_64-linux-gnu": "x86_64-linux-gnu",
		"x86_64-freebsd13": "x86_64-freebsd-13", "mswin32": "x86-mswin32", "x64-mingw-ucrt": "x64-mingw-ucrt", "arm64-darwin22": "arm64-darwin-22",
		"ruby": "", "": "", "darwin9": "darwin9", "x86-mingw32": "x86-mingw32", "arm-linux-gnueabihf": "arm-linux-gnueabihf", "aarch64-linux-musl": "aarch64-linux-musl",
		"x64-mswin64-140": "x64-mswin64-140", "foo": "refused", "java-1.8": "refused", "x86_64-../..": "refused", "-linux": "refused"} {
		p, ok := parsePlatform(written)
		got := p.String()
		if !ok {
			got = "refused"
		}
		if got != want {
			t.Errorf("%s: %s, want %s", written, got, want)
		}
		if again, ok := parsePlatform(got); got != "refused" && (!ok || again.String() != got) {
			t.Errorf("%s is read as %s", got, again)
		}
	}
}

// FuzzGemspec: any YAML is facts or a failure, and facts render.
func FuzzGemspec(f *testing.F) {
	f.Add(spec("1.0.0", "summary: x\n"))
	f.Add(spec("1.0.0", bomb()))
	f.Add([]byte("--- !ruby/object:Gem::Specification\nx: &a [*a]\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		facts, err := readSpec(src)
		var failure *Failure
		if err != nil && !errors.As(err, &failure) {
			t.Fatalf("%v", err)
		}
		if err == nil && !bytes.HasPrefix(Gemspec(facts), []byte("\x04\x08u:\x17Gem::Specification")) {
			t.Fatal("no gemspec")
		}
	})
}

// FuzzGem: any bytes are read to their end, and are facts or a failure.
func FuzzGem(f *testing.F) {
	f.Add(tarred(f, metadata(f, spec("1.0.0", "")), data(f, part{name: "a", data: []byte("x")})))
	f.Add([]byte("MD5SUM"))
	lim := contract
	lim.inflated, lim.spec = 1<<20, 64<<10
	f.Fuzz(func(t *testing.T, src []byte) {
		r := bytes.NewReader(src)
		_, err := validate(t.Context(), r, Input{Name: "acme", Version: "1.0.0"}, lim)
		var failure *Failure
		if err != nil && !errors.As(err, &failure) || r.Len() != 0 {
			t.Fatalf("%v, %d bytes left", err, r.Len())
		}
	})
}
