package npm

import (
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"offprint/schema"
)

// normalise brings a manifest into the form of npm.md 2.6. key is the package
// key, bins the regular files directly in directories.bin, gyp whether the
// root has a `*.gyp` file. New members go to the end. It is idempotent.
func (o *object) normalise(key string, bins []string, gyp bool) error {
	o.drop()
	o.bundle()
	for _, name := range []string{"os", "cpu", "libc"} {
		if s, ok := o.str(name); ok {
			o.set(name, appendStrings(nil, []string{s}))
		}
	}
	if gyp {
		o.gyp()
	}
	return o.bin(key, bins)
}

// drop removes what a registry does not repeat.
func (o *object) drop() {
	*o = slices.DeleteFunc(*o, func(m member) bool {
		return m.key == "dist" || m.key == "readme" || m.key == "readmeFilename" || strings.HasPrefix(m.key, "_")
	})
}

// bundle settles bundleDependencies: one spelling, and a list. Where both
// spellings are there, bundleDependencies counts.
func (o *object) bundle() {
	const right, wrong = "bundleDependencies", "bundledDependencies"
	both := o.get(right) != nil
	*o = slices.DeleteFunc(*o, func(m member) bool { return both && m.key == wrong })
	for i := range *o {
		if (*o)[i].key == wrong {
			(*o)[i].key = right
		}
	}
	switch string(o.get(right)) {
	case "false":
		*o = slices.DeleteFunc(*o, func(m member) bool { return m.key == right })
	case "true":
		deps, _ := o.object("dependencies")
		names := make([]string, len(deps))
		for i, m := range deps {
			names[i] = m.key
		}
		o.set(right, appendStrings(nil, names))
	}
}

// bin makes bin an object: from a string, or from the files of directories.bin
// in byte order.
func (o *object) bin(key string, bins []string) error {
	if s, ok := o.str("bin"); ok {
		name := key[strings.LastIndexByte(key, '/')+1:]
		o.set("bin", object{{name, schema.AppendJSONString(nil, s)}}.append(nil))
		return nil
	}
	if binFolder(*o) == "" {
		return nil
	}
	made := object{}
	bins = slices.Sorted(slices.Values(bins))
	for _, file := range slices.Compact(bins) {
		if !utf8.ValidString(file) {
			return reject(codePath, "The path %s in the folder of directories.bin is not UTF-8.", show(file))
		}
		if name := path.Base(file); name != "__proto__" {
			made = append(made, member{name, schema.AppendJSONString(nil, file)})
		}
	}
	if len(made) > 0 {
		o.set("bin", made.append(nil))
	}
	return nil
}

// binFolder gives the folder whose files become commands, cleaned, "." for the
// root, "" if bin decides or there is none.
func binFolder(o object) string {
	if v := o.get("bin"); v != nil && string(v) != "null" {
		return ""
	}
	dirs, _ := o.object("directories")
	dir, _ := dirs.str("bin")
	if dir == "" {
		return ""
	}
	if dir = path.Clean("/" + strings.ReplaceAll(dir, `\`, "/"))[1:]; dir == "" {
		return "."
	}
	return dir
}

// gyp adds the build that npm runs by itself for a `*.gyp` file.
func (o *object) gyp() {
	scripts, _ := o.object("scripts")
	if string(o.get("gypfile")) == "false" || truthy(scripts.get("install")) || truthy(scripts.get("preinstall")) {
		return
	}
	scripts.set("install", schema.AppendJSONString(nil, "node-gyp rebuild"))
	o.set("scripts", scripts.append(nil))
	o.set("gypfile", []byte("true"))
}

// hasInstallScript reports whether npm would run something at install time.
func (o object) hasInstallScript() bool {
	scripts, _ := o.object("scripts")
	return truthy(scripts.get("preinstall")) || truthy(scripts.get("install")) || truthy(scripts.get("postinstall"))
}

// truthy reports whether JavaScript, and so npm, takes the value for one that
// is there: an empty script is none.
func truthy(value []byte) bool {
	switch string(value) {
	case "", `""`, "null", "false", "0":
		return false
	}
	return true
}
