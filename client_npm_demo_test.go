package main

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestDemoCommandsWork pastes what `offprint demo` prints into a shell: the
// package's program says hello, the file is fetched and run, and without the
// license the answer is 401.
func TestDemoCommandsWork(t *testing.T) {
	t.Parallel()
	need(t, "npm", "apt-get install npm")
	need(t, "curl", "apt-get install curl")
	need(t, "gem", "apt-get install ruby")
	need(t, "bundle", "apt-get install ruby-bundler")
	home := t.TempDir()
	script := demoCommands(t)
	sh := exec.Command("sh", "-e")
	sh.Dir, sh.Stdin = t.TempDir(), strings.NewReader(script)
	sh.Env = append(os.Environ(), "HOME="+home, "npm_config_cache="+home+"/cache", "npm_config_userconfig="+home+"/npmrc",
		"npm_config_audit=false", "npm_config_fund=false", "npm_config_update_notifier=false", "npm_config_fetch_retries=0",
		"npm_config_registry=http://127.0.0.1:1/") // only the scope has one
	out, err := sh.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, script, out)
	}
	for _, want := range []string{"Hello from @acme/hello 1.0.0", "This file came from Offprint", "Hello from the gem acme-hello 1.0.0", "Bundle complete!", "HTTP/1.1 401", `Www-Authenticate: Basic realm="offprint"`} {
		if !strings.Contains(strings.ToLower(string(out)), strings.ToLower(want)) {
			t.Errorf("the commands do not say %q:\n%s\n%s", want, script, out)
		}
	}
}

// demoCommands starts the demo, to be stopped when the test ends, and gives the
// indented lines it prints.
func demoCommands(t *testing.T) string {
	t.Helper()
	return demoLines(t, "  ")
}

// demoAlternatives are the lines that a tab begins: each stands for itself.
func demoAlternatives(t *testing.T) string {
	t.Helper()
	return demoLines(t, "\t")
}

// demoLines starts the demo and gives the lines it prints that begin so.
func demoLines(t *testing.T, indent string) string {
	t.Helper()
	program, err := exec.LookPath("offprint")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "demo", "--listen", "127.0.0.1:0", "--data", t.TempDir())
	var log bytes.Buffer
	cmd.Stderr = &log
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(startTimeout, func() { _ = cmd.Process.Kill() })
	var commands strings.Builder
	in, ready := bufio.NewScanner(stdout), false
	for !ready && in.Scan() {
		if line, indented := strings.CutPrefix(in.Text(), indent); indented {
			commands.WriteString(line + "\n")
		}
		ready = strings.Contains(in.Text(), "Ctrl-C stops")
	}
	t.Cleanup(func() {
		defer late.Stop()
		_ = cmd.Process.Signal(syscall.SIGINT)
		_, _ = io.Copy(io.Discard, stdout)
		if err := cmd.Wait(); err != nil {
			t.Errorf("the demo ended with %v:\n%s", err, log.String())
		}
	})
	if !ready {
		t.Fatal("the demo ended too early")
	}
	return commands.String()
}
