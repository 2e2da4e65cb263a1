// Package origin knows by which names clients reach the server, and so under
// which scheme, host and port links are given: one rule for every engine and
// the publishing API.
package origin

import (
	"net"
	"net/netip"
	"net/url"
	"strings"

	"github.com/valyala/fasthttp"
)

// Hosts knows by which names clients may come. The zero value knows every host.
type Hosts struct {
	public  *url.URL // nil: every host is known
	domain  string
	trusted []netip.Prefix
}

// New takes the public URL (empty: every host is known), the domain below which
// accounts and engines have hosts of their own (empty: none have), and the
// proxies whose X-Forwarded-* count.
func New(public, domain string, trusted []netip.Prefix) Hosts {
	h := Hosts{domain: strings.ToLower(domain), trusted: trusted}
	if u, err := url.Parse(strings.TrimSuffix(public, "/")); err == nil && u.Host != "" {
		h.public = u
	}
	return h
}

// Account is the slug that the Host header maps to, "" if to none.
func (h Hosts) Account(ctx *fasthttp.RequestCtx) string {
	if h.domain == "" {
		return ""
	}
	_, host := h.came(ctx)
	name, ok := strings.CutSuffix(bare(host), "."+h.domain)
	if !ok || strings.Contains(name, ".") {
		return ""
	}
	return name
}

// Base is scheme and host under which absolute links are given: those by which
// the client came, if the host is known, else the public URL.
func (h Hosts) Base(ctx *fasthttp.RequestCtx) string {
	scheme, host := h.came(ctx)
	if h.public == nil {
		return scheme + "://" + host
	}
	if strings.EqualFold(host, h.public.Host) || strings.EqualFold(bare(host), h.public.Host) {
		return h.public.String()
	}
	name := bare(host)
	ip, err := netip.ParseAddr(name)
	loopback := name == "localhost" || err == nil && ip.IsLoopback()
	if loopback || h.domain != "" && (name == h.domain || strings.HasSuffix(name, "."+h.domain)) {
		return scheme + "://" + host
	}
	return h.public.String()
}

// Engine is the engine that the Host header names, {engine}.pkg.{domain}; "" if
// none.
func (h Hosts) Engine(ctx *fasthttp.RequestCtx) string {
	if h.domain == "" {
		return ""
	}
	_, host := h.came(ctx)
	name, ok := strings.CutSuffix(bare(host), ".pkg."+h.domain)
	if !ok || strings.Contains(name, ".") {
		return ""
	}
	return name
}

// came is by which scheme and host the client came. Forwarded headers count
// from trusted proxies only.
func (h Hosts) came(ctx *fasthttp.RequestCtx) (scheme, host string) {
	scheme, host = "http", strings.ToLower(string(named(ctx)))
	if ctx.IsTLS() {
		scheme = "https"
	}
	if !h.fromProxy(ctx) {
		return scheme, host
	}
	if v := first(ctx.Request.Header.Peek("X-Forwarded-Proto")); v == "http" || v == "https" {
		scheme = v
	}
	if v := first(ctx.Request.Header.Peek("X-Forwarded-Host")); v != "" {
		host = v
	}
	return scheme, host
}

func (h Hosts) fromProxy(ctx *fasthttp.RequestCtx) bool {
	ip, ok := netip.AddrFromSlice(ctx.RemoteIP())
	if !ok {
		return false
	}
	for _, p := range h.trusted {
		if p.Contains(ip.Unmap()) {
			return true
		}
	}
	return false
}

// first is the first of a header's comma-separated values.
func first(v []byte) string {
	s, _, _ := strings.Cut(string(v), ",")
	return strings.TrimSpace(s)
}

// bare is host without port and brackets, in lower case.
func bare(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.ToLower(strings.Trim(host, "[]"))
}

// AppendBase appends what Base returns to dst. Without a public URL and without
// trusted proxies it allocates nothing if dst has room.
func (h Hosts) AppendBase(dst []byte, ctx *fasthttp.RequestCtx) []byte {
	if h.public != nil || len(h.trusted) > 0 {
		return append(dst, h.Base(ctx)...)
	}
	scheme := "http://"
	if ctx.IsTLS() {
		scheme = "https://"
	}
	dst = append(dst, scheme...)
	for _, c := range named(ctx) {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst
}

// named is the host as the request names it: the Host header, or the authority
// of a target in absolute form (RFC 9112 section 3.2.2).
func named(ctx *fasthttp.RequestCtx) []byte {
	if uri := ctx.Request.Header.RequestURI(); len(uri) > 0 && uri[0] != '/' {
		return ctx.Host()
	}
	return ctx.Request.Header.Host()
}
