package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// strictVariable makes missing clients a failure instead of a reason to skip.
const strictVariable = "OFFPRINT_STRICT"

// need skips the test if a program is missing, or fails it in strict mode. The
// text is what make test lists at its end.
func need(t testing.TB, program, install string) {
	t.Helper()
	if _, err := exec.LookPath(program); err == nil {
		return
	}
	message := program + " not installed: " + install
	if os.Getenv(strictVariable) == "1" {
		t.Fatal(message)
	}
	t.Skip(message)
}

// startTimeout bounds the wait for a process to be ready.
const startTimeout = time.Minute

// process is `offprint up`, running on ports and in a folder of its own.
type process struct {
	t testing.TB

	URL     string // http://127.0.0.1:PORT
	Token   string // admin token of account acme
	Account string // "acme"
	Data    string // its folder
	api     *client

	flags  []string
	cmd    *exec.Cmd
	output *lines        // standard error
	exited chan struct{} // closed when the process has ended
}

// adminToken of every process under test.
const adminToken = "admin-test-token"

// startServer starts the program with an empty data folder and further flags,
// and returns when it is ready. It is stopped when the test ends, and must then
// end with 0.
func startServer(t testing.TB, flags ...string) *process {
	t.Helper()
	p := &process{t: t, Token: adminToken, Account: "acme", Data: t.TempDir()}
	p.flags = append([]string{"up", "--listen", "127.0.0.1:0", "--data", p.Data, "--account", p.Account, "--admin-token", p.Token,
		"--log-format", "json", "--stop-timeout", "5s"}, flags...)
	p.start()
	t.Cleanup(func() {
		if p.running() {
			if code := p.stop(); code != 0 {
				t.Errorf("offprint ended with %d when it was told to stop", code)
			}
		}
		if t.Failed() {
			t.Logf("output of offprint:\n%s", p.output)
		}
	})
	return p
}

// start runs the program, again with the same flags and on the same port, and
// returns when it is ready.
func (p *process) start() {
	p.t.Helper()
	ready := p.launch()
	select {
	case p.URL = <-ready:
	case <-p.exited:
		p.t.Fatalf("offprint ended with %d:\n%s", p.cmd.ProcessState.ExitCode(), p.output)
	case <-time.After(startTimeout):
		_ = p.cmd.Process.Kill()
		p.t.Fatalf("offprint is not ready after %v:\n%s", startTimeout, p.output)
	}
	p.api = &client{base: p.URL, token: p.Token}
}

// launch runs the program; ready gives its URL once it is ready.
func (p *process) launch() (ready <-chan string) {
	p.t.Helper()
	if p.URL != "" {
		p.flags[slices.Index(p.flags, "--listen")+1] = strings.TrimPrefix(p.URL, "http://")
	}
	program, err := exec.LookPath("offprint")
	if err != nil {
		p.t.Fatal(err)
	}
	p.cmd = exec.Command(program, p.flags...)
	pipe, err := p.cmd.StderrPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	if p.output == nil {
		p.output = &lines{}
	}
	url, exited, cmd := make(chan string, 1), make(chan struct{}), p.cmd
	p.exited = exited
	go func() { // ends with the process
		defer close(exited)
		p.output.read(pipe, url)
		_ = cmd.Wait() // the exit code is in ProcessState
	}()
	return url
}

// listens waits until the process answers at all.
func (p *process) listens() {
	p.t.Helper()
	for deadline := time.Now().Add(startTimeout); ; time.Sleep(10 * time.Millisecond) {
		if a, err := fetch(p.URL+"/healthz", ""); err == nil && a.status == 200 {
			return
		}
		if time.Now().After(deadline) || !p.running() {
			p.t.Fatalf("offprint does not answer:\n%s", p.output)
		}
	}
}

func (p *process) running() bool {
	select {
	case <-p.exited:
		return false
	default:
		return true
	}
}

// kill ends the process at once, as a loss of power would, but for what the
// system has not written to the disk.
func (p *process) kill() {
	p.t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		p.t.Fatal(err)
	}
	<-p.exited
}

// stop tells the process to end and gives its exit code.
func (p *process) stop() int {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	select {
	case <-p.exited:
	case <-time.After(startTimeout):
		_ = p.cmd.Process.Kill()
		p.t.Fatalf("offprint does not stop:\n%s", p.output)
	}
	return p.cmd.ProcessState.ExitCode()
}

// restart is kill and start.
func (p *process) restart() {
	p.t.Helper()
	p.kill()
	p.start()
}

// offprint runs another command of the program and gives what it printed and
// its exit code.
func offprint(t testing.TB, stdin io.Reader, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	program, err := exec.LookPath("offprint")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, args...)
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, &out, &errs
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// lines keeps what a process logs.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// String gives everything so far.
func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// read reads to the end and tells the URL of the line "ready".
func (l *lines) read(r io.Reader, ready chan<- string) {
	in := bufio.NewScanner(r)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		l.mu.Lock()
		l.text.Write(in.Bytes())
		l.text.WriteByte('\n')
		l.mu.Unlock()
		var line struct{ Msg, URL string }
		if json.Unmarshal(in.Bytes(), &line) == nil && line.Msg == "ready" {
			ready <- line.URL
		}
	}
}
