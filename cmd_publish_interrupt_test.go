package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// interruptions are the instants at which a publication ends early: the state
// that each leaves on the server is another. A client that is killed after one
// of its reads leaves the same as one killed after the write before.
var interruptions = []struct {
	name string
	// write is the one after which it ends, counted from 1; half: in the
	// middle of it.
	write    int
	half     bool
	reopened int // the artifact had to be opened again
}{
	{"before anything", 0, false, 0},
	{"after the package", 1, false, 0},
	{"after the draft", 2, false, 0},
	{"after the artifact", 3, false, 1},
	{"in the upload", 4, true, 1},
	{"after the upload", 4, false, 0},
	{"after publishing", 5, false, 0},
	{"after tagging", 6, false, 0},
}

// TestPublishGoesOnAfterInterruption ends a publication at every instant, by
// SIGKILL and by a connection that breaks, and runs the same command again: it
// succeeds, and the log has every fact once.
func TestPublishGoesOnAfterInterruption(t *testing.T) {
	t.Parallel()
	p := startServer(t)
	p.product("relay", "LICENSED")
	keys := map[string]int{} // package -> times that its artifact is opened again
	t.Run("interrupt", func(t *testing.T) {
		for i, at := range interruptions {
			for _, how := range []string{"kill", "cut"} {
				key := fmt.Sprintf("@acme/%s-%d", how, i)
				keys[key] = at.reopened
				t.Run(how+" "+at.name, func(t *testing.T) {
					t.Parallel()
					c := &cutter{t: t, write: at.write, half: at.half, kill: how == "kill"}
					c.publishTwice(p, npmFile(t, key, "1.0.0"))
				})
			}
		}
	})
	out, errs, code := offprint(t, nil, "export", "--server", p.URL, "--token", p.Token)
	if code != 0 {
		t.Fatalf("export: %d %s", code, errs)
	}
	for key, reopened := range keys {
		want := map[string]int{"package.created": 1, "release.created": 1, "artifact.created": 1, "artifact.stored": 1, "artifact.processed": 1,
			"release.published": 1, "release.updated": 1}
		if reopened > 0 {
			want["artifact.reopened"] = reopened
		}
		if have := eventsOf(t, p, key, out); !maps.Equal(have, want) {
			t.Errorf("%s: %v, want %v", key, have, want)
		}
	}
}

// eventsOf counts the events of an export that are about a package.
func eventsOf(t *testing.T, p *process, key, export string) map[string]int {
	t.Helper()
	s := &session{p.api, p.Account}
	pkg, err := s.resolve(t.Context(), "packages", key)
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for line := range strings.Lines(export) {
		if _, rest, ok := strings.Cut(line, `"type":"offprint.`); ok && strings.Contains(line, pkg.ID) {
			kind, _, _ := strings.Cut(rest, `.v1"`)
			counts[kind]++
		}
	}
	return counts
}

// npmFile is a tarball on the disk.
func npmFile(t testing.TB, key, version string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), strings.NewReplacer("@", "", "/", "-").Replace(key)+"-"+version+".tgz")
	if err := os.WriteFile(path, npmTarball(t, map[string]any{"name": key, "version": version}), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// cutter is a proxy that ends one publication early.
type cutter struct {
	t     *testing.T
	write int
	half  bool
	kill  bool

	mu    sync.Mutex
	cmd   *exec.Cmd // nil once it has ended
	count int       // of writes
	done  bool      // it has struck
}

// publishTwice publishes through the proxy, which ends that, and again without.
func (c *cutter) publishTwice(p *process, file string) {
	c.t.Helper()
	target, err := url.Parse(p.URL)
	if err != nil {
		c.t.Fatal(err)
	}
	pass := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host // upload links keep to the proxy
	}, ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { panic(http.ErrAbortHandler) }}
	proxy := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { c.serve(pass, w, r) }))
	proxy.Config.ErrorLog = log.New(io.Discard, "", 0)
	proxy.Start()
	defer proxy.Close()
	code, out := c.publish(proxy.URL, p.Token, file)
	if !c.done {
		c.t.Fatalf("nothing was interrupted: %d\n%s", code, out)
	}
	if !c.kill && (code != 2 || !strings.Contains(out, "the same command again goes on from here")) {
		c.t.Errorf("a cut connection: exit code %d\n%s", code, out)
	}
	code, out = c.publish(p.URL, p.Token, file)
	if code != 0 || !strings.Contains(out, "tagged latest") {
		c.t.Errorf("again: exit code %d\n%s", code, out)
	}
}

// publish runs the command and gives its exit code and all it printed.
func (c *cutter) publish(server, token, file string) (int, string) {
	c.t.Helper()
	program, err := exec.LookPath("offprint")
	if err != nil {
		c.t.Fatal(err)
	}
	cmd := exec.Command(program, "publish", file, "--create-package", "--product", "relay", "--tag", "latest", "--server", server, "--account", "acme")
	cmd.Env = append(os.Environ(), "OFFPRINT_TOKEN="+token, "XDG_CONFIG_HOME="+c.t.TempDir())
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	c.mu.Lock()
	c.cmd = cmd
	err = cmd.Start()
	c.mu.Unlock()
	if err != nil {
		c.t.Fatal(err)
	}
	_ = cmd.Wait() // the exit code is in ProcessState
	return cmd.ProcessState.ExitCode(), out.String()
}

// serve passes requests on, until the one that is not answered any more.
func (c *cutter) serve(pass http.Handler, w http.ResponseWriter, r *http.Request) {
	writes := r.Method != "GET"
	c.mu.Lock()
	if writes {
		c.count++
	}
	strikes := writes && c.count == c.write || c.write == 0
	c.mu.Unlock()
	if !strikes {
		pass.ServeHTTP(w, r)
		return
	}
	defer c.strike()
	if c.half {
		r.Body = &halfBody{r.Body, r.ContentLength / 2}
	}
	if c.write > 0 {
		pass.ServeHTTP(httptest.NewRecorder(), r) // the answer is lost
	}
}

// strike ends the client, or its connection.
func (c *cutter) strike() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done = true
	if c.kill {
		if err := c.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			c.t.Error(err)
		}
	}
	panic(http.ErrAbortHandler)
}

// halfBody breaks off after so many bytes.
type halfBody struct {
	io.ReadCloser
	left int64
}

// Read implements io.Reader.
func (h *halfBody) Read(p []byte) (int, error) {
	if h.left <= 0 {
		return 0, io.ErrUnexpectedEOF
	}
	n, err := h.ReadCloser.Read(p[:min(int64(len(p)), h.left)])
	h.left -= int64(n)
	return n, err
}

// TestPublishAgainChangesNothing: a run that finds everything done appends no
// event.
func TestPublishAgainChangesNothing(t *testing.T) {
	t.Parallel()
	p := startServer(t)
	p.product("relay", "OPEN")
	file := npmFile(t, "@acme/relay", "1.0.0")
	c := &cutter{t: t, write: -1}
	var exports []string
	for range 2 {
		if code, out := c.publish(p.URL, p.Token, file); code != 0 {
			t.Fatalf("exit code %d\n%s", code, out)
		}
		out, errs, code := offprint(t, nil, "export", "--stream", "releases", "--server", p.URL, "--token", p.Token)
		if code != 0 {
			t.Fatalf("export: %d %s", code, errs)
		}
		lines := slices.Collect(strings.Lines(out))
		exports = append(exports, strings.Join(lines[:len(lines)-1], "")) // but for the time of the export
	}
	if exports[0] != exports[1] {
		t.Errorf("first\n%s\nthen\n%s", exports[0], exports[1])
	}
}
