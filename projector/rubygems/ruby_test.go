package rubygems

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"offprint/schema"
)

// ruby runs a script with files as its arguments.
func ruby(t *testing.T, script string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath("ruby")
	if err != nil {
		const missing = "not installed: ruby (apt-get install ruby)"
		if os.Getenv("OFFPRINT_STRICT") == "1" {
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	out, err := exec.Command(path, append([]string{"-rrubygems", "-rrubygems/package", "-rzlib", "-e", script}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("ruby: %v\n%s", err, out)
	}
	return string(out)
}

// buildGem builds a gem with the real RubyGems.
func buildGem(t *testing.T, body string) string {
	t.Helper()
	dir := t.TempDir()
	out := ruby(t, `Dir.chdir ARGV[0]; File.write("a.rb", "1\n")
s = Gem::Specification.new { |s| s.name = "acme"; s.version = "1.2.0"; s.summary = "S"; s.authors = ["A"]; s.files = ["a.rb"]; s.homepage = "https://example.com"; s.license = "MIT"; s.date = "2026-11-22"
`+body+` }
Gem::DefaultUserInteraction.ui = Gem::SilentUI.new
puts Gem::Package.build(s, true)`, dir)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	return filepath.Join(dir, lines[len(lines)-1])
}

// TestRubyReadsGemspec: what RubyGems loads from our Marshal equals what it
// reads from the gem itself.
func TestRubyReadsGemspec(t *testing.T) {
	for name, body := range map[string]string{
		"G31 blank fields, email list, non-ASCII": `s.email = ["a@b.c", "d@e.f"]; s.description = "Grüße, 日本"; s.metadata = {"x" => "ü", "a" => "b"}`,
		"G23 dependencies of both types":          `s.add_dependency "rack", ">= 2.0", "< 4"; s.add_development_dependency "rake", "~> 13"; s.required_ruby_version = ">= 2.7"`,
		"platform":                                `s.platform = "x86_64-linux"; s.email = "one@example.com"; s.required_rubygems_version = "> 1.3"`,
		"G18 jruby":                               `s.platform = "jruby"`,
		"long":                                    `s.description = "x" * 70000; s.authors = ["é"] * 300`,
	} {
		t.Run(name, func(t *testing.T) {
			file := buildGem(t, body)
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			facts, err := Validate(t.Context(), bytes.NewReader(src), Input{Name: "acme", Version: "1.2.0", Size: int64(len(src))})
			if err != nil {
				t.Fatal(err)
			}
			ours := filepath.Join(t.TempDir(), "spec")
			if err := os.WriteFile(ours, Gemspec(facts), 0o600); err != nil {
				t.Fatal(err)
			}
			got := ruby(t, `a = Marshal.load(Marshal.dump(Gem::Package.new(ARGV[0]).spec)); b = Marshal.load(File.binread(ARGV[1]))
b.date.utc? or abort "date not UTC"
%i[rubygems_version specification_version name version date summary required_ruby_version required_rubygems_version original_platform dependencies email authors description homepage platform licenses metadata full_name].each { |f|
  x, y = a.send(f), b.send(f)
  x == y or abort "#{f}: gem #{x.inspect}, ours #{y.inspect}"
  x.is_a?(String) && x.encoding != y.encoding && !x.ascii_only? and abort "#{f}: #{y.encoding}"
}
[a, b].map { |x| x.instance_variable_get(:@license) }.uniq.size == 1 or abort "license" # 3.3 loads licenses into it
puts "equal"`, file, ours)
			if got != "equal\n" {
				t.Error(got)
			}
		})
	}
}

// TestRubyComparesVersions: our order and grammar are those of Gem::Version.
func TestRubyComparesVersions(t *testing.T) {
	list := strings.Fields("0 1 1.0 1.0.0 1.2 1.10 1.9.1 1.0.a 1.a 1.0.0.beta.2 1.0.0.beta.10 1.0.0.rc1 2.0.0.beta1 2.0.0.beta.1 2.0.0.pre.beta.1 2.0.0-beta.1 1.0.0.beta.0 1.0.0.beta 01.2 1.a.0.1 1.0b2 12345678901234567890123 3.A 3.a")
	out := ruby(t, `ARGV.each { |a| puts ARGV.map { |b| Gem::Version.new(a) <=> Gem::Version.new(b) }.join(" ") }`, list...)
	for i, row := range strings.Split(strings.TrimSpace(out), "\n") {
		for j, want := range strings.Fields(row) {
			got := schema.CompareGemVersions(list[i], list[j])
			if text := map[bool]string{got < 0: "-1", got == 0: "0", got > 0: "1"}[true]; text != want {
				t.Errorf("%s <=> %s: %s, ruby says %s", list[i], list[j], text, want)
			}
		}
	}
	odd := []string{"1", "1.", ".1", "1..2", "a", "1a", "1.a-b", "1-", "1-a.b", "1.2-3-4", "1.ü", "1 2", "1-a..b", "1.2.b-"}
	out = ruby(t, `ARGV.each { |a| puts (a =~ /\A\s*[0-9]+(\.[0-9a-zA-Z]+)*(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?\s*\z/ && a !~ /\s/) ? "yes" : "no" }`, odd...)
	for i, want := range strings.Fields(out) {
		if got := schema.GemVersionValid(odd[i]); got != (want == "yes") {
			t.Errorf("valid(%q) = %v, ruby says %s", odd[i], got, want)
		}
	}
}
