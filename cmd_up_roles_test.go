package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"offprint/events/stream"
	"offprint/schema/postgres/pgtest"
)

// services are a log, a database, a folder for bytes and a key that several
// processes share.
type services struct {
	t        *testing.T
	nats     *stream.Server
	dir      string // of the log
	address  string // of the log
	database string
	blobs    string
	key      string
}

func startServices(t *testing.T) *services {
	s := &services{t: t, dir: t.TempDir(), address: freeAddress(t), database: pgtest.Start(t), blobs: t.TempDir(), key: filepath.Join(t.TempDir(), "key")}
	if err := os.WriteFile(s.key, []byte("0123456789abcdef0123456789abcdef"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.startLog()
	t.Cleanup(func() { s.nats.Close() })
	return s
}

func (s *services) startLog() {
	s.t.Helper()
	var err error
	if s.nats, err = stream.Embed(s.dir, s.address); err != nil {
		s.t.Fatal(err)
	}
}

// flags are those of a command that works on the services.
func (s *services) flags(more ...string) []string {
	return append([]string{"--nats", "nats://" + s.address, "--database", s.database, "--blobs", s.blobs}, more...)
}

// start starts a process with these roles.
func (s *services) start(roles string, more ...string) *process {
	s.t.Helper()
	return startServer(s.t, append(s.flags("--roles", roles, "--server-key-file", s.key), more...)...)
}

// verify says that the documents are what the log says.
func (s *services) verify() {
	s.t.Helper()
	if out, errs, code := offprint(s.t, nil, append([]string{"verify"}, s.flags()...)...); code != 0 {
		s.t.Errorf("verify: exit code %d\n%s%s", code, out, errs)
	}
}

// The three roles as three processes are one server.
func TestRolesApart(t *testing.T) {
	t.Parallel()
	s := startServices(t)
	project, ingest, serve := s.start("project"), s.start("ingest"), s.start("serve")

	product := ingest.product("relay", "LICENSED")
	pkg := ingest.pkg(product, "@acme/relay", "npm")
	ingest.npmRelease(product, pkg, "1.0.0")
	license, key := ingest.license(product)
	path := "/npm/acme/@acme%2frelay"
	first := serve.eventually(path, licenseBasic(key), 200)

	ingest.npmRelease(product, pkg, "1.1.0")
	serve.until(path, licenseBasic(key), func(a answer) bool { return strings.Contains(a.body, `"1.1.0"`) })
	if strings.Contains(first.body, `"1.1.0"`) {
		t.Error("the first answer has a version that was not published yet")
	}
	if a := serve.get(path+"/-/relay-1.1.0.tgz", licenseBasic(key)); a.status != 200 || !strings.HasPrefix(a.body, "\x1f\x8b") {
		t.Errorf("tarball: status %d, %d bytes", a.status, len(a.body))
	}

	ingest.action(license, "suspend")
	if a := serve.eventually(path, licenseBasic(key), 403); !strings.Contains(a.body, "LICENSE_SUSPENDED") {
		t.Errorf("suspended: %s", a.body)
	}
	ingest.action(license, "reinstate")
	serve.eventually(path, licenseBasic(key), 200)

	for _, c := range []struct {
		name   string
		at     *process
		path   string
		status int
	}{
		{"API of ingest", ingest, "/v1/accounts/acme", 200},
		{"index of ingest", ingest, path, 404},
		{"API of serve", serve, "/v1/accounts/acme", 404},
		{"API of project", project, "/v1/accounts/acme", 404},
		{"index of project", project, path, 404},
		{"metrics of project", project, "/metrics", 200},
	} {
		if a := c.at.get(c.path, "Bearer "+ingest.Token); a.status != c.status {
			t.Errorf("%s: status %d, want %d: %s", c.name, a.status, c.status, a.body)
		}
	}

	// A serve process that starts later knows everything, and one that was killed
	// does again.
	late := s.start("serve")
	if a := late.get(path, licenseBasic(key)); a.status != 200 || !strings.Contains(a.body, `"1.1.0"`) {
		t.Errorf("late: status %d, %s", a.status, a.body)
	}
	serve.restart()
	serve.eventually(path, licenseBasic(key), 200)
	s.verify()
}

// While the log is away what is free is served, and nobody with a credential
// is; writes are refused. When it is back all goes on.
func TestE8LogAway(t *testing.T) {
	t.Parallel()
	s := startServices(t)
	p, serve := s.start("ingest,project"), s.start("serve")
	open := p.product("open", "OPEN")
	free := p.pkg(open, "free", "npm")
	p.npmRelease(open, free, "1.0.0")
	sold := p.product("sold", "LICENSED")
	p.npmRelease(sold, p.pkg(sold, "dear", "npm"), "1.0.0")
	_, key := p.license(sold)
	serve.eventually("/npm/acme/free", "", 200)
	serve.eventually("/npm/acme/dear", licenseBasic(key), 200)

	s.nats.Close()
	refused := serve.eventually("/npm/acme/dear", licenseBasic(key), 503)
	if refused.header.Get("Retry-After") != "1" || !strings.Contains(refused.body, "UNAVAILABLE") {
		t.Errorf("%v %s", refused.header, refused.body)
	}
	if a := serve.get("/npm/acme/free", ""); a.status != 200 {
		t.Errorf("anonymous, open: status %d, %s", a.status, a.body)
	}
	if a := serve.eventually("/readyz", "", 503); !strings.Contains(a.body, "access rights") {
		t.Errorf("readyz: %s", a.body)
	}
	if a := serve.get("/healthz", ""); a.status != 200 {
		t.Errorf("healthz: status %d", a.status)
	}
	if _, err := p.api.create(t.Context(), p.Account, "products", map[string]any{"name": "x"}, nil); err == nil || !strings.Contains(err.Error(), " 503 ") {
		t.Errorf("write: %v, want 503", err)
	}

	s.startLog()
	p.eventually("/readyz", "", 200)
	serve.eventually("/readyz", "", 200)
	serve.eventually("/npm/acme/dear", licenseBasic(key), 200)
	p.npmRelease(open, free, "1.1.0")
	serve.until("/npm/acme/free", "", func(a answer) bool { return strings.Contains(a.body, `"1.1.0"`) })
	s.verify()
}

// Two processes project under one cursor: whoever publishes where, both show
// it, and the documents are those of the log.
func TestE29TwoProjectors(t *testing.T) {
	t.Parallel()
	s := startServices(t)
	both := []*process{s.start("ingest,project,serve"), s.start("ingest,project,serve")}
	product := both[0].product("relay", "OPEN")
	pkg := both[0].pkg(product, "relay", "npm")
	for i, version := range []string{"1.0.0", "1.1.0", "1.2.0", "1.3.0", "1.4.0", "1.5.0"} {
		writer, reader := both[i%2], both[1-i%2]
		writer.npmRelease(product, pkg, version)
		if a := writer.get("/npm/acme/relay", ""); !strings.Contains(a.body, `"`+version+`"`) {
			t.Fatalf("%s is not in the very next read: %d %s", version, a.status, a.body)
		}
		reader.until("/npm/acme/relay", "", func(a answer) bool { return strings.Contains(a.body, `"`+version+`"`) })
	}
	both[0].kill() // the other one goes on
	both[1].npmRelease(product, pkg, "2.0.0")
	if a := both[1].get("/npm/acme/relay", ""); !strings.Contains(a.body, `"2.0.0"`) {
		t.Errorf("after the other's end: %d %s", a.status, a.body)
	}
	s.verify()
}
