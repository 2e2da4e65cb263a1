package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/valyala/fasthttp"
)

// startHTTP serves handler on a port of its own, with the limits of the
// program.
func startHTTP(t *testing.T, handler fasthttp.RequestHandler) (address string, stop func(time.Duration) bool) {
	t.Helper()
	logger := slog.New(slog.DiscardHandler)
	ln, err := listen(t.Context(), "--listen", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	stop = serveHTTP(newHTTP(guarded(handler, logger), logger), ln, func(err error) { t.Error(err) })
	t.Cleanup(func() { stop(time.Second) })
	return ln.Addr().String(), stop
}

// exchange sends text as it is and reads one answer.
func exchange(t *testing.T, address, text string) (*http.Response, string) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	go io.WriteString(conn, text) // the server may answer before it has read everything
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

// What cannot be read is refused with a document that every client can print.
func TestUnreadableRequests(t *testing.T) {
	address, _ := startHTTP(t, func(ctx *fasthttp.RequestCtx) {
		if string(ctx.Path()) == "/panic" {
			panic("secret")
		}
		ctx.SetBodyString("fine")
	})
	many := strings.Repeat("X-Header: 0123456789\r\n", 3000)
	for _, c := range []struct {
		name, request string
		status        int
		code          string
	}{
		{"plain", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 200, ""},
		{"request line of 8 KiB", "GET /" + strings.Repeat("a", 8191) + " HTTP/1.1\r\nHost: a\r\n\r\n", 200, ""},
		{"longer request line", "GET /" + strings.Repeat("a", 8192) + " HTTP/1.1\r\nHost: a\r\n\r\n", 414, "URI_TOO_LONG"},
		{"headers of 31 KiB", "GET / HTTP/1.1\r\nHost: a\r\nX-A: " + strings.Repeat("a", 31<<10) + "\r\n\r\n", 200, ""},
		{"one long header", "GET / HTTP/1.1\r\nHost: a\r\nX-A: " + strings.Repeat("a", 50<<10) + "\r\n\r\n", 431, "HEADERS_TOO_LARGE"},
		{"many headers", "GET / HTTP/1.1\r\nHost: a\r\n" + many + "\r\n", 431, "HEADERS_TOO_LARGE"},
		{"no HTTP", "\x16\x03\x01\x02\x00 hello\r\n\r\n", 400, "REQUEST_INVALID"},
		{"no version", "GET /\r\n\r\n", 400, "REQUEST_INVALID"},
		{"space in a header name", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400, "REQUEST_INVALID"},
		{"two lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400, "REQUEST_INVALID"},
		{"panic", "GET /panic HTTP/1.1\r\nHost: a\r\n\r\n", 500, "INTERNAL_ERROR"},
	} {
		t.Run(c.name, func(t *testing.T) {
			res, body := exchange(t, address, c.request)
			if res.StatusCode != c.status {
				t.Fatalf("status %d, want %d: %s", res.StatusCode, c.status, body)
			}
			if res.Header.Get("Server") != "" {
				t.Errorf("Server: %s", res.Header.Get("Server"))
			}
			if c.code == "" {
				return
			}
			var doc struct {
				Meta   struct{ ID string }
				Errors []struct{ Title, Detail, Code string }
			}
			if err := json.Unmarshal([]byte(body), &doc); err != nil {
				t.Fatalf("%v: %s", err, body)
			}
			if len(doc.Errors) != 1 || doc.Errors[0].Code != c.code || doc.Errors[0].Title == "" || doc.Errors[0].Detail == "" || doc.Meta.ID != res.Header.Get("X-Request-Id") {
				t.Errorf("body %s, request id %s", body, res.Header.Get("X-Request-Id"))
			}
			if got := res.Header.Get("Content-Type"); got != "application/vnd.api+json; charset=utf-8" {
				t.Errorf("Content-Type: %s", got)
			}
		})
	}
}

// A body larger than any buffer is streamed, with and without a length.
func TestLongBodiesAreStreamed(t *testing.T) {
	address, _ := startHTTP(t, func(ctx *fasthttp.RequestCtx) {
		n, err := io.Copy(io.Discard, ctx.RequestBodyStream())
		fmt.Fprint(ctx, n, err)
	})
	const size = 64 << 20
	for name, length := range map[string]int64{"with a length": size, "chunked": -1} {
		t.Run(name, func(t *testing.T) {
			req, err := http.NewRequest("PUT", "http://"+address+"/", io.LimitReader(zeros{}, size))
			if err != nil {
				t.Fatal(err)
			}
			req.ContentLength = length
			req.Header.Set("Content-Type", "multipart/form-data; boundary=x")
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			body, err := io.ReadAll(res.Body)
			if err != nil || string(body) != fmt.Sprint(size, " <nil>") {
				t.Errorf("%s, %v", body, err)
			}
		})
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// A stop refuses new connections, lets the request in flight finish, and then
// reports that nothing was cut off.
func TestStopFinishesWhatIsInFlight(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	address, stop := startHTTP(t, func(ctx *fasthttp.RequestCtx) {
		close(entered)
		<-leave
		ctx.SetBodyString("done")
	})
	answer := make(chan string, 1)
	go func() {
		_, body := exchange(t, address, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
		answer <- body
	}()
	<-entered
	stopped := make(chan bool, 1)
	go func() { stopped <- stop(time.Minute) }()
	for { // until the port is free
		conn, err := net.Dial("tcp", address)
		if err != nil {
			break
		}
		conn.Close()
	}
	select {
	case <-stopped:
		t.Fatal("stopped before the request had ended")
	default:
	}
	close(leave)
	if body := <-answer; body != "done" {
		t.Errorf("answer %q", body)
	}
	if !<-stopped {
		t.Error("the stop says that something was cut off")
	}
}

// A request that does not end is cut off after the grace.
func TestStopIsBounded(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	address, stop := startHTTP(t, func(*fasthttp.RequestCtx) { close(entered); <-leave })
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	<-entered
	if stop(50 * time.Millisecond) {
		t.Error("the stop says that nothing was cut off")
	}
	close(leave)
}
