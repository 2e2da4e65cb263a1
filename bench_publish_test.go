package main

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strconv"
	"testing"
	"time"

	"offprint/events"
	"offprint/events/stream"
)

// readers is how many connections read while releases are published: enough to
// keep the machine busy.
const readers = 8

// benchPublish measures how soon a publication is visible while others read as
// fast as they can: from the log's acknowledgement of release.published to the
// first answer that has it, the packument made anew; and the whole call of the
// publishing API, after which it must be visible.
func benchPublish(b *testing.B, s scale, table *figures) {
	f := newDepot(b)
	var drafts []edition
	var key string
	var owner *shop
	f.fill(func(shop *shop) {
		owner = shop
		hot, p := shop.pkg("hot"), shop.pkg("relay")
		for _, version := range versions(0, 50) {
			shop.publish(hot, version)
			shop.publish(p, version)
		}
		for _, version := range versions(50, 50+2*s.publish) {
			drafts = append(drafts, shop.draft(p, version))
		}
		key = shop.license(shop.policy(), time.Time{})
	})
	nats := freeAddress(b)
	p := f.up("--nats-listen", nats)
	log := dialLog(b, nats)
	stop := keepReading(b, p.endpoint(), key)
	w := &witness{t: b, line: mustDial(b, p.endpoint()), request: getRequest("/npm/acme/relay", installing(key)...)}
	fsync := fsyncs(b)
	owner.now = time.Now()
	var visible, calls []time.Duration
	for i, draft := range drafts {
		if i%2 == 0 {
			visible = append(visible, w.sees(appendEvent(b, log, owner.publication(draft))))
			continue
		}
		began := time.Now()
		serial := p.publish(draft)
		calls = append(calls, time.Since(began))
		if got := w.serial(); got < serial {
			b.Fatalf("the API answered for serial %d, the packument is of %d", serial, got)
		}
	}
	reads := stop()
	pair := func(list []time.Duration) string {
		return fmt.Sprintf("p50 %.2f ms, p99 %.2f ms", milliseconds(percentile(list, 50)), milliseconds(percentile(list, 99)))
	}
	disk := "fsync " + pair(fsync)
	name := fmt.Sprintf("acknowledged by the log to visible, beside %.0f reads/s", reads.perSecond())
	table.measured(name, pair(visible), disk)
	table.bounded("  its 99th percentile", "ms", milliseconds(percentile(visible, 99)), "", "≤ 50")
	table.measured("publish call of the API, sent to answered; visible by then", pair(calls), disk)
}

// freeAddress gives a port of loopback that is free.
func freeAddress(t testing.TB) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// dialLog connects to the log of a process until the benchmark ends.
func dialLog(t testing.TB, addr string) *stream.Log {
	t.Helper()
	conn, err := stream.Dial(context.Background(), "nats://"+addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	log, err := stream.Open(context.Background(), conn, 1)
	if err != nil {
		t.Fatal(err)
	}
	return log
}

// appendEvent gives the serial once the log has acknowledged it.
func appendEvent(t testing.TB, log *stream.Log, e events.Event) uint64 {
	t.Helper()
	last, err := log.Last(t.Context(), e.Subject.Boundary())
	if err != nil {
		t.Fatal(err)
	}
	serial, err := log.Append(t.Context(), e, last)
	if err != nil {
		t.Fatal(err)
	}
	return serial
}

// publish makes a draft visible by the API and gives the serial.
func (p *process) publish(e edition) uint64 {
	p.t.Helper()
	header, err := p.api.call(p.t.Context(), "POST", below(p.Account, "releases/"+e.release+"/actions/publish"), nil, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	serial, err := strconv.ParseUint(header.Get("X-Offprint-Serial"), 10, 64)
	if err != nil {
		p.t.Fatal(err)
	}
	return serial
}

func mustDial(t testing.TB, to endpoint) *line {
	t.Helper()
	l, err := dial(to.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.conn.Close() })
	return l
}

// keepReading loads a server with reads of a package that does not change,
// until stop.
func keepReading(t testing.TB, to endpoint, key string) (stop func() tally) {
	l := sameRequest(getRequest("/npm/acme/hot", installing(key)...), 200)
	l.conns = readers
	return l.start(t, to)
}

// witness looks at one packument.
type witness struct {
	t       testing.TB
	line    *line
	request []byte
}

// serial is the one that the packument says it is of.
func (w *witness) serial() uint64 {
	w.t.Helper()
	status, head, _, err := w.line.exchange(w.request)
	if err != nil || status != 200 {
		w.t.Fatalf("%s %v", head, err)
	}
	serial, err := strconv.ParseUint(string(slices.Clone(headerOf(head, "X-Offprint-Serial"))), 10, 64)
	if err != nil {
		w.t.Fatal(err)
	}
	return serial
}

// sees gives how long it takes until the packument is of the serial.
func (w *witness) sees(serial uint64) time.Duration {
	w.t.Helper()
	for began := time.Now(); ; {
		if w.serial() >= serial {
			return time.Since(began)
		}
		if time.Since(began) > startTimeout {
			w.t.Fatalf("serial %d is not visible after %v", serial, startTimeout)
		}
	}
}
