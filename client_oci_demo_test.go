package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestDemoImage pulls the demo's image with what the demo prints, and runs its
// program.
func TestDemoImage(t *testing.T) {
	t.Parallel()
	need(t, "skopeo", skopeoInstall)
	need(t, "crane", craneInstall)
	var ran int
	for _, line := range strings.Split(demoAlternatives(t), "\n") {
		if !strings.HasPrefix(line, "skopeo ") && !strings.HasPrefix(line, "crane ") {
			continue // docker needs a daemon
		}
		ran++
		sh := exec.Command("sh", "-e", "-c", line)
		sh.Dir = t.TempDir()
		sh.Env = append(os.Environ(), "HOME="+sh.Dir, "DOCKER_CONFIG="+sh.Dir)
		if out, err := sh.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", line, err, out)
		}
	}
	if ran != 2 {
		t.Errorf("%d commands", ran)
	}
}

func TestDemoProgram(t *testing.T) {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		t.Skip("the image is for Linux on amd64 and arm64")
	}
	path := filepath.Join(t.TempDir(), "hello")
	if err := os.WriteFile(path, demoProgram(runtime.GOARCH), 0o755); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(path).Output(); err != nil || string(out) != demoGreeting {
		t.Errorf("%q %v", out, err)
	}
	one, err := demoLayout()
	two, _ := demoLayout()
	if err != nil || !bytes.Equal(one, two) {
		t.Errorf("not the same twice: %v", err)
	}
}
