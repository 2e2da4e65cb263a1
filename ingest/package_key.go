package ingest

import (
	"regexp"
	"strings"
)

// keyRule is what an engine accepts as a package's key.
type keyRule struct {
	form  *regexp.Regexp
	limit int // bytes
	words string
}

const npmPart = `[a-z0-9\-._~!*'()]`

var (
	npmKey  = keyRule{regexp.MustCompile(`^(@[a-z0-9\-_~!*'()]` + npmPart + `*/)?[a-z0-9~!*'()]` + npmPart + `*$`), 214, "must be a lower-case npm name: name or @scope/name"}
	pypiKey = keyRule{regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$`), maxWord, "must be letters, digits, '-', '_' and '.', beginning and ending with a letter or digit"}
	gemKey  = keyRule{regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`), maxWord, "must be letters, digits, '-', '_' and '.', not only digits, not beginning with '-', '_' or '.'"}
	ociKey  = keyRule{regexp.MustCompile(`^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$`), 200, "must be lower-case path components as a registry has them"}
	anyKey  = keyRule{regexp.MustCompile(`^[A-Za-z0-9@][A-Za-z0-9@._/+~-]*$`), maxWord, "must be letters, digits and '@._/+~-', beginning with a letter, digit or '@'"}

	keyRules = map[string]keyRule{"npm": npmKey, "pypi": pypiKey, "rubygems": gemKey, "oci": ociKey}

	onlyDigits = regexp.MustCompile(`^[0-9]+$`)
	pypiRuns   = regexp.MustCompile(`[-_.]+`)
)

// packageKey gives a key as it is stored (publishing-api.md section 4): for
// pypi in the form of PEP 503, else as sent.
func packageKey(engine, key string) (string, *problem) {
	rule, ok := keyRules[engine]
	if !ok {
		rule = anyKey
	}
	invalid := func(detail string) (string, *problem) { return "", unprocessable("key", "KEY_INVALID", detail) }
	switch {
	case len(key) > rule.limit:
		return "", unprocessable("key", "KEY_TOO_LONG", "is too long")
	case !rule.form.MatchString(key), engine == "rubygems" && onlyDigits.MatchString(key):
		return invalid(rule.words)
	case uuidOf(key) != "":
		return invalid("must not look like a UUID")
	case action(key):
		return invalid("is reserved")
	case strings.Contains(key, "..") && !ok, strings.Contains(key, "//"), strings.HasSuffix(key, "/"):
		return invalid("must not hold '..' or '//', nor end with '/'")
	case engine == "npm" && (key == "node_modules" || key == "favicon.ico" || strings.HasSuffix(key, "/node_modules") || strings.HasSuffix(key, "/favicon.ico")):
		return invalid("is reserved by npm")
	case engine == "oci" && (key == "as-of" || strings.HasPrefix(key, "as-of/")):
		return invalid("must not begin with the component 'as-of'")
	case engine == "pypi":
		return strings.ToLower(pypiRuns.ReplaceAllString(key, "-")), nil
	}
	return key, nil
}
