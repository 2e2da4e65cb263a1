package main

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"
)

// benchHot measures requests whose answer is in memory: a licensed packument of
// 50 versions, as npm asks for it and as a plain reader does, and a 304. The
// baseline writes the same bytes with the same headers, for nobody in
// particular.
func benchHot(b *testing.B, s scale, table *figures) {
	f := newDepot(b)
	var key string
	f.fill(func(s *shop) {
		p := s.pkg("@acme/relay")
		for _, version := range versions(0, 50) {
			s.publish(p, version)
		}
		key = s.license(s.policy(), time.Time{})
	})
	ours := f.up().endpoint()
	const path = "/npm/acme/@acme%2frelay"
	install := getRequest(path, installing(key)...)
	etag := fieldOf(ask(b, ours, install), "Etag")
	for _, c := range []struct {
		name    string
		request []byte
		cpu     bool // what counts is the processor's time
	}{
		{"packument of 50 versions, npm install", install, false},
		{"the same, full and uncoded", getRequest(path, "Authorization", "License "+key), false},
		{"the same, not modified", getRequest(path, installing(key, "If-None-Match", etag)...), true},
	} {
		answer := ask(b, ours, c.request)
		plain := startBare(b, answer)
		sameReply(b, answer, ask(b, plain, c.request))
		name := fmt.Sprintf("%s (%d, %.1f KB)", c.name, answer.Status, float64(len(answer.Body))/1000)
		d := duel(b, s, sameRequest(c.request, answer.Status), ours, sameRequest(c.request, answer.Status), plain)
		rate, cpu := "≥ 0.9", ""
		if c.cpu {
			rate, cpu = "", "≤ 1.15"
		}
		d.report(table, name, rate, cpu)
	}
}

// fieldOf gives a header field of an answer.
func fieldOf(r *reply, name string) string {
	for _, h := range r.Header {
		if string(h[0]) == name {
			return string(h[1])
		}
	}
	return ""
}

// sameReply fails unless the baseline answers exactly like the program.
func sameReply(t testing.TB, want, got *reply) {
	t.Helper()
	order := func(a, b [2][]byte) int { return bytes.Compare(a[0], b[0]) }
	slices.SortFunc(want.Header, order)
	slices.SortFunc(got.Header, order)
	if got.Status != want.Status || !bytes.Equal(got.Type, want.Type) || !bytes.Equal(got.Body, want.Body) ||
		fmt.Sprintf("%q", got.Header) != fmt.Sprintf("%q", want.Header) {
		t.Fatalf("the baseline answers %d %s %q, the program %d %s %q", got.Status, got.Type, got.Header, want.Status, want.Type, want.Header)
	}
}

// contest has the figures of two servers, by round.
type contest struct{ ours, plain []tally }

// duel loads both servers in turn. A first short round warms both up.
func duel(t testing.TB, s scale, l *load, ours endpoint, plainLoad *load, plain endpoint) (c contest) {
	t.Helper()
	l.run(t, ours, s.round/5)
	plainLoad.run(t, plain, s.round/5)
	inTurn(s.rounds,
		func() { c.ours = append(c.ours, l.run(t, ours, s.round)) },
		func() { c.plain = append(c.plain, plainLoad.run(t, plain, s.round)) })
	return c
}

// report adds requests and processor time, with their targets.
func (c contest) report(table *figures, name, rate, cpu string) {
	list := func(of []tally, value func(tally) float64) (list []float64) {
		for _, t := range of {
			list = append(list, value(t))
		}
		return list
	}
	table.compared(name, "/s", list(c.ours, tally.perSecond), list(c.plain, tally.perSecond), rate)
	if c.ours[0].cpu > 0 {
		table.compared("  processor time of the server per request", "µs", list(c.ours, tally.cpuEach), list(c.plain, tally.cpuEach), cpu)
	}
}
