package stream

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"offprint/events"
)

// cluster starts three servers on loopback.
func cluster(t *testing.T) []*server.Server {
	t.Helper()
	var routes []*url.URL
	var ports []int
	for range 3 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
		routes = append(routes, &url.URL{Scheme: "nats-route", Host: l.Addr().String()})
		l.Close()
	}
	var servers []*server.Server
	for i, port := range ports {
		ns, err := server.NewServer(&server.Options{
			ServerName: fmt.Sprintf("n%d", i), StoreDir: t.TempDir(), JetStream: true, SyncAlways: true, NoSigs: true, NoLog: true,
			Host: "127.0.0.1", Port: server.RANDOM_PORT, Routes: routes, JetStreamMaxStore: 1 << 40, JetStreamMaxMemory: 64 << 20,
			Cluster:  server.ClusterOpts{Name: "test", Host: "127.0.0.1", Port: port},
			Username: "offprint", Password: "s3cret-word",
		})
		if err != nil {
			t.Fatal(err)
		}
		ns.Start()
		t.Cleanup(func() { ns.Shutdown(); ns.WaitForShutdown() })
		servers = append(servers, ns)
	}
	for _, ns := range servers {
		if !ns.ReadyForConnections(20 * time.Second) {
			t.Fatal("a server does not start")
		}
	}
	return servers
}

// urls are those of all servers, with the password in them.
func urls(servers []*server.Server) string {
	var list []string
	for _, s := range servers {
		list = append(list, strings.Replace(s.ClientURL(), "://", "://offprint:s3cret-word@", 1))
	}
	return strings.Join(list, ",")
}

// openCluster opens the streams once there is a leader.
func openCluster(t *testing.T, nc *nats.Conn) *Log {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for {
		try, stop := context.WithTimeout(ctx, 3*time.Second)
		l, err := Open(try, nc, 3)
		stop()
		if err == nil {
			return l
		}
		if ctx.Err() != nil {
			t.Fatal(err)
		}
	}
}

// TestCluster: three replicas on three servers, one of which ends while events
// are appended and followed.
func TestCluster(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a cluster")
	}
	servers := cluster(t)
	nc, err := Dial(t.Context(), urls(servers))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	l := openCluster(t, nc)
	t.Run("E2 duplicate", func(t *testing.T) {
		flaky := *l
		flaky.js = &unreliable{JetStream: l.js, after: once(nats.ErrTimeout)}
		mustAppend(t, &flaky, product("p1", "one"), 0, 1)
		wantEnd(t, l, 1)
	})
	t.Run("E6 lost races", func(t *testing.T) {
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				_, err := l.Append(t.Context(), product("r", fmt.Sprint("race", i)), 1)
				if err != nil && !errors.Is(err, ErrLostRace) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		wantEnd(t, l, 2)
	})
	t.Run("E12 one replica in a cluster", func(t *testing.T) {
		if _, err := Open(t.Context(), nc, 1); !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), "num_replicas 3, it must be 1") {
			t.Error(err)
		}
	})
	t.Run("E27 import", func(t *testing.T) {
		file := export(t, l)
		if got, err := l.Import(t.Context(), strings.NewReader(string(file)), ImportOptions{}); err != nil || got.Present != 2 {
			t.Error(got, err)
		}
		b := l.batch(events.Access, 0)
		for i := range 20 {
			e := product("p", fmt.Sprint("batch", i))
			header, body := events.Encode(e)
			b.add(events.Stored{Subject: "access.acme.token.t.revoked", Header: header, Body: body})
		}
		if err := b.flush(t.Context()); err != nil {
			t.Error(err)
		}
		if end, err := l.End(t.Context(), events.Access); err != nil || end != 20 {
			t.Error(end, err)
		}
	})
	t.Run("a server ends", func(t *testing.T) { followThrough(t, l, servers) })
}

// followThrough appends while the server to which l is connected ends.
func followThrough(t *testing.T, l *Log, servers []*server.Server) {
	const more = 40
	got := make(chan uint64, more)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	done := make(chan struct{})
	go func() {
		defer close(done)
		after := uint64(2)
		for ctx.Err() == nil { // as the projector does
			_ = l.Follow(ctx, events.Releases, after, func(m Message) error {
				after = m.Serial
				got <- m.Serial
				return nil
			})
		}
	}()
	defer func() { cancel(); <-done }()
	last := uint64(2)
	for i := range more {
		if i == more/2 {
			for _, s := range servers {
				if s.Name() == l.nc.ConnectedServerName() {
					s.Shutdown()
					break // the connection is on the next one by now
				}
			}
		}
		e := product("p", fmt.Sprint("more", i))
		for {
			seq, err := l.Append(ctx, e, last)
			if err == nil {
				last = seq
				break
			}
			if ctx.Err() != nil || !errors.Is(err, ErrUnavailable) {
				t.Fatal(err)
			}
		}
	}
	for want := uint64(3); want <= last; want++ {
		select {
		case serial := <-got:
			if serial != want {
				t.Fatalf("event %d follows %d", serial, want-1)
			}
		case <-ctx.Done():
			t.Fatalf("event %d is not delivered", want)
		}
	}
	if last != more+2 {
		t.Errorf("the log ends at %d", last)
	}
}
