package main

import (
	"database/sql"
	"errors"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// scriptCommands are what scripts have beside testscript's own.
var scriptCommands = map[string]func(ts *testscript.TestScript, neg bool, args []string){
	"port":   scriptPort,
	"ready":  scriptReady,
	"http":   scriptHTTP,
	"exits":  scriptExits,
	"refuse": scriptRefuse,
	"newer":  scriptNewer,
	"masked": scriptMasked,
}

// scriptPort sets variables to addresses of 127.0.0.1 that are free:
// port NAME...
func scriptPort(ts *testscript.TestScript, _ bool, args []string) {
	var held []net.Listener
	for _, name := range args {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		ts.Check(err)
		held = append(held, ln)
		ts.Setenv(name, ln.Addr().String())
	}
	for _, ln := range held {
		ts.Check(ln.Close())
	}
}

// scriptReady waits until a server is ready: ready ADDRESS.
func scriptReady(ts *testscript.TestScript, _ bool, args []string) {
	deadline := time.Now().Add(startTimeout)
	for {
		res, err := http.Get("http://" + args[0] + "/readyz")
		if err == nil {
			text, _ := io.ReadAll(res.Body)
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return
			}
			err = errors.New(string(text))
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%s is not ready: %v", args[0], err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// scriptHTTP sends a request and checks the status; head and body of the answer
// are standard output: http METHOD URL STATUS ['Header: value'...].
func scriptHTTP(ts *testscript.TestScript, _ bool, args []string) {
	req, err := http.NewRequest(args[0], args[1], nil)
	ts.Check(err)
	for _, header := range args[3:] {
		name, value, _ := strings.Cut(header, ": ")
		req.Header.Add(name, value)
	}
	plain := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := plain.Do(req)
	ts.Check(err)
	defer res.Body.Close()
	ts.Check(res.Header.Write(ts.Stdout()))
	_, err = io.Copy(ts.Stdout(), res.Body)
	ts.Check(err)
	if strconv.Itoa(res.StatusCode) != args[2] {
		ts.Fatalf("%s %s: status %d, want %s", args[0], args[1], res.StatusCode, args[2])
	}
}

// scriptExits runs a program that must end with a code: exits CODE PROGRAM....
func scriptExits(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	code := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("%s: exit code %d, want %s", strings.Join(args[1:], " "), code, args[0])
	}
}

// scriptRefuse runs the program, which must end with 2, say one line that holds
// the text, beside its log, and print nothing: refuse TEXT offprint ARGS....
func scriptRefuse(ts *testscript.TestScript, neg bool, args []string) {
	scriptExits(ts, neg, append([]string{"2"}, args[1:]...))
	if out := ts.ReadFile("stdout"); out != "" {
		ts.Fatalf("printed %q", out)
	}
	var said []string
	for line := range strings.Lines(ts.ReadFile("stderr")) {
		if !strings.HasPrefix(line, "{") {
			said = append(said, strings.TrimSpace(line))
		}
	}
	if len(said) != 1 || !strings.HasPrefix(said[0], "offprint: ") || !strings.Contains(said[0], args[0]) {
		ts.Fatalf("said %q, want one line with %q", said, args[0])
	}
}

// scriptNewer makes a SQLite file one of a newer version: newer FILE.
func scriptNewer(ts *testscript.TestScript, _ bool, args []string) {
	db, err := sql.Open("sqlite", ts.MkAbs(args[0])) // the driver of schema/sqlite
	ts.Check(err)
	_, err = db.Exec("PRAGMA user_version = 1000")
	ts.Check(errors.Join(err, db.Close()))
}
