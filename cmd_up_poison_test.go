package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"

	"offprint/events/stream"
)

// strange appends a message to the log of p, past everything that keeps such
// messages out, and gives its serial.
func (p *process) strange(address, subject, kind, data string) uint64 {
	p.t.Helper()
	var account struct{ Data resource }
	if _, err := p.api.call(p.t.Context(), "GET", "/v1/accounts/"+p.Account, nil, &account); err != nil {
		p.t.Fatal(err)
	}
	conn, err := stream.Dial(p.t.Context(), "nats://"+address)
	if err != nil {
		p.t.Fatal(err)
	}
	defer conn.Close()
	id := uuid.Must(uuid.NewV7()).String()
	reply, err := conn.RequestMsg(&nats.Msg{Subject: subject, Data: []byte(data), Header: nats.Header{
		"Nats-Msg-Id": {id}, "ce-id": {id}, "ce-specversion": {"1.0"}, "ce-source": {"/v1/accounts/" + account.Data.ID},
		"ce-type": {kind}, "ce-subject": {"products/x"}, "ce-time": {"2026-11-22T18:00:00.123Z"}, "ce-datacontenttype": {"application/json"},
	}}, 10*time.Second)
	if err != nil {
		p.t.Fatal(err)
	}
	var ack struct{ Seq uint64 }
	if err := json.Unmarshal(reply.Data, &ack); err != nil || ack.Seq == 0 {
		p.t.Fatalf("%s: %v", reply.Data, err)
	}
	return ack.Seq
}

// A newer server's event stops the projector: it is not skipped, because
// documents would silently differ. /readyz names it, also after a restart, and
// what was published before is served on.
func TestE17EventOfANewerVersion(t *testing.T) {
	t.Parallel()
	address := freeAddress(t)
	p := startServer(t, "--nats-listen", address)
	product := p.product("relay", "OPEN")
	p.npmRelease(product, p.pkg(product, "relay", "npm"), "1.0.0")
	serial := p.strange(address, "releases.acme._._.product.created", "offprint.product.created.v2", `{}`)

	check := func(when string) {
		t.Helper()
		a := p.until("/readyz", "", func(a answer) bool { return a.status == 503 && strings.Contains(a.body, "projector") })
		var doc struct {
			Ready   bool
			Waiting []struct {
				For, Reason string
				Serial      uint64
			}
		}
		if err := json.Unmarshal([]byte(a.body), &doc); err != nil || doc.Ready || len(doc.Waiting) == 0 {
			t.Fatalf("%s: %v: %s", when, err, a.body)
		}
		w := doc.Waiting[0]
		if w.For != "projector releases" || w.Serial != serial || !strings.Contains(w.Reason, "offprint.product.created.v2") {
			t.Errorf("%s: %+v, want serial %d", when, w, serial)
		}
		if a := p.get("/npm/acme/relay", ""); a.status != 200 {
			t.Errorf("%s: what was published before: status %d", when, a.status)
		}
	}
	check("running")
	if !strings.Contains(p.output.String(), "offprint.product.created.v2") {
		t.Error("no log line names the kind")
	}
	if a := p.get("/metrics", ""); !strings.Contains(a.body, `offprint_projector_blocked{log="releases"} 1`) {
		t.Error("no metric says that the projector is blocked")
	}
	p.kill()
	p.launch()
	p.listens()
	check("started again")
}

// One event that cannot be folded is left out, listed and counted, and disturbs
// nothing else.
func TestE18TruncatedEventIsParked(t *testing.T) {
	t.Parallel()
	address := freeAddress(t)
	p := startServer(t, "--nats-listen", address, "--operator-token", "oper-1")
	product := p.product("relay", "OPEN")
	pkg := p.pkg(product, "relay", "npm")
	serial := p.strange(address, "releases.acme._._.product.created", "offprint.product.created.v1", `{"product":"8c5e`)
	p.npmRelease(product, pkg, "1.0.0")

	if a := p.get("/readyz", ""); a.status != 200 {
		t.Errorf("readyz: status %d, %s", a.status, a.body)
	}
	if a := p.get("/npm/acme/relay", ""); a.status != 200 || !strings.Contains(a.body, `"1.0.0"`) {
		t.Errorf("another package: status %d, %s", a.status, a.body)
	}
	if a := p.get("/metrics", ""); !strings.Contains(a.body, `offprint_parked_events{log="releases"} 1`) {
		t.Error("the metric is not 1")
	}
	if a := p.get("/v1/operator/parked", "Bearer oper-1"); a.status != 200 || !strings.Contains(a.body, fmt.Sprintf(`"serial":%d,`, serial)) {
		t.Errorf("parked: status %d, %s", a.status, a.body)
	}
	out, errs, code := offprint(t, nil, "verify", "--server", p.URL, "--token", "oper-1")
	if code != 0 || !strings.Contains(errs, fmt.Sprintf("parked: releases %d product.created", serial)) {
		t.Errorf("verify: exit code %d, %s%s", code, out, errs)
	}
	export, _, code := offprint(t, nil, "export", "--server", p.URL, "--token", "oper-1")
	if code != 0 {
		t.Fatalf("export: exit code %d", code)
	}
	copied := t.TempDir()
	if _, errs, code := offprint(t, strings.NewReader(export), "import", "--data", copied); code != 0 {
		t.Fatalf("import of a log with a parked event: exit code %d, %s", code, errs)
	}
	if again, _, code := offprint(t, nil, "export", "--data", copied); code != 0 || again != export {
		t.Error("the export of the import differs")
	}
}
