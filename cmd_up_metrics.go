package main

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/valyala/fasthttp"
	"github.com/valyala/fasthttp/fasthttpadaptor"

	"offprint/events"
	"offprint/events/stream"
	"offprint/ingest"
	"offprint/serve"
)

// metrics counts what the process does. Labels come from closed sets: engines,
// status classes, logs. Nothing names an account, a package or a license.
type metrics struct {
	registry *prometheus.Registry
	answers  answerCollector // by engine, or "api", "local"
	appends  map[events.Log]prometheus.Observer
	failures *prometheus.CounterVec
}

const (
	routeAPI   = "api"   // the publishing API
	routeLocal = "local" // health, metrics and the operator's routes
)

// newMetrics makes the metrics of requests to engines and to the rest.
func newMetrics(engines []string) *metrics {
	m := &metrics{registry: prometheus.NewRegistry(), answers: answerCollector{}, appends: map[events.Log]prometheus.Observer{}}
	appends := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "offprint_log_append_duration_seconds", Help: "From the append of an event to its acknowledgement.",
		Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .5, 1, 5}}, []string{"log"})
	m.failures = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "offprint_log_append_failures_total", Help: "Appends that stored nothing, as far as is known."}, []string{"log", "reason"})
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "offprint_build_info", Help: "1; the version is a label."}, []string{"version"})
	build.WithLabelValues(Version).Set(1)
	for _, engine := range append([]string{routeAPI, routeLocal, serve.ArtifactsKey}, engines...) {
		m.answers[engine] = &answers{}
	}
	for _, log := range logs {
		m.appends[log] = appends.WithLabelValues(string(log))
		for _, reason := range []string{"lost-race", "unavailable"} {
			m.failures.WithLabelValues(string(log), reason)
		}
	}
	m.registry.MustRegister(m.answers, appends, m.failures, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// observe counts one answer; it is called on the hot path.
func (m *metrics) observe(engine string, status int, took time.Duration) {
	if a := m.answers[engine]; a != nil { // nothing may fail for want of a metric
		a.add(status, took)
	}
}

// handler answers GET /metrics.
func (m *metrics) handler() fasthttp.RequestHandler {
	scrape := fasthttpadaptor.NewFastHTTPHandler(promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	return func(ctx *fasthttp.RequestCtx) {
		if reading(ctx, "/metrics") {
			scrape(ctx)
		}
	}
}

// meteredLog is the log as the publishing API writes to it.
type meteredLog struct {
	ingest.Log
	m *metrics
}

// Append implements ingest.Log.
func (l meteredLog) Append(ctx context.Context, e events.Event, last uint64) (uint64, error) {
	began := time.Now()
	serial, err := l.Log.Append(ctx, e, last)
	log := e.Subject.Log
	l.m.appends[log].Observe(time.Since(began).Seconds())
	switch {
	case errors.Is(err, stream.ErrLostRace):
		l.m.failures.WithLabelValues(string(log), "lost-race").Inc()
	case err != nil:
		l.m.failures.WithLabelValues(string(log), "unavailable").Inc()
	}
	return serial, err
}
