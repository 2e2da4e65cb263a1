package main

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/valyala/fasthttp"
)

// benchFirstRead measures the first read of a large packument in a view that
// nobody had before, while another view has been read: its versions are
// selected, their bodies put together, coded as gzip of level 2 and sent. The
// baseline copies the same bytes once and codes them as gzip of level 1.
//
// The very first read after a start takes the bodies from SQLite, which is warm;
// the one after a change of the package reads the rules of all versions anew.
//
// Every license is a view of its own: each expired before another of the newest
// releases.
func benchFirstRead(b *testing.B, s scale, table *figures) {
	f := newDepot(b)
	var keys []string
	var tagged edition
	f.fill(func(shop *shop) {
		p := shop.pkg("relay")
		policy := shop.policy()
		var expiries []time.Time
		for i, version := range versions(0, s.large) {
			e := shop.publish(p, version)
			if i == 0 {
				tagged = e
			}
			expiries = append(expiries, shop.now)
		}
		for i := range 2*s.rounds + 1 {
			keys = append(keys, shop.license(policy, expiries[len(expiries)-1-i]))
		}
	})
	p := f.up()
	read := func(key string) (took time.Duration, body []byte) {
		took = timed(b, p.endpoint(), getRequest("/npm/acme/relay", "Authorization", "License "+key, "Accept-Encoding", "gzip"))
		return took, ask(b, p.endpoint(), getRequest("/npm/acme/relay", "Authorization", "License "+key)).Body
	}
	_, _ = read(keys[0]) // the store is warm
	p.stop()
	p.start()
	cold, body := read(keys[0])
	name := fmt.Sprintf("first read of %d versions in a new view (%.1f MB)", s.large, float64(len(body))/1e6)
	for i, c := range []struct {
		name   string
		target string
		before func(round int)
	}{
		{name, "≤ 5", func(int) {}},
		{"  the same, after a change of the package", "", func(round int) { p.retag(tagged, fmt.Sprintf("tag-%d", round)) }},
	} {
		var ours, baseline []float64
		for round := range s.rounds {
			c.before(round)
			took, body := read(keys[1+i*s.rounds+round])
			ours = append(ours, milliseconds(took))
			baseline = append(baseline, milliseconds(copyAndCode(body)))
		}
		table.compared(c.name, "ms", ours, baseline, c.target)
	}
	table.compared("  the same, the first one after a start", "ms", []float64{milliseconds(cold)}, []float64{milliseconds(copyAndCode(body))}, "")
}

// timed is how long one request takes, over a connection that is there.
func timed(t testing.TB, to endpoint, request []byte) time.Duration {
	t.Helper()
	c, err := dial(to.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.conn.Close()
	if _, _, _, err := c.exchange(getRequest("/healthz")); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	status, head, _, err := c.exchange(request)
	took := time.Since(began)
	if err != nil || status != fasthttp.StatusOK {
		t.Fatalf("%s %v", head, err)
	}
	return took
}

// retag gives a release another tag: everything that is in memory of its
// package is dropped.
func (p *process) retag(e edition, tag string) {
	p.t.Helper()
	doc := map[string]any{"data": map[string]any{"type": "releases", "id": e.release, "attributes": map[string]any{"tag": tag}}}
	if _, err := p.api.call(p.t.Context(), "PATCH", below(p.Account, "releases/"+e.release), doc, nil); err != nil {
		p.t.Fatal(err)
	}
}

// copyAndCode is the baseline: the median of three times.
func copyAndCode(body []byte) time.Duration {
	w, err := gzip.NewWriterLevel(nil, 1)
	if err != nil {
		panic(err)
	}
	var took []time.Duration
	var out bytes.Buffer
	out.Grow(len(body) / 4)
	room := make([]byte, 0, len(body))
	for range 3 {
		out.Reset()
		began := time.Now()
		room = append(room[:0], body...)
		w.Reset(&out)
		_, _ = w.Write(room) // a buffer takes everything
		_ = w.Close()
		took = append(took, time.Since(began))
	}
	return percentile(took, 50)
}
