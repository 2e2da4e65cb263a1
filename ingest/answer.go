package ingest

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/valyala/fasthttp"

	"offprint/schema/jsonapi"
)

// answer is what a handler gives back. The zero status means 200.
type answer struct {
	status  int
	doc     any         // JSON:API document, encoded by write; nil: no body
	serial  uint64      // of the event appended; 0: none
	headers [][2]string // Location and the like
	written bool        // the handler has written to the wire itself
}

// show answers 200 with one resource.
func show(r jsonapi.Resource) *answer { return &answer{doc: jsonapi.Document{Data: r}} }

// changed answers a write with the resource as it is now.
func changed(serial uint64, r jsonapi.Resource) *answer {
	return &answer{doc: jsonapi.Document{Data: r}, serial: serial}
}

// created answers 201 with Location.
func created(serial uint64, r jsonapi.Resource) *answer {
	return &answer{status: fasthttp.StatusCreated, doc: jsonapi.Document{Data: r}, serial: serial,
		headers: [][2]string{{"Location", r.Self()}}}
}

// gone answers 204.
func gone(serial uint64) *answer { return &answer{status: fasthttp.StatusNoContent, serial: serial} }

// wireError is one entry of an error document. Every member is a string.
type wireError struct {
	Title  string      `json:"title"`
	Detail string      `json:"detail"`
	Code   string      `json:"code"`
	Source *wireSource `json:"source,omitempty"`
}

type wireSource struct {
	Pointer   string `json:"pointer,omitempty"`
	Parameter string `json:"parameter,omitempty"`
}

type errorDocument struct {
	Meta struct {
		ID string `json:"id"`
	} `json:"meta"`
	Errors []wireError `json:"errors"`
}

// failure is the answer to an error. A 5xx that nobody foresaw is logged.
func (a *API) failure(c *call, err error) *answer {
	list, known := asProblems(err)
	if !known {
		a.cfg.Logger.Error("request failed", "route", c.template(), "request", c.id, "error", err)
	}
	ans := &answer{status: list[0].status}
	doc := errorDocument{}
	doc.Meta.ID = c.id
	for _, p := range list {
		title := p.title
		if title == "" {
			title = titles[p.status]
		}
		e := wireError{Title: title, Detail: p.detail, Code: p.code}
		if p.pointer != "" || p.parameter != "" {
			e.Source = &wireSource{p.pointer, p.parameter}
		}
		doc.Errors = append(doc.Errors, e)
		ans.headers = append(ans.headers, p.headers...)
	}
	ans.doc = doc
	if ans.status == fasthttp.StatusUnauthorized {
		ans.headers = append(ans.headers, [2]string{"WWW-Authenticate", c.challenge()})
	}
	if ans.status == 429 || ans.status == 503 {
		ans.retryLater(c)
	}
	return ans
}

// retryLater adds Retry-After. The Keygen CLI panics at every 429 and 5xx
// (publishing-api.md section 9), so it gets 409 and the true status beside it.
func (ans *answer) retryLater(c *call) {
	if !ans.has("Retry-After") {
		ans.headers = append(ans.headers, [2]string{"Retry-After", "1"})
	}
	if strings.Contains(string(c.http.UserAgent()), " cli/") {
		ans.headers = append(ans.headers, [2]string{"X-Offprint-Status", strconv.Itoa(ans.status)})
		ans.status = fasthttp.StatusConflict
	}
}

func (ans *answer) has(name string) bool {
	for _, h := range ans.headers {
		if h[0] == name {
			return true
		}
	}
	return false
}

// write is the one place that writes an answer to the wire.
func (c *call) write(ans *answer) {
	if ans.written {
		return
	}
	res := &c.http.Response
	if ans.status != 0 {
		res.SetStatusCode(ans.status)
	}
	h := &res.Header
	h.Set("X-Request-Id", c.id)
	h.Set("Keygen-Version", c.version)
	h.Set("Cache-Control", "no-store, private")
	h.Set("Vary", "Accept, Accept-Encoding, Authorization")
	if c.account.ID != "" {
		h.Set("Keygen-Account", c.account.ID)
	}
	if ans.serial != 0 {
		h.Set("X-Offprint-Serial", strconv.FormatUint(ans.serial, 10))
	}
	for _, kv := range ans.headers {
		h.Set(kv[0], kv[1])
	}
	if c.closing {
		res.SetConnectionClose()
	}
	if ans.doc == nil {
		return
	}
	h.SetContentType(c.contentType())
	res.SetBodyRaw(encode(ans.doc))
}

// encode writes JSON without HTML escapes.
func encode(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic("ingest: encode: " + err.Error()) // documents hold nothing that cannot be encoded
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
