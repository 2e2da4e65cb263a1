package main

import (
	"encoding/base64"
	"io"
	"net"
	"regexp"
	"strings"
	"testing"
)

// TestR8A55NoSecretInTheLog: whatever way a secret arrives, and whatever is
// answered, no line of the log has it; a key in a path is the route's template
// there.
func TestR8A55NoSecretInTheLog(t *testing.T) {
	t.Parallel()
	p := startServer(t, "--access-log", "--log-level", "debug")
	product := p.product("relay", "LICENSED")
	_, artifact := p.rawRelease(product, "1.0.0", "install.sh", []byte(installScript))
	license, key := p.license(product)
	secrets := []string{key, p.licenseToken(license), p.productToken(product), p.Token, "WRONG-KEY-F50B6D-01FB13"}

	out, ok := curl(t, t.TempDir(), "-fL", p.URL+"/raw/acme/relay/1.0.0/install.sh?auth=license:"+key)
	if !ok || out != installScript {
		t.Errorf("%v %q", ok, out)
	}
	for _, secret := range secrets {
		p.tell(secret)
	}
	link := p.get("/v1/artifacts/"+artifact.ID, licenseBasic(key)).header.Get("Location")
	grant := regexp.MustCompile(`g1\.[A-Za-z0-9_.-]+`).FindString(link)
	if a := p.send("GET", link, nil); grant == "" || a.body != installScript {
		t.Errorf("%s: %d %s", link, a.status, a.body)
	}
	if a := p.get("/v1/licenses/"+key, "Bearer "+p.Token); a.status != 200 || !strings.Contains(a.body, license.ID) || strings.Contains(a.body, key) {
		t.Errorf("license by its key: %d %s", a.status, a.body)
	}
	if code := p.stop(); code != 0 {
		t.Errorf("ended with %d", code)
	}
	log := p.output.String()
	for _, secret := range append(secrets, grant) {
		if strings.Contains(log, secret) || strings.Contains(log, basicPart(secret)) {
			t.Errorf("the log has %q", secret)
		}
	}
	for _, line := range []string{`"route":"/raw/{account}/...","status":303`, `"route":"/npm/{account}/...","status":401`,
		`"route":"/v1/licenses/{license}","status":200`, `"route":"/v1/artifacts/{artifact...}","status":200`} {
		if !strings.Contains(log, line) {
			t.Errorf("the log has no request with %s", line)
		}
	}
}

// basicPart is what Basic credentials with a secret begin with.
func basicPart(secret string) string {
	return base64.StdEncoding.EncodeToString([]byte("license:" + secret))[:24]
}

// tell sends a secret in every place of a request that may hold one, in good
// requests and in bad ones.
func (p *process) tell(secret string) {
	p.t.Helper()
	for _, path := range []string{"/raw/acme/relay/1.0.0/install.sh", "/npm/acme/relay", "/v1/me", "/nowhere/" + secret, "/v1/licenses/" + secret,
		"/v1/accounts/acme/licenses/" + secret + "/policy", "/raw/acme/relay/1.0.0/" + secret, "/v1/uploads/" + secret} {
		p.get(path+"?auth=license:"+secret, "")
		p.get(path+"?token="+secret, "")
		p.get(path, licenseBasic(secret))
		p.get(path, "Bearer "+secret)
		p.send("POST", path, []byte(secret), "Referer", p.URL+"/?token="+secret, "Cookie", "session="+secret)
	}
	for _, request := range []string{
		"GET /%zz" + secret + "?token=" + secret + " HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET /v1/me HTTP/1.1\r\nHost: x\r\nAuthorization Bearer " + secret + "\r\n\r\n",
		"GET /v1/me HTTP/1.1\r\nHost: x\r\nContent-Length: " + secret + "\r\n\r\n",
		secret + "\r\n\r\n",
		"GET /v1/me?token=" + secret + strings.Repeat("x", maxRequestLine) + " HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET /v1/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + secret + "\r\nX-Long: " + strings.Repeat("x", maxRequestLine+maxHeaders) + "\r\n\r\n",
	} {
		p.say(request)
	}
}

// say sends text as it stands over a connection of its own and reads until the
// server has ended it.
func (p *process) say(text string) {
	p.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(p.URL, "http://"))
	if err != nil {
		p.t.Fatal(err)
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, text) // the server may have refused it already
	_ = conn.(*net.TCPConn).CloseWrite()
	_, _ = io.Copy(io.Discard, conn)
}
