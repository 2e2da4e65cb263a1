package rubygems

import (
	"regexp"
	"strings"
)

// platform is a Gem::Platform; the zero value is ruby, which runs everywhere.
type platform struct{ cpu, os, version string }

var cpu86 = regexp.MustCompile(`^i\d86$`)

// systems are the operating systems that RubyGems knows, tried in this order;
// the last group is the version
// (Gem::Platform#initialize, https://github.com/ruby/rubygems/blob/master/lib/rubygems/platform.rb).
var systems = []struct {
	form *regexp.Regexp
	os   string
}{
	{regexp.MustCompile(`^aix-?(\d+)?$`), "aix"},
	{regexp.MustCompile(`^cygwin()$`), "cygwin"},
	{regexp.MustCompile(`^darwin-?(\d+)?$`), "darwin"},
	{regexp.MustCompile(`^macruby-?(\d+(?:\.\d+)*)?$`), "macruby"},
	{regexp.MustCompile(`^freebsd-?(\d+)?$`), "freebsd"},
	{regexp.MustCompile(`^(?:java|jruby)()$`), "java"},
	{regexp.MustCompile(`^(?:java|jruby)-?(\d+(?:\.\d+)*)$`), "java"},
	{regexp.MustCompile(`^dalvik-?(\d+)?$`), "dalvik"},
	{regexp.MustCompile(`^dotnet-?(\d+(?:\.\d+)*)?$`), "dotnet"},
	{regexp.MustCompile(`^linux-?([a-z]\w*)?$`), "linux"},
	{regexp.MustCompile(`^mingw32()$`), "mingw32"},
	{regexp.MustCompile(`^mingw-?(\w+)?$`), "mingw"},
	{regexp.MustCompile(`^mswin32()$`), "mswin32"},
	{regexp.MustCompile(`^mswin64()$`), "mswin64"},
	{regexp.MustCompile(`^mswin(?:32|64)[_-]?(\d+)$`), "mswin"},
	{regexp.MustCompile(`^netbsdelf-?()$`), "netbsdelf"},
	{regexp.MustCompile(`^openbsd-?(\d+\.\d+)?$`), "openbsd"},
	{regexp.MustCompile(`^solaris-?(\d+\.\d+)?$`), "solaris"},
	{regexp.MustCompile(`^wasi-?(\w+)?$`), "wasi"},
}

// parsePlatform reads a platform as written; ok is false if RubyGems does not
// know it.
func parsePlatform(s string) (p platform, ok bool) {
	if s == "" || s == "ruby" {
		return platform{}, true
	}
	if len(s) > 100 {
		return p, false
	}
	cpu, os, dash := strings.Cut(s, "-")
	if !dash {
		cpu, os = "", s
	}
	if dash && (cpu == "" || strings.Trim(cpu, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != "") {
		return p, false
	}
	if cpu86.MatchString(cpu) {
		cpu = "x86"
	}
	for _, system := range systems {
		m := system.form.FindStringSubmatch(os)
		if m == nil {
			continue
		}
		p = platform{cpu, system.os, m[1]}
		if system.os == "mswin" { // the digits of the name belong to it
			p.os = os[:len("mswin32")]
		}
		if cpu == "" && strings.HasPrefix(p.os, "mswin") && strings.HasSuffix(p.os, "32") {
			p.cpu = "x86"
		}
		return p, p.os != ""
	}
	return p, false
}

// String is the canonical form; "" for ruby.
func (p platform) String() string {
	switch {
	case p.os == "":
		return ""
	case p.cpu == "":
		return p.os + p.version
	case p.version == "":
		return p.cpu + "-" + p.os
	}
	return p.cpu + "-" + p.os + "-" + p.version
}

// word is the canonical form as people write it.
func (p platform) word() string {
	if s := p.String(); s != "" {
		return s
	}
	return "ruby"
}

// agrees says whether a file whose publisher declared platform and arch may hold
// a gem for p: the whole platform, or its operating system and cpu.
func (p platform) agrees(declared, arch string) bool {
	if declared != "" {
		other, ok := parsePlatform(declared)
		whole := ok && other == p
		if !whole && declared != p.os && (p.os != "" || declared != "ruby") {
			return false
		}
	}
	return arch == "" || arch == p.cpu || sameCPU(arch, p.cpu)
}

// sameCPU says that two words name one processor.
func sameCPU(a, b string) bool {
	if cpu86.MatchString(a) {
		a = "x86"
	}
	return a == b
}
