package main

import (
	"fmt"
	"net/url"
	"strings"
)

// installRaw is one curl for each file.
func installRaw(at installation) string {
	var b strings.Builder
	auth := ""
	if at.licensed {
		b.WriteString("KEY=the-license-key\n")
		auth = `-u "license:$KEY" `
	}
	for _, name := range at.files {
		segments := []string{at.server + "/raw", url.PathEscape(at.account), url.PathEscape(at.product)}
		if at.pkg != "" {
			segments = append(segments, "@"+url.PathEscape(at.pkg))
		}
		segments = append(segments, url.PathEscape(at.name), url.PathEscape(name))
		fmt.Fprintf(&b, "curl -fLO %s%s\n", auth, shellWord(strings.Join(segments, "/")))
	}
	return b.String()
}

// shellWord quotes a word for a shell if it needs that.
func shellWord(word string) string {
	plain := strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/:@%+=.,_-") == ""
	if plain {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
