package main

import (
	"bytes"
	"fmt"
	"net"
	"strconv"
	"testing"

	"github.com/valyala/fasthttp"
)

// getRequest is a request as it goes over the wire. headers are name, value, ….
func getRequest(path string, headers ...string) []byte {
	b := fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n", path)
	for i := 0; i < len(headers); i += 2 {
		b = fmt.Appendf(b, "%s: %s\r\n", headers[i], headers[i+1])
	}
	return append(b, "\r\n"...)
}

// installing are the headers of `npm install` for a customer.
func installing(key string, more ...string) []string {
	return append([]string{"Authorization", "License " + key, "Accept-Encoding", "gzip, deflate",
		"Accept", "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*", "User-Agent", "npm/11.6.2 node/v24.11.0 linux x64"}, more...)
}

// line is one connection to a server. It is used by one goroutine.
type line struct {
	conn net.Conn
	buf  []byte
}

func dial(addr string) (*line, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	return &line{conn, make([]byte, 256<<10)}, nil
}

// exchange sends a request and reads the answer: its status, its head, valid
// until the next call, and the length of its body, which is dropped.
func (l *line) exchange(request []byte) (status int, head []byte, length int, err error) {
	if _, err = l.conn.Write(request); err != nil {
		return 0, nil, 0, err
	}
	n, end := 0, -1
	for end < 0 {
		if n == len(l.buf) {
			return 0, nil, 0, fmt.Errorf("no end of the header in %d bytes", n)
		}
		more, err := l.conn.Read(l.buf[n:])
		if err != nil {
			return 0, nil, 0, err
		}
		from := max(0, n-3)
		n += more
		if at := bytes.Index(l.buf[from:n], []byte("\r\n\r\n")); at >= 0 {
			end = from + at + 4
		}
	}
	head = l.buf[:end]
	if status, err = strconv.Atoi(string(head[9:12])); err != nil {
		return 0, nil, 0, err
	}
	if value := headerOf(head, "Content-Length"); value != nil && status != fasthttp.StatusNotModified {
		if length, err = strconv.Atoi(string(value)); err != nil {
			return 0, nil, 0, err
		}
	}
	rest := l.buf[end:] // the head stays
	for left := length - (n - end); left > 0; {
		more, err := l.conn.Read(rest[:min(left, len(rest))])
		if err != nil {
			return 0, nil, 0, err
		}
		left -= more
	}
	return status, head, length, nil
}

// headerOf gives the value of a field as servers under test spell it, nil if it
// is not there.
func headerOf(head []byte, name string) []byte {
	at := bytes.Index(head, []byte("\r\n"+name+": "))
	if at < 0 {
		return nil
	}
	value := head[at+len(name)+4:]
	return value[:bytes.IndexByte(value, '\r')]
}

// ask sends one request and gives the whole answer.
func ask(t testing.TB, to endpoint, request []byte) *reply {
	t.Helper()
	var req fasthttp.Request
	var res fasthttp.Response
	head, _, _ := bytes.Cut(request, []byte("\r\n\r\n"))
	lines := bytes.Split(head, []byte("\r\n"))
	req.SetRequestURIBytes(bytes.Fields(lines[0])[1])
	req.SetHost(to.addr)
	for _, text := range lines[1:] {
		name, value, _ := bytes.Cut(text, []byte(": "))
		if string(name) != "Host" {
			req.Header.SetBytesKV(name, value)
		}
	}
	req.UseHostHeader = true
	req.Header.SetHost("127.0.0.1:8080") // as over the wire: links and so bytes depend on it
	client := fasthttp.HostClient{Addr: to.addr}
	defer client.CloseIdleConnections()
	if err := client.Do(&req, &res); err != nil {
		t.Fatal(err)
	}
	r := &reply{Status: res.StatusCode(), Body: bytes.Clone(res.Body())}
	for name, value := range res.Header.All() {
		switch string(name) {
		case "Date", "Content-Length", "Connection":
		case "Content-Type":
			r.Type = bytes.Clone(value)
		default:
			r.Header = append(r.Header, [2][]byte{bytes.Clone(name), bytes.Clone(value)})
		}
	}
	return r
}
