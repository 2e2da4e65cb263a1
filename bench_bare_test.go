package main

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"os"
	"os/exec"
	"testing"

	"github.com/valyala/fasthttp"
)

// reply is an answer of a server, without what every answer has (Date,
// Content-Length).
type reply struct {
	Status int
	Type   []byte // Content-Type
	Header [][2][]byte
	Body   []byte
	File   string // sent instead of Body, as the operating system sends files; "": none
}

// bare is the program that every figure of requests is held against: a fasthttp
// server whose handler does nothing but write one reply, which it reads from
// its standard input. It tells its address and ends with its input.
func bare() {
	in := bufio.NewReader(os.Stdin)
	var r reply
	if err := json.NewDecoder(in).Decode(&r); err != nil {
		panic(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	server := &fasthttp.Server{NoDefaultServerHeader: true, Handler: r.write}
	go func() { panic(server.Serve(ln)) }() // ends with the process
	os.Stdout.WriteString(ln.Addr().String() + "\n")
	_, _ = io.Copy(io.Discard, in)
}

func (r *reply) write(ctx *fasthttp.RequestCtx) {
	h := &ctx.Response.Header
	for i := range r.Header {
		h.SetCanonical(r.Header[i][0], r.Header[i][1])
	}
	ctx.Response.SetStatusCode(r.Status)
	if r.Status == fasthttp.StatusNotModified {
		return
	}
	h.SetContentTypeBytes(r.Type)
	if r.File != "" {
		f, err := os.Open(r.File)
		if err != nil {
			panic(err)
		}
		info, err := f.Stat()
		if err != nil {
			panic(err)
		}
		ctx.Response.SetBodyStream(f, int(info.Size())) // closed when it is sent
		return
	}
	ctx.Response.SetBodyRaw(r.Body)
}

// endpoint is a server to send requests to.
type endpoint struct {
	addr string
	pid  int
}

// endpoint of a process of the program.
func (p *process) endpoint() endpoint {
	return endpoint{p.URL[len("http://"):], p.cmd.Process.Pid}
}

// startBare starts the program bare with a reply, until the benchmark ends.
func startBare(t testing.TB, r *reply) endpoint {
	t.Helper()
	program, err := exec.LookPath("bare")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		_ = cmd.Wait()
	})
	if err := json.NewEncoder(in).Encode(r); err != nil {
		t.Fatal(err)
	}
	addr, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return endpoint{addr[:len(addr)-1], cmd.Process.Pid}
}
