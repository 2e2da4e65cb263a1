package ingest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
	"time"
)

// pieces are buffers for bodies: a body of any size needs one.
var pieces = sync.Pool{New: func() any { b := make([]byte, 64<<10); return &b }}

// patient reads a request's body as long as bytes come. Each read has its own
// deadline on the connection; the connection itself is not wrapped, so that
// files can still be sent by the kernel.
type patient struct {
	c    *call
	body io.Reader
}

// Read implements io.Reader.
func (p patient) Read(b []byte) (int, error) {
	_ = p.c.http.SetReadDeadline(time.Now().Add(p.c.api.cfg.StallFor)) // without a connection there is nothing to wait for
	return p.body.Read(b)
}

// incoming is the body as it comes in.
func (c *call) incoming() io.Reader {
	stream := c.http.RequestBodyStream()
	if stream == nil {
		return bytes.NewReader(c.http.Request.Body())
	}
	return patient{c, stream}
}

// stream reads the whole body and writes each piece to every one of to. A body
// that ends early, stalls or is larger than limit is an error.
func (c *call) stream(limit int64, to ...io.Writer) error {
	buffer := pieces.Get().(*[]byte)
	defer pieces.Put(buffer)
	body, total := c.incoming(), int64(0)
	for {
		n, err := body.Read(*buffer)
		if total += int64(n); total > limit {
			return tooLarge(limit)
		}
		for _, w := range to {
			if _, err := w.Write((*buffer)[:n]); err != nil {
				return fmt.Errorf("write upload: %w", err)
			}
		}
		if err == nil {
			continue
		}
		if length := int64(c.http.Request.Header.ContentLength()); err != io.EOF || length > total {
			return c.broken(err)
		}
		return nil
	}
}

// broken is a body that was not read to its end.
func (c *call) broken(err error) error {
	var late interface{ Timeout() bool }
	if errors.As(err, &late) && late.Timeout() {
		return c.unread(408, "BODY_STALLED", "no byte of the body came for too long")
	}
	return c.unread(400, "BODY_INCOMPLETE", "the body ended early")
}

func tooLarge(limit int64) error {
	return &problem{status: 413, code: "FILE_TOO_LARGE", detail: "the file is larger than " + strconv.FormatInt(limit, 10) + " bytes"}
}
