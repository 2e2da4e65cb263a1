package main

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// connections is how many clients ask at the same time, each over a connection
// of its own that is kept alive, one request after the other.
const connections = 32

// load sends requests as fast as they are answered.
type load struct {
	conns int
	want  int // status of every answer
	// next writes the next request of a connection into room and gives it.
	next func(random *rand.Rand, room []byte) []byte
}

// sameRequest is the load of one request again and again.
func sameRequest(request []byte, status int) *load {
	return &load{connections, status, func(*rand.Rand, []byte) []byte { return request }}
}

// tally is what a load did.
type tally struct {
	requests int64
	bytes    int64 // of bodies
	took     time.Duration
	cpu      time.Duration // of the server; 0: not known
}

func (t tally) perSecond() float64 { return float64(t.requests) / t.took.Seconds() }
func (t tally) cpuEach() float64   { return float64(t.cpu.Nanoseconds()) / 1000 / float64(t.requests) } // µs
func (t tally) meanBody() int      { return int(t.bytes / max(t.requests, 1)) }
func (t *tally) add(requests, bytes int64) {
	atomic.AddInt64(&t.requests, requests)
	atomic.AddInt64(&t.bytes, bytes)
}

// run loads a server for a while.
func (l *load) run(t testing.TB, to endpoint, last time.Duration) tally {
	t.Helper()
	stop := l.start(t, to)
	time.Sleep(last)
	return stop()
}

// start loads a server until stop, which gives what was done. Connecting is not
// measured.
func (l *load) start(t testing.TB, to endpoint) (stop func() tally) {
	t.Helper()
	lines := make([]*line, l.conns)
	for i := range lines {
		var err error
		if lines[i], err = dial(to.addr); err != nil {
			t.Fatal(err)
		}
	}
	var sum tally
	var end atomic.Bool
	var failed atomic.Pointer[error]
	var clients sync.WaitGroup
	before, began := cpuOf(to.pid), time.Now()
	for i, c := range lines {
		clients.Go(func() {
			defer c.conn.Close()
			if err := l.client(c, uint64(i), &end, &sum); err != nil {
				failed.Store(&err)
			}
		})
	}
	return func() tally {
		t.Helper()
		end.Store(true)
		clients.Wait()
		sum.took, sum.cpu = time.Since(began), cpuOf(to.pid)-before
		if err := failed.Load(); err != nil {
			t.Fatal(*err)
		}
		return sum
	}
}

// client is one connection's part of a load.
func (l *load) client(c *line, seed uint64, stop *atomic.Bool, sum *tally) error {
	random := rand.New(rand.NewPCG(seed, uint64(time.Now().UnixNano())))
	room := make([]byte, 0, 1024)
	var requests, bytes int64
	defer func() { sum.add(requests, bytes) }()
	for !stop.Load() {
		request := l.next(random, room[:0])
		status, head, length, err := c.exchange(request)
		if err != nil {
			return err
		}
		if status != l.want {
			return fmt.Errorf("status %d, want %d\n%s%s", status, l.want, request, head)
		}
		requests++
		bytes += int64(length)
	}
	return nil
}
