package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/valyala/fasthttp"
)

// viewEntitlements gives 64 views: every subset of them.
const viewEntitlements = 6

// benchViews measures many customers of many packages: licenses with every
// subset of six entitlements, packages with two free releases and one for each
// entitlement, asked for at random. Once warm, every variant is in memory. The
// baseline sends one body of the mean length.
func benchViews(b *testing.B, s scale, table *figures) {
	f := newDepot(b)
	var keys []string
	f.fill(func(shop *shop) { keys = shop.crowd(s.packages, s.licenses) })
	p := f.up()
	ours := p.endpoint()
	l := crowdLoad(s.packages, keys)
	warm(b, ours, s.packages, keys)
	l.run(b, ours, s.round/5)
	bytesBefore := metric(b, p, "offprint_cache_bytes")
	mean := l.run(b, ours, s.round/5).meanBody()
	answer := ask(b, ours, crowdRequest(nil, 0, keys[0]))
	for len(answer.Body) < mean {
		answer.Body = append(answer.Body, answer.Body...)
	}
	answer.Body = answer.Body[:mean]
	made := metric(b, p, "offprint_variants_made_total")
	d := duel(b, s, l, ours, l, startBare(b, answer))
	d.report(table, fmt.Sprintf("%d licenses, 64 views, %d packages (%.1f KB)", s.licenses, s.packages, float64(mean)/1000), "≥ 0.75", "")
	used := max(bytesBefore, metric(b, p, "offprint_cache_bytes"))
	table.bounded("  memory of variants and documents", "MB", used/1e6, "256 MiB budget", fmt.Sprintf("≤ %.0f", float64(256<<20)/1e6))
	table.measured("  variants made: before, during the rounds", fmt.Sprintf("%.0f, %.0f", made, metric(b, p, "offprint_variants_made_total")-made), "")
	resident, _ := memoryOf(ours.pid)
	table.measured("  resident memory of the program", show(float64(resident)/1e6, "MB"), "")
}

// crowd fills a shop and gives the keys: license i holds subset i modulo 64.
func (s *shop) crowd(packages, licenses int) (keys []string) {
	var codes []string
	for i := range viewEntitlements {
		codes = append(codes, s.entitlement(fmt.Sprintf("EDITION_%d", i)))
	}
	for i := range packages {
		p := s.pkg(crowdPackage(i))
		s.publish(p, "1.0.0")
		s.publish(p, "1.1.0")
		for j, code := range codes {
			s.publish(p, fmt.Sprintf("2.%d.0", j), code)
		}
	}
	policy := s.policy()
	for i := range licenses {
		var holds []string
		for j, code := range codes {
			if i>>j&1 == 1 {
				holds = append(holds, code)
			}
		}
		keys = append(keys, s.license(policy, time.Time{}, holds...))
	}
	return keys
}

func crowdPackage(i int) string { return "part-" + strconv.Itoa(1000+i) }

// crowdRequest appends the request of a license for a package to dst.
func crowdRequest(dst []byte, pkg int, key string) []byte {
	dst = append(dst, "GET /npm/acme/part-"...)
	dst = strconv.AppendInt(dst, int64(1000+pkg), 10)
	dst = append(dst, " HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nAuthorization: License "...)
	dst = append(dst, key...)
	return append(dst, "\r\nAccept-Encoding: gzip, deflate\r\nAccept: application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*\r\n\r\n"...)
}

func crowdLoad(packages int, keys []string) *load {
	return &load{connections, fasthttp.StatusOK, func(random *rand.Rand, room []byte) []byte {
		return crowdRequest(room, random.IntN(packages), keys[random.IntN(len(keys))])
	}}
}

// warm asks for every variant once, and with every license.
func warm(t testing.TB, to endpoint, packages int, keys []string) {
	t.Helper()
	c, err := dial(to.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.conn.Close()
	get := func(pkg int, key string) {
		status, head, _, err := c.exchange(crowdRequest(nil, pkg, key))
		if err != nil || status != fasthttp.StatusOK {
			t.Fatalf("%s %v", head, err)
		}
	}
	for _, key := range keys {
		get(0, key)
	}
	for pkg := range packages {
		for _, key := range keys[:1<<viewEntitlements] {
			get(pkg, key)
		}
	}
}

// metric reads one value without labels from /metrics.
func metric(t testing.TB, p *process, name string) float64 {
	t.Helper()
	page := ask(t, p.endpoint(), getRequest("/metrics")).Body
	at := bytes.Index(page, []byte("\n"+name+" "))
	if at < 0 {
		t.Fatalf("no metric %s", name)
	}
	text, _, _ := bytes.Cut(page[at+len(name)+2:], []byte("\n"))
	value, err := strconv.ParseFloat(string(text), 64)
	if err != nil {
		t.Fatal(err)
	}
	return value
}
