package stream

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"offprint/events"
)

const (
	// pullMessages and pullBytes bound what the server sends at once. A pull is
	// asked for when the one before has been read: whoever reads slowly makes
	// the server wait, and nothing is dropped.
	pullMessages = 500
	pullBytes    = 8 << 20
	// heartbeat is how often an idle log says that it is there. When two are
	// missed the consumer is made anew behind the last message.
	heartbeat = 2 * time.Second
	// idle is when the server forgets a consumer that nobody reads.
	idle = 30 * time.Second
	// sessions is how often in a row a consumer is made that gives nothing.
	sessions = 3
)

// receiver decodes messages while the ones before are worked on.
type receiver struct {
	js     jetstream.JetStream
	stream string
	after  uint64       // the last message received
	to     uint64       // where to stop; 0: nowhere
	queue  chan Message // closed when run has returned
	err    error        // why it did; read after queue is closed
}

// run receives until ctx ends, the last message, or a log that stays away.
func (r *receiver) run(ctx context.Context) {
	defer close(r.queue)
	for failed := 0; ; {
		before := r.after
		r.err = r.session(ctx)
		if r.err == nil || ctx.Err() != nil {
			return
		}
		if failed++; r.after > before {
			failed = 0
		}
		if failed >= sessions {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Duration(failed+1) * 50 * time.Millisecond):
		}
	}
}

// session receives over one consumer of the server until something is wrong
// with it. A nil error says that the last message was received.
func (r *receiver) session(ctx context.Context) error {
	cons, err := r.js.CreateConsumer(ctx, r.stream, jetstream.ConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: r.after + 1, AckPolicy: jetstream.AckNonePolicy,
		MemoryStorage: true, Replicas: 1, InactiveThreshold: idle,
	})
	if err != nil {
		return err
	}
	for {
		pull, err := cons.Fetch(pullMessages, jetstream.FetchMaxBytes(pullBytes), jetstream.FetchHeartbeat(heartbeat), jetstream.FetchContext(ctx))
		if err != nil {
			return err
		}
		for msg := range pull.Messages() {
			if done, err := r.take(ctx, msg); done || err != nil {
				return err
			}
		}
		// A pull whose time is over is no error, but one behind whose end there
		// are no heartbeats is.
		if err := pull.Error(); err != nil {
			return err
		}
	}
}

// errGap says that the server did not deliver every message.
var errGap = errors.New("a message was not delivered")

// take hands on one message; done says that it was the last.
func (r *receiver) take(ctx context.Context, msg jetstream.Msg) (done bool, err error) {
	m, err := read(msg)
	if err != nil {
		return false, err
	}
	if m.Serial != r.after+1 {
		return false, fmt.Errorf("%w: %d follows %d", errGap, m.Serial, r.after)
	}
	select {
	case r.queue <- m:
		r.after = m.Serial
		return r.to > 0 && m.Serial >= r.to, nil
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

func read(msg jetstream.Msg) (Message, error) {
	meta, err := msg.Metadata()
	if err != nil {
		return Message{}, fmt.Errorf("metadata: %w", err)
	}
	m := Message{Serial: meta.Sequence.Stream, Subject: msg.Subject(), Header: msg.Headers(), Data: msg.Data(), Pending: meta.NumPending}
	m.Event, m.Err = events.Decode(m.Subject, m.Header, m.Data, m.Serial)
	return m, nil
}
