package main

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/valyala/fasthttp"
)

// TestAnswersAreCounted by many goroutines at once: classes, buckets and the
// sum, as a scrape shows them.
func TestAnswersAreCounted(t *testing.T) {
	m := newMetrics([]string{"npm"})
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			m.observe("npm", 200, 500*time.Microsecond)
			m.observe("npm", 304, 10*time.Microsecond)
			m.observe("npm", 0, time.Minute)
			m.observe("unknown", 200, time.Second)
		})
	}
	wg.Wait()
	ctx := &fasthttp.RequestCtx{}
	ctx.Request.SetRequestURI("/metrics")
	m.handler()(ctx)
	page := "\n" + string(ctx.Response.Body())
	for _, line := range []string{
		`offprint_http_requests_total{class="2xx",engine="npm"} 50`,
		`offprint_http_requests_total{class="3xx",engine="npm"} 50`,
		`offprint_http_requests_total{class="none",engine="npm"} 50`,
		`offprint_http_requests_total{class="4xx",engine="npm"} 0`,
		`offprint_http_requests_total{class="2xx",engine="api"} 0`,
		`offprint_http_request_duration_seconds_bucket{engine="npm",le="1e-05"} 50`,
		`offprint_http_request_duration_seconds_bucket{engine="npm",le="0.001"} 100`,
		`offprint_http_request_duration_seconds_bucket{engine="npm",le="30"} 100`,
		`offprint_http_request_duration_seconds_bucket{engine="npm",le="+Inf"} 150`,
		`offprint_http_request_duration_seconds_sum{engine="npm"} 3000.0255`,
		`offprint_http_request_duration_seconds_count{engine="npm"} 150`,
	} {
		if !strings.Contains(page, "\n"+line+"\n") {
			t.Errorf("no line %s", line)
		}
	}
	if t.Failed() {
		t.Log(page)
	}
}
