package main

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// stateMetrics reads what other parts of the process count, when asked.
type stateMetrics struct{ node *node }

func description(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("offprint_"+name, help, labels, nil)
}

var (
	descReady      = description("ready", "1 if /readyz answers 200.")
	descApplied    = description("applied_serial", "Serial of the last event that this process knows to be applied.", "log")
	descEvents     = description("projector_events_total", "Events committed by this process's projector.", "log")
	descOrphans    = description("projector_orphans_total", "Events about something unknown or deleted.", "log")
	descBlocked    = description("projector_blocked", "1 while the projector stands still.", "log")
	descParked     = description("parked_events", "Events that could not be folded and are left out: alert if there is any.", "log")
	descConfirmed  = description("access_confirmed_seconds", "How long ago all changes of rights were known to be applied.")
	descCache      = description("cache_bytes", "Variants and documents in memory.")
	descMade       = description("variants_made_total", "Variants rendered.")
	descMakeTime   = description("variants_make_seconds_total", "Time spent on rendering variants.")
	descNotices    = description("notices_received_total", "Change notices of other processes.")
	descForgotten  = description("forgotten_total", "Times that everything derived from a log was dropped from memory.")
	descConnection = description("http_connections", "Open connections.")
)

// Describe implements prometheus.Collector.
func (s stateMetrics) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descReady, descApplied, descEvents, descOrphans, descBlocked, descParked, descConfirmed,
		descCache, descMade, descMakeTime, descNotices, descForgotten, descConnection} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (s stateMetrics) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	counter := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, v, labels...)
	}
	n := s.node
	gauge(descReady, number(len(n.health.waits()) == 0))
	gauge(descConfirmed, min(n.fresh.age(), time.Since(n.fresh.began)).Seconds())
	gauge(descConnection, float64(n.http.GetOpenConnectionsCount()))
	counter(descNotices, float64(n.news.received.Load()))
	counter(descForgotten, float64(n.news.forgotten.Load()))
	if n.server != nil {
		stats := n.server.Stats()
		gauge(descCache, float64(stats.Bytes))
		counter(descMade, float64(stats.Made))
		counter(descMakeTime, stats.MakeTime.Seconds())
	}
	for _, log := range logs {
		gauge(descApplied, float64(n.progress.Applied(log)), string(log))
		if p := n.projectors[log]; p != nil {
			counter(descEvents, float64(p.Stats.Events.Load()), string(log))
			counter(descOrphans, float64(p.Stats.Orphans.Load()), string(log))
			gauge(descBlocked, number(p.Stats.Blocked.Load() != nil), string(log))
		}
	}
	s.parked(gauge)
}

// parked counts the rows of the store: they outlive the process.
func (s stateMetrics) parked(gauge func(d *prometheus.Desc, v float64, labels ...string)) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	rows, err := s.node.store.Parked(ctx)
	if err != nil {
		return // the store is away; a missing series says so
	}
	count := map[string]int{}
	for _, row := range rows {
		count[row.Log]++
	}
	for _, log := range logs {
		gauge(descParked, float64(count[string(log)]), string(log))
	}
}

func number(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
