package pgtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// startTimeout bounds the wait for a server to answer.
const startTimeout = 30 * time.Second

// watch runs the server until its standard input ends, which the test binary
// holds open as long as it lives.
const watch = `trap '' INT
"$@" >"$DIR/log" 2>&1 </dev/null &
server=$!
cat >/dev/null
kill -QUIT $server
wait $server
rm -rf "$DIR"`

// binaries finds the folder of postgres and initdb: in the PATH, else the
// newest of Debian's.
func binaries() (folder string, ok bool) {
	var folders []string
	if postgres, err := exec.LookPath("postgres"); err == nil {
		folders = append(folders, filepath.Dir(postgres))
	}
	debian, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	slices.SortFunc(debian, func(a, b string) int { return version(b) - version(a) })
	for _, folder := range append(folders, debian...) {
		_, err := os.Stat(filepath.Join(folder, "initdb"))
		_, err2 := os.Stat(filepath.Join(folder, "postgres"))
		if err == nil && err2 == nil {
			return folder, true
		}
	}
	return "", false
}

func version(folder string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(folder)))
	return n
}

// startServer makes a cluster and starts its server, which lives as long as
// this process.
func startServer(bin string, o options) (port int, err error) {
	dir, err := os.MkdirTemp("", "pgtest")
	if err != nil {
		return 0, err
	}
	watched := false
	defer func() {
		if !watched {
			os.RemoveAll(dir)
		}
	}()
	cred, err := credential(dir)
	if err != nil {
		return 0, err
	}
	data := filepath.Join(dir, "data")
	if err := initdb(filepath.Join(bin, "initdb"), data, cred); err != nil {
		return 0, err
	}
	if port, err = freePort(); err != nil {
		return 0, err
	}
	settings := []string{"listen_addresses=127.0.0.1", "port=" + strconv.Itoa(port), "unix_socket_directories=",
		"max_connections=200", "shared_buffers=64MB", "timezone=UTC"}
	if !o.sync {
		settings = append(settings, "fsync=off", "full_page_writes=off")
	}
	args := []string{"-c", watch, "sh", filepath.Join(bin, "postgres"), "-D", data}
	for _, s := range settings {
		args = append(args, "-c", s)
	}
	cmd := exec.Command("/bin/sh", args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "DIR="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: cred, Setpgid: true}
	if _, err := cmd.StdinPipe(); err != nil { // never closed: the end of this process closes it
		return 0, err
	}
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	watched = true
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }() // ends with the process
	if err := answers(port, exited); err != nil {
		text, _ := os.ReadFile(filepath.Join(dir, "log"))
		return 0, fmt.Errorf("%w\n%s", err, text)
	}
	return port, nil
}

// answers waits for the server.
func answers(port int, exited <-chan error) error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, serverURL(port, "postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-exited:
			return errors.New("the server ended")
		case <-ctx.Done():
			return fmt.Errorf("no answer after %v: %w", startTimeout, err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// credential gives the user to run as, nil for the present one, and gives the
// folder to that user: Postgres refuses to run as root.
func credential(dir string) (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil {
			return nil, err
		}
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		if err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, os.Chown(dir, int(uid), int(gid))
	}
	return nil, errors.New("postgres does not run as root, and there is no user postgres or nobody")
}

// initdb makes the cluster with a collation that is not bytewise, if this
// Postgres knows ICU, so that a forgotten COLLATE shows.
func initdb(program, data string, cred *syscall.Credential) error {
	var output []byte
	var err error
	for _, collation := range [][]string{{"--locale-provider=icu", "--icu-locale=en-US"}, nil} {
		args := append([]string{"-D", data, "-U", "postgres", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C"}, collation...)
		cmd := exec.Command(program, args...)
		cmd.Dir = filepath.Dir(data)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: cred}
		if output, err = cmd.CombinedOutput(); err == nil {
			return nil
		}
		if err := os.RemoveAll(data); err != nil {
			return err
		}
	}
	return fmt.Errorf("initdb: %w\n%s", err, bytes.TrimSpace(output))
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
