package stream

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"offprint/events"
)

// Message is one stored message. Err is what Decode said; Event then has what
// could be read.
type Message struct {
	Serial  uint64
	Subject string
	Header  map[string][]string
	Data    []byte
	Event   events.Event
	Err     error
	Pending uint64 // at least so many more were in the log by now; 0: none is known of
}

const (
	// pullMessages and pullBytes bound what the server sends ahead.
	pullMessages = 2000
	pullBytes    = 8 << 20
	// ahead is how many messages are decoded before they are asked for.
	ahead = 64
	// heartbeat is how often an idle log says that it is there. Two missed ones
	// and the consumer is made anew behind the last message.
	heartbeat = 2 * time.Second
)

// Follow calls fn with every message of log after the sequence after, in order
// and without end, until ctx ends or fn returns an error. A lost connection
// that comes back, and a server that takes over from another, go unnoticed.
// While the log cannot be reached it returns ErrUnavailable; call it again.
func (l *Log) Follow(ctx context.Context, log events.Log, after uint64, fn func(Message) error) error {
	return l.follow(ctx, log, after, 0, fn)
}

// Read calls fn with the messages after the sequence after up to and including
// the sequence to, then returns. It waits for messages that are not there yet.
func (l *Log) Read(ctx context.Context, log events.Log, after, to uint64, fn func(Message) error) error {
	if to <= after {
		return nil
	}
	return l.follow(ctx, log, after, to, fn)
}

func (l *Log) follow(ctx context.Context, log events.Log, after, to uint64, fn func(Message) error) error {
	cons, err := l.js.OrderedConsumer(ctx, names[log], jetstream.OrderedConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: after + 1,
		MaxResetAttempts: 1, InactiveThreshold: 30 * time.Second,
	})
	if err != nil {
		return fmt.Errorf("%w: follow %s: %w", ErrUnavailable, log, err)
	}
	it, err := cons.Messages(jetstream.PullMaxMessagesWithBytesLimit(pullMessages, pullBytes), jetstream.PullHeartbeat(heartbeat))
	if err != nil {
		return fmt.Errorf("%w: follow %s: %w", ErrUnavailable, log, err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r := &receiver{it: it, queue: make(chan Message, ahead)}
	// Ended by cancel. Nobody waits for it: while the server is away, the
	// library looks at the end of the context only every few seconds.
	go r.run(ctx, to)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case m, ok := <-r.queue:
			if !ok {
				return fmt.Errorf("%w: follow %s: %w", ErrUnavailable, log, r.err)
			}
			m.Pending = max(m.Pending, uint64(len(r.queue)))
			if err := fn(m); err != nil {
				return err
			}
			if to > 0 && m.Serial >= to {
				return nil
			}
		}
	}
}

// receiver decodes messages while the ones before are worked on.
type receiver struct {
	it    jetstream.MessagesContext
	queue chan Message // closed when run has returned
	err   error        // why it did; read after queue is closed
}

// run receives until ctx ends, an error, or the sequence to (0: none).
func (r *receiver) run(ctx context.Context, to uint64) {
	defer close(r.queue)
	defer r.it.Stop()
	for {
		msg, err := r.it.Next(jetstream.NextContext(ctx))
		if err != nil {
			r.err = err
			return
		}
		m, err := read(msg)
		if err != nil {
			r.err = err
			return
		}
		select {
		case r.queue <- m:
		case <-ctx.Done():
			r.err = ctx.Err()
			return
		}
		if to > 0 && m.Serial >= to {
			return
		}
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
