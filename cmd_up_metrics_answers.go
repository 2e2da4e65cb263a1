package main

import (
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/prometheus/client_golang/prometheus"
)

// durations are the upper bounds of the histogram of answers, in seconds.
var durations = [...]float64{.00001, .0001, .001, .005, .025, .1, .5, 1, 5, 30}

var classNames = [6]string{"none", "1xx", "2xx", "3xx", "4xx", "5xx"}

// answers are the metrics of one engine. They are counted in stripes, for
// otherwise every processor would wait for the others at every request.
type answers struct{ stripes [16]stripe }

// stripe is what some goroutines counted. It fills whole cache lines.
type stripe struct {
	classes [len(classNames)]atomic.Uint64    // by hundreds; 0: no valid status
	buckets [len(durations) + 1]atomic.Uint64 // not cumulated
	took    atomic.Int64                      // nanoseconds
	_       [48]byte
}

// mine is the stripe of the calling goroutine, by the place of its stack: which
// one it is does not matter.
func (a *answers) mine() *stripe {
	var here byte
	at := uintptr(unsafe.Pointer(&here)) >> 11
	return &a.stripes[(at^at>>4)%uintptr(len(a.stripes))]
}

func (a *answers) add(status int, took time.Duration) {
	class := status / 100
	if class < 0 || class >= len(classNames) {
		class = 0
	}
	bucket, seconds := 0, took.Seconds()
	for bucket < len(durations) && seconds > durations[bucket] {
		bucket++
	}
	s := a.mine()
	s.classes[class].Add(1)
	s.buckets[bucket].Add(1)
	s.took.Add(int64(took))
}

var (
	requestsDesc = prometheus.NewDesc("offprint_http_requests_total", "Requests answered.", []string{"engine", "class"}, nil)
	durationDesc = prometheus.NewDesc("offprint_http_request_duration_seconds",
		"From the read headers to the finished answer; bytes of files are sent after that.", []string{"engine"}, nil)
)

// answerCollector gives the sums of all stripes, by engine.
type answerCollector map[string]*answers

// Describe implements prometheus.Collector.
func (answerCollector) Describe(ch chan<- *prometheus.Desc) { ch <- requestsDesc; ch <- durationDesc }

// Collect implements prometheus.Collector.
func (c answerCollector) Collect(ch chan<- prometheus.Metric) {
	for engine, a := range c {
		var classes [len(classNames)]uint64
		var buckets [len(durations) + 1]uint64
		var took int64
		for i := range a.stripes {
			s := &a.stripes[i]
			for j := range classes {
				classes[j] += s.classes[j].Load()
			}
			for j := range buckets {
				buckets[j] += s.buckets[j].Load()
			}
			took += s.took.Load()
		}
		for j, name := range classNames {
			ch <- prometheus.MustNewConstMetric(requestsDesc, prometheus.CounterValue, float64(classes[j]), engine, name)
		}
		cumulated, count := map[float64]uint64{}, uint64(0)
		for j, n := range buckets {
			count += n
			if j < len(durations) {
				cumulated[durations[j]] = count
			}
		}
		ch <- prometheus.MustNewConstHistogram(durationDesc, count, time.Duration(took).Seconds(), cumulated, engine)
	}
}
