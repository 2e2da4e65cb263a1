package ingesttest

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// Replay sends the exchanges of a file one after the other, each as a subtest
// on a connection of its own, and compares the answers. vars holds what the
// file refers to, at least its credentials; what is kept is added to it. After
// an exchange that failed the rest is skipped.
func Replay(t *testing.T, dial func() (net.Conn, error), path string, vars map[string]string) {
	t.Helper()
	list, err := read(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range list {
		if !t.Run(x.title, func(t *testing.T) { x.play(t, dial, path, vars) }) {
			t.Fatalf("%s:%d", path, x.line)
		}
	}
}

func (x *exchange) play(t *testing.T, dial func() (net.Conn, error), path string, vars map[string]string) {
	t.Helper()
	wire, method, err := x.wire(vars)
	if err != nil {
		t.Fatalf("%s:%d: %v", path, x.line, err)
	}
	conn, err := dial()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	go io.WriteString(conn, wire) //nolint:errcheck // a body that is refused is not read
	res, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		t.Fatalf("%s:%d: %v", path, x.line, err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range x.expect {
		want, err := fill(want, vars)
		if err == nil {
			err = check(want, res, body, vars)
		}
		if err != nil {
			t.Errorf("%s:%d: %s: %v\n%s\n%s", path, x.line, want, err, res.Status, body)
		}
	}
}

// wire is the request as it is sent. An absolute target is sent to its own
// host, as clients do that follow a Location.
func (x *exchange) wire(vars map[string]string) (wire, method string, err error) {
	text, err := fill(strings.Join(x.request, "\r\n"), vars)
	if err != nil {
		return "", "", err
	}
	body, err := fill(strings.Join(x.body, "\n"), vars)
	if err != nil {
		return "", "", err
	}
	line, headers, _ := strings.Cut(text, "\r\n")
	method, target, _ := strings.Cut(line, " ")
	host := "127.0.0.1"
	if u, err := url.Parse(target); err == nil && u.IsAbs() {
		host, target = u.Host, u.RequestURI()
	}
	if headers != "" {
		headers += "\r\n"
	}
	if !named(headers, "Host") {
		headers = "Host: " + host + "\r\n" + headers
	}
	switch {
	case named(headers, "Transfer-Encoding"):
		body = chunked(body)
	case !named(headers, "Content-Length") && body != "":
		headers += fmt.Sprintf("Content-Length: %d\r\n", len(body))
	}
	return method + " " + target + " HTTP/1.1\r\n" + headers + "\r\n" + body, method, nil
}

func named(headers, name string) bool {
	return strings.Contains("\r\n"+strings.ToLower(headers), "\r\n"+strings.ToLower(name)+":")
}

// chunked writes a body in two chunks and the last, empty one.
func chunked(body string) string {
	var b strings.Builder
	for _, part := range []string{body[:len(body)/2], body[len(body)/2:]} {
		if part != "" {
			fmt.Fprintf(&b, "%x\r\n%s\r\n", len(part), part)
		}
	}
	return b.String() + "0\r\n\r\n"
}
