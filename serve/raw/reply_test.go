package raw

import (
	"bufio"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// reply is a response.
type reply struct {
	*http.Response
	body string
}

// code is the code of an error document.
func (a *reply) code() string {
	var doc struct {
		Meta   struct{ ID string }
		Errors []struct{ Title, Detail, Code string }
	}
	if json.Unmarshal([]byte(a.body), &doc) != nil || len(doc.Errors) != 1 || doc.Meta.ID == "" || doc.Errors[0].Title == "" || doc.Errors[0].Detail == "" {
		return "no error document: " + a.body
	}
	return doc.Errors[0].Code
}

// brief is status, and the code of a refusal.
func (a *reply) brief() string {
	if a.StatusCode >= 400 {
		return fmt.Sprint(a.StatusCode, " ", a.code())
	}
	return fmt.Sprint(a.StatusCode)
}

const local = "http://127.0.0.1:8080"

// ask sends a request exactly as written: the target is not cleaned. A full URL
// gives the host, too. Headers are name, value, ….
func (s *site) ask(method, target string, headers ...string) *reply {
	s.Helper()
	if strings.HasPrefix(target, "/") {
		target = local + target
	}
	rest := strings.TrimPrefix(target, "http://")
	host, path, _ := strings.Cut(rest, "/")
	var b strings.Builder
	fmt.Fprintf(&b, "%s /%s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n", method, path, host)
	for i := 0; i < len(headers); i += 2 {
		fmt.Fprintf(&b, "%s: %s\r\n", headers[i], headers[i+1])
	}
	conn, err := s.dial()
	if err != nil {
		s.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, b.String()+"\r\n"); err != nil {
		s.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		s.Fatalf("%s %s: %v", method, target, err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		s.Fatalf("%s %s: body: %v", method, target, err)
	}
	return &reply{res, string(body)}
}

func (s *site) get(target string, headers ...string) *reply {
	s.Helper()
	return s.ask("GET", target, headers...)
}

// follow does as curl -L: redirects are followed, on the same host with the
// same headers.
func (s *site) follow(method, target string, headers ...string) *reply {
	s.Helper()
	if strings.HasPrefix(target, "/") {
		target = local + target
	}
	for range 5 {
		a := s.ask(method, target, headers...)
		next := a.Header.Get("Location")
		if a.StatusCode < 300 || a.StatusCode >= 400 || next == "" {
			return a
		}
		from, _ := url.Parse(target)
		to, err := url.Parse(next)
		if err != nil || !to.IsAbs() {
			s.Fatalf("location %q: %v", next, err)
		}
		if to.Host != from.Host {
			headers = nil
		}
		target = next
	}
	s.Fatalf("%s: too many redirects", target)
	return nil
}

// as are the headers of a caller: "" anonymous, "key-…" a license key, else a
// token.
func as(who string, more ...string) []string {
	switch {
	case who == "":
		return more
	case strings.HasPrefix(who, "key-"):
		return append([]string{"Authorization", "License " + who}, more...)
	}
	return append([]string{"Authorization", "Bearer " + who}, more...)
}

// canonical is the path of a file's bytes.
func canonical(x release, name string) string {
	return "/v1/accounts/" + accountID + "/artifacts/" + x.file(name) + "/" + strings.ReplaceAll(url.PathEscape(name), "%2F", "/")
}

// sumLine is the line of a file's .sha512, for a file whose body is its name.
func sumLine(x release, body string) string {
	sum := sha512.Sum512([]byte(body))
	return hex.EncodeToString(sum[:]) + "  " + body + "\n"
}
