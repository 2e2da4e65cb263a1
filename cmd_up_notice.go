package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"

	"offprint/events"
	"offprint/ingest"
	"offprint/schema"
)

// noticeSender is the header of a notice that names the process it comes from.
const noticeSender = "Offprint-Sender"

// compareEvery is how often the cursors of the store are compared with what
// notices told.
const compareEvery = 250 * time.Millisecond

// news spreads what commits changed. Whoever holds anything derived from the
// store is told, in this process first and then, on core NATS, in the others;
// only after that do writers learn that their event is visible.
//
// Notices of other processes may be lost. A gap in their serials, a new
// connection or a cursor that is ahead of them makes everything be dropped.
type news struct {
	takers   []func(schema.Notice) // in order; a notice with All drops everything
	progress *ingest.Progress
	conn     *nats.Conn // nil: this process is alone
	cursors  cursors
	logger   *slog.Logger
	self     string

	mu sync.Mutex // one notice at a time, in the order of commits

	received  atomic.Uint64 // notices of other processes
	forgotten atomic.Uint64 // times that everything of a log was dropped
}

// cursors is the part of the store that news compares with.
type cursors interface {
	Cursor(ctx context.Context, name string) (uint64, error)
}

// logs in the order in which they are listed everywhere.
var logs = []events.Log{events.Releases, events.Access}

func newNews(progress *ingest.Progress, conn *nats.Conn, store cursors, logger *slog.Logger, takers ...func(schema.Notice)) *news {
	return &news{takers: takers, progress: progress, conn: conn, cursors: store, logger: logger, self: uuid.NewString()}
}

// own takes a notice of this process's projector.
func (n *news) own(notice schema.Notice) {
	n.take(notice)
	if n.conn == nil {
		return
	}
	msg := &nats.Msg{Subject: schema.NoticeSubject, Header: nats.Header{noticeSender: {n.self}}}
	msg.Data = encodeNotice(notice, n.conn.MaxPayload()-1024) // the header counts too
	if err := n.conn.PublishMsg(msg); err != nil {
		n.logger.Warn("notice not sent: others will find the change by its cursor", "log", notice.Log, "serial", notice.To, "error", err)
	}
}

// encodeNotice writes a notice; one that is too long to send says that
// everything changed.
func encodeNotice(notice schema.Notice, limit int64) []byte {
	data, err := json.Marshal(notice)
	if err != nil {
		panic("encode notice: " + err.Error()) // texts and numbers
	}
	if int64(len(data)) > limit {
		return encodeNotice(schema.Notice{Log: notice.Log, From: notice.From, To: notice.To, All: true}, limit)
	}
	return data
}

// take tells the takers, then the writers who wait.
func (n *news) take(notice schema.Notice) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if notice.From > n.progress.Applied(events.Log(notice.Log)) {
		notice.All = true // one before it was lost
	}
	if notice.All {
		n.forgotten.Add(1)
	}
	for _, taker := range n.takers {
		taker(notice)
	}
	n.progress.Advance(events.Log(notice.Log), notice.To)
}

// start listens to other processes and compares cursors until stop.
func (n *news) start() (stop func(), err error) {
	ctx, cancel := context.WithCancel(context.Background())
	unsubscribe := func() {}
	if n.conn != nil {
		sub, err := n.conn.Subscribe(schema.NoticeSubject, n.other)
		if err != nil {
			cancel()
			return nil, err
		}
		unsubscribe = func() { _ = sub.Unsubscribe() } // fails if the connection is closed
		n.conn.SetReconnectHandler(func(*nats.Conn) { n.catchUp(ctx, "connected again") })
	}
	n.catchUp(ctx, "start")
	done := make(chan struct{})
	go func() { // ended by stop
		defer close(done)
		n.compare(ctx)
	}()
	return func() {
		unsubscribe()
		cancel()
		<-done
	}, nil
}

// other takes a notice of another process.
func (n *news) other(msg *nats.Msg) {
	if msg.Header.Get(noticeSender) == n.self {
		return
	}
	var notice schema.Notice
	if err := json.Unmarshal(msg.Data, &notice); err != nil {
		n.logger.Warn("notice does not decode", "error", err)
		return
	}
	n.received.Add(1)
	n.take(notice)
}

// catchUp drops everything and goes on from the store's cursors.
func (n *news) catchUp(ctx context.Context, why string) {
	for _, log := range logs {
		at, err := n.cursors.Cursor(ctx, string(log))
		if err != nil {
			n.logger.Warn("cursor cannot be read", "log", log, "why", why, "error", err)
			at = 0 // dropping is right all the same; compare goes on
		}
		n.take(schema.Notice{Log: string(log), To: at, All: true})
	}
}

// compare makes up for lost notices: a cursor that was ahead of them one turn
// ago, and still is ahead of what they told since, tells of one.
func (n *news) compare(ctx context.Context) {
	before := map[events.Log]uint64{}
	tick := time.NewTicker(compareEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		for _, log := range logs {
			at, err := n.cursors.Cursor(ctx, string(log))
			if err != nil {
				continue // the store is away; readers find out by themselves
			}
			if before[log] > n.progress.Applied(log) {
				n.logger.Info("a change notice was lost, everything is read anew", "log", log, "serial", at)
				n.take(schema.Notice{Log: string(log), To: at, All: true})
			}
			before[log] = at
		}
	}
}
