package serve

import "bytes"

// preference is what a client would rather have than a file's bytes.
type preference byte

const (
	preferBytes preference = iota
	preferNoRedirect
	preferNoDownload
)

// preference reads the Prefer headers (RFC 7240), or ?prefer=, which are lists.
// Not to download beats not to be redirected.
func (r *Request) preference() preference {
	best := preferBytes
	for _, line := range r.RequestCtx.Request.Header.PeekAll("Prefer") {
		best = max(best, preferred(line))
	}
	return max(best, preferred(r.Param("prefer")))
}

func preferred(list []byte) preference {
	best := preferBytes
	for len(list) > 0 {
		var item []byte
		item, list, _ = bytes.Cut(list, []byte(","))
		item, _, _ = bytes.Cut(item, []byte(";"))
		switch item = bytes.TrimSpace(item); {
		case bytes.EqualFold(item, []byte("no-download")):
			best = preferNoDownload
		case bytes.EqualFold(item, []byte("no-redirect")):
			best = max(best, preferNoRedirect)
		}
	}
	return best
}
