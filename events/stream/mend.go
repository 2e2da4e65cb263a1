package stream

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

const (
	// lookEvery is how often the embedded server is asked whether it can write.
	lookEvery = time.Second
	// roomToMend is what the disk must have free before a log that could not be
	// written is opened again.
	roomToMend = 8 << 20
)

// mender opens the streams of an embedded server again after a write failed. A
// stream that met a full disk refuses all further writes as long as it is open,
// even if there is room again; reading goes on. What was not acknowledged is cut
// off when it is opened, as after a crash.
type mender struct {
	ns     *server.Server
	config server.JetStreamConfig // StoreDir is the server's, not that of its streams
	tell   func(error)            // called by the goroutine of run
	quit   chan struct{}
	done   sync.WaitGroup // of run
}

// start begins to look; stop ends it.
func (m *mender) start(tell func(error)) {
	m.tell = tell
	m.done.Go(m.run)
}

func (m *mender) stop() {
	close(m.quit)
	m.done.Wait()
}

func (m *mender) run() {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	told := false
	for {
		select {
		case <-m.quit:
			return
		case <-tick.C:
		}
		err := m.broken()
		if err == nil {
			told = false
			continue
		}
		if !told {
			m.tell(fmt.Errorf("the log cannot be written: %w", err))
			told = true
		}
		if !m.room() {
			continue
		}
		if err := m.reopen(); err != nil {
			m.tell(fmt.Errorf("open the log again: %w", err))
		}
	}
}

// broken says why the streams take no writes; nil if they do.
func (m *mender) broken() error {
	if !m.ns.JetStreamEnabled() {
		return errors.New("JetStream has stopped")
	}
	for _, e := range m.ns.Healthz(&server.HealthzOptions{Details: true}).Errors {
		if e.Type == server.HealthzErrorStream && strings.Contains(e.Error, "write error") {
			return errors.New(e.Error)
		}
	}
	return nil
}

// room says whether the disk has some; a file system that does not tell has.
func (m *mender) room() bool {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(m.config.StoreDir, &fs); err != nil {
		return true
	}
	return uint64(fs.Bavail)*uint64(fs.Bsize) >= roomToMend
}

// reopen is what a restart of the process would do with the streams.
// Connections stay; who follows starts over.
func (m *mender) reopen() error {
	if err := m.ns.ShutdownJetStream(); err != nil {
		return err
	}
	config := m.config // the server changes it
	return m.ns.EnableJetStream(&config)
}
