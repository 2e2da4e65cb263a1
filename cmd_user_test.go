package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// wireID is what the fake API gives to everything.
const wireID = "11111111-1111-4111-8111-111111111111"

// fakeAPI answers every request with one resource, or a list of one, and notes
// what was asked.
func fakeAPI(t *testing.T, asked *[]string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		*asked = append(*asked, strings.TrimSpace(r.Method+" "+r.URL.RequestURI()+" "+string(body)))
		if r.Method == "DELETE" {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		w.Header().Set("Content-Type", "application/vnd.api+json; charset=utf-8")
		one := `{"id":"` + wireID + `","type":"users","attributes":{"email":"jane@acme.example","firstName":"Jane","lastName":null,"role":"user","status":"ACTIVE"}}`
		if r.URL.Query().Has("page[size]") || strings.HasSuffix(r.URL.Path, "/users") && strings.Contains(r.URL.Path, "licenses") {
			one = "[" + one + "]"
		}
		fmt.Fprint(w, `{"data":`+one+`}`)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// TestUserCommandsOnTheWire: what each command about users asks the API, by the
// contract.
func TestUserCommandsOnTheWire(t *testing.T) {
	const (
		at   = "/v1/accounts/acme/"
		jane = `{"id":"` + wireID + `","type":"users"}`
		show = "GET " + at + "users/jane@acme.example"
	)
	for _, tt := range []struct {
		command, stdin string
		asks           []string
	}{
		{"user list", "", []string{"GET " + at + "users?page%5Bcursor%5D=&page%5Bsize%5D=50"}},
		{"user show jane@acme.example", "", []string{show + "?prefer=no-download"}},
		{"user create jane@acme.example --first-name Jane --role developer --password-stdin", "s3cret word\n", []string{
			"POST " + at + `users {"data":{"attributes":{"email":"jane@acme.example","firstName":"Jane","password":"s3cret word","role":"developer"},"type":"users"}}`}},
		{"user update jane@acme.example --last-name Doe --clear first-name", "", []string{
			"PATCH " + at + `users/jane@acme.example {"data":{"attributes":{"firstName":null,"lastName":"Doe"},"type":"users"}}`}},
		{"user delete jane@acme.example", "", []string{"DELETE " + at + "users/jane@acme.example"}},
		{"user ban jane@acme.example", "", []string{"POST " + at + "users/jane@acme.example/actions/ban"}},
		{"user unban jane@acme.example", "", []string{"POST " + at + "users/jane@acme.example/actions/unban"}},
		{"token generate --user jane@acme.example --name laptop", "", []string{
			"POST " + at + `users/jane@acme.example/tokens {"data":{"attributes":{"name":"laptop"},"type":"tokens"}}`}},
		{"token list --user jane@acme.example", "", []string{"GET " + at + "users/jane@acme.example/tokens?page%5Bcursor%5D=&page%5Bsize%5D=50"}},
		{"license users attach L jane@acme.example", "", []string{show, "POST " + at + `licenses/L/users {"data":[` + jane + `]}`}},
		{"license users detach L jane@acme.example", "", []string{show, "DELETE " + at + `licenses/L/users {"data":[` + jane + `]}`}},
		{"license users list L", "", []string{"GET " + at + "licenses/L/users?page%5Bcursor%5D=&page%5Bsize%5D=50"}},
		{"license transfer L --policy P", "", []string{"PUT " + at + `licenses/L/policy {"data":{"id":"P","type":"policies"}}`}},
		{"license list --owner U", "", []string{"GET " + at + "licenses?owner=U&page%5Bcursor%5D=&page%5Bsize%5D=50"}},
	} {
		t.Run(tt.command, func(t *testing.T) {
			t.Setenv("XDG_CONFIG_HOME", t.TempDir())
			var asked []string
			t.Setenv("OFFPRINT_URL", fakeAPI(t, &asked))
			t.Setenv("OFFPRINT_TOKEN", "T")
			t.Setenv("OFFPRINT_ACCOUNT", "acme")
			var out, errs bytes.Buffer
			if code := run(strings.Fields(tt.command), strings.NewReader(tt.stdin), &out, &errs); code != 0 {
				t.Fatalf("exit code %d: %s", code, errs.String())
			}
			if have, want := strings.Join(asked, "\n"), strings.Join(tt.asks, "\n"); have != want {
				t.Errorf("asked\n%s\nwant\n%s", have, want)
			}
			if strings.Contains(out.String()+errs.String(), "s3cret") {
				t.Errorf("the password is shown: %s%s", out.String(), errs.String())
			}
		})
	}
}

// TestUserTable: the columns of users.
func TestUserTable(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	var asked []string
	var out, errs bytes.Buffer
	code := run([]string{"user", "list", "--server", fakeAPI(t, &asked), "--token", "T"}, strings.NewReader(""), &out, &errs)
	want := "ID                                    EMAIL              FIRST NAME  LAST NAME  ROLE  STATUS\n" +
		wireID + "  jane@acme.example  Jane        -          user  ACTIVE\n"
	if code != 0 || out.String() != want || errs.Len() > 0 {
		t.Errorf("exit code %d\n%s%s\nwant\n%s", code, out.String(), errs.String(), want)
	}
}

// TestNoOffprintServer: a stranger's answer is one clear line, without exit
// code 0 and without the token.
func TestNoOffprintServer(t *testing.T) {
	for name, tt := range map[string]struct {
		answer http.HandlerFunc
		code   int
		says   string
	}{
		"a web page": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, "<html>")
		}, 2, `is no Offprint server: it answered 200 with "text/html"`},
		"a redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://elsewhere.example/", http.StatusMovedPermanently)
		}, 2, "sends on to another address (301)"},
		"404": {func(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) }, 1, "answered 404 without a word"},
		"half a document": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, `{"data":[`)
		}, 2, "the answer is no document"},
		"two faults": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/vnd.api+json")
			w.WriteHeader(422)
			fmt.Fprint(w, `{"errors":[{"code":"A","detail":"is bad","source":{"pointer":"/data/a"}},{"code":"B","detail":"too","source":{"parameter":"limit"}}]}`)
		}, 1, "the server answered 422 A: /data/a is bad; and B: limit too"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("XDG_CONFIG_HOME", t.TempDir())
			server := httptest.NewServer(tt.answer)
			defer server.Close()
			var out, errs bytes.Buffer
			code := run([]string{"product", "list", "--server", server.URL, "--token", "T0P-secret"}, strings.NewReader(""), &out, &errs)
			if code != tt.code || !strings.Contains(errs.String(), tt.says) || strings.Count(errs.String(), "\n") != 1 || strings.Contains(errs.String(), "T0P") {
				t.Errorf("exit code %d: %s", code, errs.String())
			}
		})
	}
}
