package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// remoteFlags name a running server for commands that can also work without
// one.
type remoteFlags struct {
	Server    string `placeholder:"URL" help:"A running server to ask, instead of opening its data."`
	Token     string `placeholder:"TOKEN" help:"Operator token of --server, or an admin token where it has one account."`
	TokenFile string `placeholder:"FILE" help:"File that holds --token."`
}

func (f *remoteFlags) resolve() error {
	if err := secret("token", &f.Token, f.TokenFile); err != nil {
		return err
	}
	if f.Server == "" {
		return nil
	}
	u, err := url.Parse(f.Server)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("--server %s: must be an http:// or https:// URL", redacted(f.Server))
	}
	if f.Token == "" {
		return errors.New("--server needs --token")
	}
	return nil
}

func (f *remoteFlags) client() *client { return &client{base: f.Server, token: f.Token} }

// client speaks to the publishing API.
type client struct {
	base  string // scheme, host and port
	token string
	brisk bool // an answer must begin within answerTimeout
}

// maxDocument bounds the answers that are kept in memory.
const maxDocument = 64 << 20

// document is call for those who want the answer as it came.
func (c *client) document(ctx context.Context, method, path string, doc any) (json.RawMessage, http.Header, error) {
	var out json.RawMessage
	header, err := c.call(ctx, method, path, doc, &out)
	return out, header, err
}

// answerTimeout is longer than any call of the API takes: an upload waits half a
// minute for its validation, and a publication for that of its files.
const answerTimeout = 2 * time.Minute

// patient and brisk follow no redirect. brisk gives up when no answer comes.
var patient, brisk = transport(0), transport(answerTimeout)

func transport(timeout time.Duration) *http.Client {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.ResponseHeaderTimeout = timeout
	return &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// stream sends a request and gives the body of a 200.
func (c *client) stream(ctx context.Context, method, path string) (io.ReadCloser, error) {
	res, err := c.send(ctx, method, path, nil)
	if err != nil {
		return nil, err
	}
	return res.Body, nil
}

// call sends doc, if it is not nil, as JSON:API and decodes the answer into
// out, if that is not nil.
func (c *client) call(ctx context.Context, method, path string, doc, out any) (http.Header, error) {
	var body io.Reader
	if doc != nil {
		text, err := json.Marshal(doc)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(text)
	}
	res, err := c.send(ctx, method, path, body)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if out == nil || res.StatusCode == http.StatusNoContent {
		return res.Header, nil
	}
	if kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type")); !strings.HasSuffix(kind, "json") {
		return nil, strange(res)
	}
	text, err := io.ReadAll(io.LimitReader(res.Body, maxDocument))
	if err != nil {
		return nil, fmt.Errorf("%s %s: the answer was cut off: %w", method, res.Request.URL.Host, err)
	}
	if err := json.Unmarshal(text, out); err != nil {
		return nil, fmt.Errorf("%s %s: the answer is no document: %w", method, res.Request.URL.Host, err)
	}
	return res.Header, nil
}

// send answers anything but 2xx and 3xx with an *apiError. Redirects are not
// followed: the API gives upload URLs that way.
func (c *client) send(ctx context.Context, method, path string, body io.Reader) (*http.Response, error) {
	return c.sendSized(ctx, method, path, -1, body)
}

// sendSized is send with a body of known length; -1: as the reader says.
func (c *client) sendSized(ctx context.Context, method, path string, size int64, body io.Reader) (*http.Response, error) {
	target := path
	if strings.HasPrefix(path, "/") {
		target = strings.TrimSuffix(c.base, "/") + path
	}
	req, err := http.NewRequestWithContext(ctx, method, target, body)
	if err != nil {
		return nil, err
	}
	if size >= 0 {
		req.ContentLength = size
	}
	req.Header.Set("User-Agent", "offprint/"+Version)
	if strings.HasPrefix(path, "/") { // never to the host of an upload URL
		req.Header.Set("Authorization", "Bearer "+c.token)
		req.Header.Set("Accept", "application/vnd.api+json, application/x-ndjson, */*")
		if body != nil {
			req.Header.Set("Content-Type", "application/vnd.api+json")
		}
	}
	do := patient.Do
	if c.brisk {
		do = brisk.Do
	}
	res, err := do(req)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err // without the URL: an upload URL is a secret
		}
		return nil, fmt.Errorf("%s %s: %w", method, req.URL.Host, err)
	}
	if res.StatusCode < 400 {
		return res, nil
	}
	defer res.Body.Close()
	return nil, readError(res)
}
