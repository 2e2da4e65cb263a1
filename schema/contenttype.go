package schema

import (
	"path"
	"strings"
)

// octets is the content type of a file whose name says nothing, or of which a
// browser would run the content.
const octets = "application/octet-stream"

const plainText = "text/plain; charset=utf-8"

// ContentType gives the type of a file by the extension of its name. The table
// is fixed, bytes are never looked at, and no type in it is one that a browser
// runs: pages, scripts, style sheets, SVG, XML, WebAssembly are octets.
func ContentType(filename string) string {
	if t, ok := contentTypes[strings.ToLower(path.Ext(filename))]; ok {
		return t
	}
	return octets
}

var contentTypes = map[string]string{
	// Archives.
	".7z":    "application/x-7z-compressed",
	".bz2":   "application/x-bzip2",
	".crate": "application/gzip",
	".gem":   "application/x-tar",
	".gz":    "application/gzip",
	".jar":   "application/java-archive",
	".lz4":   "application/x-lz4",
	".rar":   "application/vnd.rar",
	".tar":   "application/x-tar",
	".tbz":   "application/x-bzip2",
	".tbz2":  "application/x-bzip2",
	".tgz":   "application/gzip",
	".txz":   "application/x-xz",
	".tzst":  "application/zstd",
	".vsix":  "application/zip",
	".war":   "application/java-archive",
	".whl":   "application/zip",
	".nupkg": "application/zip",
	".xz":    "application/x-xz",
	".zip":   "application/zip",
	".zst":   "application/zstd",
	".snap":  "application/vnd.snap",
	".iso":   "application/x-iso9660-image",
	".cab":   "application/vnd.ms-cab-compressed",
	".cpio":  "application/x-cpio",
	".lzma":  "application/x-lzma",

	// Installers and programs.
	".apk":        "application/vnd.android.package-archive",
	".appimage":   "application/vnd.appimage",
	".appx":       "application/appx",
	".bat":        plainText,
	".deb":        "application/vnd.debian.binary-package",
	".dmg":        "application/x-apple-diskimage",
	".exe":        "application/vnd.microsoft.portable-executable",
	".flatpak":    "application/vnd.flatpak",
	".msi":        "application/x-msi",
	".msix":       "application/msix",
	".msixbundle": "application/msixbundle",
	".ps1":        plainText,
	".rpm":        "application/x-rpm",
	".sh":         "application/x-sh",

	// Documents and pictures.
	".csv":  "text/csv; charset=utf-8",
	".gif":  "image/gif",
	".ico":  "image/vnd.microsoft.icon",
	".jpeg": "image/jpeg",
	".jpg":  "image/jpeg",
	".json": "application/json",
	".log":  plainText,
	".md":   plainText,
	".pdf":  "application/pdf",
	".png":  "image/png",
	".toml": "application/toml",
	".txt":  plainText,
	".webp": "image/webp",
	".yaml": "application/yaml",
	".yml":  "application/yaml",

	// Signatures, digests, keys.
	".asc":     "application/pgp-signature",
	".md5":     plainText,
	".minisig": plainText,
	".pem":     "application/x-pem-file",
	".sha1":    plainText,
	".sha256":  plainText,
	".sha512":  plainText,
}
